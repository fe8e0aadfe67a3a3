import { z } from 'zod';
import type { Split } from '../../contract/dataset.ts';
import { isAdded } from './added.ts';
import type { Manifest, ManifestImage } from './manifest.ts';
import { compareCodePoints } from './order.ts';

const Paths = z.array(z.string());
/** Which pictures are for validation and test, by path; all others are for training. */
const Assignment = z.object({ validation: Paths, test: Paths });
export type Assignment = z.infer<typeof Assignment>;

/** One change to a data set as it is kept: what it touches is named, so that it means the same whatever is found later. */
export const StoredEdit = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('relabel'), paths: Paths, className: z.string() }),
  /** Each path with its class. */
  z.object({ kind: z.literal('relabel-each'), labels: z.array(z.tuple([z.string(), z.string()])) }),
  z.object({ kind: z.literal('exclude'), paths: Paths }),
  z.object({ kind: z.literal('include'), paths: Paths }),
  /** `before`: the split as it was shown, when it was not yet fixed. */
  z.object({
    kind: z.literal('move'),
    paths: Paths,
    split: z.enum(['train', 'validation', 'test']),
    before: Assignment.nullable(),
  }),
  z.object({ kind: z.literal('split'), assignment: Assignment }),
  /** Pictures of Graft's own, which are in the data set while this holds. */
  z.object({ kind: z.literal('add-images'), paths: Paths, className: z.string() }),
  z.object({ kind: z.literal('add-class'), className: z.string() }),
  /** Into a class that exists: the two become one. */
  z.object({ kind: z.literal('rename-class'), from: z.string(), to: z.string() }),
  /** Its pictures are excluded. */
  z.object({ kind: z.literal('remove-class'), className: z.string() }),
]);
export type StoredEdit = z.infer<typeof StoredEdit>;

/** All edits of a data set, those undone included: they can be done again until the next edit. */
export const EditHistory = z
  .object({
    formatVersion: z.literal(1),
    edits: z.array(StoredEdit),
    /** So many of them hold, from the first. */
    numDone: z.int().min(0),
  })
  .refine(({ edits, numDone }) => numDone <= edits.length);
export type EditHistory = z.infer<typeof EditHistory>;

export const noEdits: EditHistory = { formatVersion: 1, edits: [], numDone: 0 };

/** The history after one more edit; what was undone before is forgotten. */
export function withEdit({ edits, numDone }: EditHistory, edit: StoredEdit): EditHistory {
  return { formatVersion: 1, edits: [...edits.slice(0, numDone), edit], numDone: numDone + 1 };
}

/** A data set as its user has mended it. */
export interface EditedDataset {
  /** Without the excluded pictures; class and split as edited. */
  manifest: Manifest;
  /** Taken out by the user, with the class they had. */
  excluded: ManifestImage[];
}

interface State {
  className: string;
  split: Split | null;
  isExcluded: boolean;
  /** False for an added picture until the edit that adds it. */
  isIn: boolean;
}

/**
 * Applies the edits that hold to what was found on disk. Pictures that are gone are passed over; new ones are as their
 * folders say, and train where a split was fixed. Pure: the same scan and edits give the same data set.
 */
