import type { Split } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import type { Manifest, ManifestImage } from './manifest.ts';
import { compareCodePoints, orderedByPath } from './order.ts';
import { createRandom } from './seeded.ts';

/** A picture whose split is known. */
export interface SplitImage extends ManifestImage {
  split: Split;
}
/** Shares of each class, 0…1; 0: no such part. */
export interface SplitFractions {
  validationFraction: number;
  testFraction: number;
  /** 32-bit whole number. */
  seed: number;
}
/** What a recipe says: null where it leaves the choice to Graft. */
export interface RecipeFractions {
  validationFraction: number | null;
  testFraction: number | null;
  seed: number;
}

/** Share of validation, and of test, where neither folders nor recipe say one (design.md, section 7). */
export const defaultFraction = 0.2;

/**
 * Draws a stratified split: each class is ordered by path, shuffled by the seed and cut. Every part gets at least one picture
 * of every class wherever its fraction is above 0. Exact duplicates (same SHA-256, where known) stay in one part, also across
 * classes. Same seed and pictures, same result, whatever the order of `images`.
 *
 * @param groupOf names what stays together; by default the same content.
 * @returns the same pictures with their split, ordered by path.
 * @throws GraftError class-too-small, fractions-too-large
 */
export function drawSplit<I extends ManifestImage>(
  images: readonly I[],
  fractions: SplitFractions,
  groupOf: (image: ManifestImage) => string = contentOf,
): (I & { split: Split })[] {
  const { validationFraction, testFraction, seed } = fractions;
  if (validationFraction + testFraction >= 1)
    throw new GraftError('fractions-too-large', { validationFraction, testFraction });
  const ordered = orderedByPath(images);
  const groups = new Map<string, I[]>();
  for (const image of ordered) {
    const key = groupOf(image);
    const group = groups.get(key);
    if (group) group.push(image);
    else groups.set(key, [image]);
  }
  const byClass = new Map<string, { numImages: number; hasShared: boolean; groups: I[][] }>();
  const classOf = (className: string) => {
    let entry = byClass.get(className);
    if (!entry) byClass.set(className, (entry = { numImages: 0, hasShared: false, groups: [] }));
    return entry;
  };
  const splits = new Map<string, Split>(); // by path; the rest is train
  for (const group of groups.values()) {
    const only = group.length === 1 ? group[0] : undefined;
    if (only) {
      const entry = classOf(only.className);
      entry.numImages++;
      entry.groups.push(group);
      continue;
    }
    const isShared = group.some((image) => image.className !== group[0]!.className);
    for (const image of group) {
      const entry = classOf(image.className);
      entry.numImages++;
      // One picture under two classes can only be in one part: train, where every class has room.
      if (isShared) entry.hasShared = true;
    }
    if (!isShared) classOf(group[0]!.className).groups.push(group);
  }

  const minImages = 1 + Number(validationFraction > 0) + Number(testFraction > 0);
  for (const className of [...byClass.keys()].sort(compareCodePoints)) {
    const entry = byClass.get(className)!;
    const numDistinct = entry.groups.length + Number(entry.hasShared);
    if (numDistinct < minImages)
      throw new GraftError('class-too-small', { className, numImages: numDistinct, minImages });
    const [numValidation, numTest] = partSizes(entry.numImages, validationFraction, testFraction);
    let left = createRandom(seed, `split/${className}`).shuffle([...entry.groups]);
    const wanted: [Split, number][] = [
      ['test', numTest],
      ['validation', numValidation],
    ];
    let numPartsAfter = wanted.filter(([, size]) => size > 0).length - Number(entry.hasShared); // train counts unless it has a shared picture
    for (const [split, size] of wanted) {
      if (size === 0) continue;
      const { taken, rest } = take(left, size, numPartsAfter);
      for (const image of taken.flat()) splits.set(image.path, split);
      left = rest;
      numPartsAfter--;
    }
  }
  return ordered.map((image) => ({ ...image, split: splits.get(image.path) ?? 'train' }));
}

const contentOf = ({ sha256, path }: ManifestImage): string => sha256 ?? `path:${path}`;

/**
 * Deals pictures into folds, each class evenly: shuffled by the seed, groups together.
 *
 * @param groupOf names what stays together; by default the same content.
 * @returns the fold of each picture by path, from 0.
 * @throws GraftError class-too-small where a class has fewer distinct pictures than there are folds
 */
export function drawFolds(
  images: readonly ManifestImage[],
  numFolds: number,
  seed: number,
  groupOf: (image: ManifestImage) => string = contentOf,
): Map<string, number> {
  const ordered = orderedByPath(images);
  const byClass = new Map<string, Map<string, ManifestImage[]>>();
  const classOfContent = new Map<string, string>(); // one picture under two classes goes with the first
  for (const image of ordered) {
    const key = groupOf(image);
    const className = classOfContent.get(key) ?? image.className;
    classOfContent.set(key, className);
    const groups = byClass.get(className) ?? new Map<string, ManifestImage[]>();
    byClass.set(className, groups.set(key, [...(groups.get(key) ?? []), image]));
  }
  const folds = new Map<string, number>();
  let next = 0; // goes on from class to class, so that small classes do not all fill the first folds
  for (const className of [...byClass.keys()].sort(compareCodePoints)) {
    const groups = [...byClass.get(className)!.values()];
    if (groups.length < numFolds)
      throw new GraftError('class-too-small', { className, numImages: groups.length, minImages: numFolds });
    for (const group of createRandom(seed, `folds/${className}`).shuffle(groups)) {
      for (const image of group) folds.set(image.path, next % numFolds);
      next++;
    }
  }
  return folds;
}

