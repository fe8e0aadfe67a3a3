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
  const states = new Map<string, State>(
    scanned.images.map((image) => {
      const { path, className, split } = image;
      return [path, { className, split, isExcluded: false, isIn: !isAdded(image) }];
    }),
  );
  const classNames = new Set(scanned.classNames);
  let isSplitFixed = false;
  const assign = ({ validation, test }: Assignment): void => {
    isSplitFixed = true;
    for (const state of states.values()) state.split = 'train';
    change(states, validation, (state) => (state.split = 'validation'));
    change(states, test, (state) => (state.split = 'test'));
  };
  for (const edit of edits.slice(0, numDone)) {
    switch (edit.kind) {
      case 'relabel':
        classNames.add(edit.className);
        change(states, edit.paths, (state) => (state.className = edit.className));
        break;
      case 'relabel-each':
        for (const [path, className] of edit.labels) {
          classNames.add(className);
          change(states, [path], (state) => (state.className = className));
        }
        break;
      case 'exclude':
      case 'include':
        change(states, edit.paths, (state) => (state.isExcluded = edit.kind === 'exclude'));
        break;
      case 'move':
        if (edit.before) assign(edit.before);
        change(states, edit.paths, (state) => (state.split = edit.split));
        break;
      case 'split':
        assign(edit.assignment);
        break;
      case 'add-images': {
        classNames.add(edit.className);
        const split = isSplitFixed || scanned.layout === 'splits' ? 'train' : null;
        change(states, edit.paths, (state) => Object.assign(state, { className: edit.className, split, isIn: true }));
        break;
      }
      case 'add-class':
        classNames.add(edit.className);
        break;
      case 'rename-class':
        classNames.delete(edit.from);
        classNames.add(edit.to);
        for (const state of states.values()) if (state.className === edit.from) state.className = edit.to;
        break;
      case 'remove-class':
        classNames.delete(edit.className);
        for (const state of states.values()) if (state.className === edit.className) state.isExcluded = true;
        break;
    }
  }
  const images: ManifestImage[] = [];
  const excluded: ManifestImage[] = [];
  for (const image of scanned.images) {
    const { className, split, isExcluded, isIn } = states.get(image.path)!;
    if (!isIn) continue;
    if (isExcluded) excluded.push({ ...image, className, split });
    else {
      images.push({ ...image, className, split });
      classNames.add(className); // taken back in after its class was removed
    }
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

function change(states: Map<string, State>, paths: readonly string[], to: (state: State) => void): void {
  for (const path of paths) {
    const state = states.get(path);
    if (state) to(state);
  }
}