export function applyEdits(scanned: Manifest, { edits, numDone }: EditHistory): EditedDataset {
  if (numDone === 0) return { manifest: withoutAdded(scanned), excluded: [] };
  const states = new States(scanned.images);
  const classNames = new Set(scanned.classNames);
  let isSplitFixed = false;
  const assign = ({ validation, test }: Assignment): void => {
    isSplitFixed = true;
    states.fixSplit();
    states.change(validation, (state) => (state.split = 'validation'));
    states.change(test, (state) => (state.split = 'test'));
  };
  for (const edit of edits.slice(0, numDone)) {
    switch (edit.kind) {
      case 'relabel':
        classNames.add(edit.className);
        states.change(edit.paths, (state) => (state.className = edit.className));
        break;
      case 'relabel-each':
        for (const [path, className] of edit.labels) {
          classNames.add(className);
          states.change([path], (state) => (state.className = className));
        }
        break;
      case 'exclude':
      case 'include':
        states.change(edit.paths, (state) => (state.isExcluded = edit.kind === 'exclude'));
        break;
      case 'move':
        if (edit.before) assign(edit.before);
        states.change(edit.paths, (state) => (state.split = edit.split));
        break;
      case 'split':
        assign(edit.assignment);
        break;
      case 'add-images': {
        classNames.add(edit.className);
        const split = isSplitFixed || scanned.layout === 'splits' ? 'train' : null;
        states.change(edit.paths, (state) => Object.assign(state, { className: edit.className, split, isIn: true }));
        break;
      }
      case 'add-class':
        classNames.add(edit.className);
        break;
      case 'rename-class':
        classNames.delete(edit.from);
        classNames.add(edit.to);
        states.changeClass(edit.from, (state) => (state.className = edit.to));
        break;
      case 'remove-class':
        classNames.delete(edit.className);
        states.changeClass(edit.className, (state) => (state.isExcluded = true));
        break;
    }
  }
  const images: ManifestImage[] = [];
  const excluded: ManifestImage[] = [];
  for (const [place, image] of scanned.images.entries()) {
    const { className, split, isExcluded, isIn } = states.at(place);
    if (!isIn) continue;
    const isAsScanned = className === image.className && split === image.split;
    (isExcluded ? excluded : images).push(isAsScanned ? image : { ...image, className, split });
    if (!isExcluded) classNames.add(className); // taken back in after its class was removed
  }
  const manifest: Manifest = {
    ...scanned,
    layout: isSplitFixed ? 'splits' : scanned.layout,
    classNames: [...classNames].sort(compareCodePoints),
    images,
  };
  return { manifest, excluded };
}

const withoutAdded = (manifest: Manifest): Manifest =>
  manifest.images.some(isAdded)
    ? { ...manifest, images: manifest.images.filter((image) => !isAdded(image)) }
    : manifest;

/** What the edits so far make of each picture. Made only of those that are touched: most edits are of a few among very many. */
class States {
  readonly #images: readonly ManifestImage[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #touched: (State | undefined)[];
  #isSplitFixed = false;

  constructor(images: readonly ManifestImage[]) {
    this.#images = images;
    this.#places = placesOf(images);
    this.#touched = new Array<State | undefined>(images.length);
  }

  at(place: number): State {
    return this.#touched[place] ?? this.#scanned(place);
  }

  #scanned(place: number): State {
    const image = this.#images[place]!;
    const split = this.#isSplitFixed ? 'train' : image.split;
    return { className: image.className, split, isExcluded: false, isIn: !isAdded(image) };
  }

  #touch(place: number): State {
    return (this.#touched[place] ??= this.#scanned(place));
  }

  /** Paths that are gone are passed over. */
  change(paths: readonly string[], to: (state: State) => void): void {
    for (const path of paths) {
      const place = this.#places.get(path);
      if (place !== undefined) to(this.#touch(place));
    }
  }

  changeClass(className: string, to: (state: State) => void): void {
    for (const [place, image] of this.#images.entries())
      if ((this.#touched[place] ?? image).className === className) to(this.#touch(place));
  }

  /** Puts all in train, whatever their folders say. */
  fixSplit(): void {
    this.#isSplitFixed = true;
    for (const state of this.#touched) if (state) state.split = 'train';
  }
}

/** Where each picture stands, by path; found once for each scan. */
function placesOf(images: readonly ManifestImage[]): ReadonlyMap<string, number> {
  let places = knownPlaces.get(images);
  if (!places) knownPlaces.set(images, (places = new Map(images.map(({ path }, place) => [path, place]))));
  return places;
}
const knownPlaces = new WeakMap<readonly ManifestImage[], ReadonlyMap<string, number>>();