/** Pictures of a class for validation and test: rounded half up, at least 1 where asked for, at least 1 left for train. */
function partSizes(numImages: number, validationFraction: number, testFraction: number): [number, number] {
  const sizeOf = (fraction: number): number => (fraction > 0 ? Math.max(1, Math.floor(numImages * fraction + 0.5)) : 0);
  let numValidation = sizeOf(validationFraction);
  let numTest = sizeOf(testFraction);
  while (numValidation + numTest > numImages - 1) {
    if (numTest >= numValidation && numTest > 1) numTest--;
    else if (numValidation > 1) numValidation--;
    else break; // the caller has checked that the class is large enough
  }
  return [numValidation, numTest];
}

/** Takes groups in order up to `size` pictures, never past it unless one group alone is larger, and leaves `numToLeave` groups. */
function take<T>(groups: T[][], size: number, numToLeave: number): { taken: T[][]; rest: T[][] } {
  const taken: T[][] = [];
  const rest: T[][] = [];
  let numTaken = 0;
  let numLeft = groups.length;
  for (const group of groups) {
    if (numTaken + group.length <= size && numLeft > numToLeave) {
      taken.push(group);
      numTaken += group.length;
      numLeft--;
    } else rest.push(group);
  }
  if (taken.length === 0) {
    const smallest = rest.reduce((best, group) => (group.length < best.length ? group : best));
    rest.splice(rest.indexOf(smallest), 1);
    taken.push(smallest);
  }
  return { taken, rest };
}

/** Where a data set's split comes from. Folders without validation still have part of it drawn from train. */
export function splitSourceOf(manifest: Pick<Manifest, 'layout'>): 'folders' | 'drawn' {
  return manifest.layout === 'splits' ? 'folders' : 'drawn';
}

/**
 * Gives every picture its split. `<class>/…`: drawn, 0.2 each unless the recipe says otherwise. Folders with train and
 * validation: as they are. Folders without validation: it is drawn from train (0.2 of it), and test too if there is no test
 * folder and the recipe asks for one. A fraction for a part that the folders give is an error, never ignored.
 *
 * @returns the pictures with their split, ordered by path.
 * @throws GraftError no-images, no-usable-images, one-class, empty-class, class-missing-in-train, class-too-small,
 *   split-given, fractions-too-large
 */
export function resolveSplits(
  manifest: Pick<Manifest, 'name' | 'root' | 'layout' | 'classNames' | 'images' | 'skipped'>,
  recipe: RecipeFractions,
): SplitImage[] {
  checkClasses(manifest);
  const { images, name, classNames } = manifest;
  const given = new Set(images.map((image) => image.split));
  const isDrawn = manifest.layout !== 'splits';
  const hasValidation = given.has('validation');
  const hasTest = given.has('test');
  const asksForGiven =
    (hasValidation && (recipe.validationFraction !== null || recipe.testFraction !== null)) ||
    (hasTest && recipe.testFraction !== null);
  if (asksForGiven) throw new GraftError('split-given', { name });

  const fractions: SplitFractions = {
    validationFraction: hasValidation ? 0 : (recipe.validationFraction ?? defaultFraction),
    testFraction: hasTest ? 0 : (recipe.testFraction ?? (isDrawn ? defaultFraction : 0)),
    seed: recipe.seed,
  };
  if (fractions.validationFraction + fractions.testFraction >= 1) {
    const { validationFraction, testFraction } = fractions;
    throw new GraftError('fractions-too-large', { validationFraction, testFraction });
  }
  const fixed = images.filter((image): image is SplitImage => image.split === 'validation' || image.split === 'test');
  const drawable = images.filter((image) => image.split === null || image.split === 'train');
  const withTrain = new Set(drawable.map((image) => image.className));
  const missing = classNames.find((className) => !withTrain.has(className));
  if (missing !== undefined) throw new GraftError('class-missing-in-train', { className: missing });
  if (fractions.validationFraction === 0 && fractions.testFraction === 0) {
    return orderedByPath(images.map((image) => ({ ...image, split: image.split ?? ('train' as const) })));
  }
  return orderedByPath([...fixed, ...drawSplit(drawable, fractions)]);
}

function checkClasses({
  root,
  images,
  skipped,
  classNames,
}: Pick<Manifest, 'root' | 'images' | 'skipped' | 'classNames'>): void {
  const numSkipped = skipped.length;
  if (images.length === 0) {
    const counts = new Map<string, number>();
    for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    const hasPictures = [...counts.keys()].some((reason) => reason !== 'not-an-image' && reason !== 'empty');
    if (!hasPictures) throw new GraftError('no-images', { path: root, numSkipped });
    const reasons = [...counts]
      .sort((a, b) => b[1] - a[1])
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ');
    throw new GraftError('no-usable-images', { path: root, numSkipped, reasons });
  }
  if (classNames.length === 1) throw new GraftError('one-class', { className: classNames[0]! });
  const used = new Set(images.map((image) => image.className));
  const empty = classNames.find((className) => !used.has(className));
  if (empty !== undefined) throw new GraftError('empty-class', { className: empty });
}
