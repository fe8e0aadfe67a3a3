import type { ClassCounts, DatasetWarning, VerdictKind } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import { countFindings, findingsOf, type Finding } from './findings.ts';
import { numNotUsed, type Manifest } from './manifest.ts';
import { defaultFraction, resolveSplits, splitSourceOf, type SplitImage } from './split.ts';

/** A data set in numbers. */
export interface DatasetHealth {
  splitFrom: 'folders' | 'drawn';
  /** In the order of `classNames`. With a drawn split: what the default recipe would draw. */
  classes: ClassCounts[];
  warnings: DatasetWarning[];
  /** The pictures as counted; null where no split can be made, and then `classes` counts what the folders give, as train. */
  images: SplitImage[] | null;
  /** What there is to know about single pictures, by path. */
  findings: Map<string, Finding[]>;
  /** How many pictures have each of these. */
  counts: Map<VerdictKind, number>;
}

/** From here on a data set is called imbalanced: largest over smallest class in train. TrashNet has 4.3, clothing 1. */
const imbalancedFrom = 3;
/** Fewer pictures of a class to train on are told. */
const fewImagesBelow = 10;
const defaultSeed = 1;

/** Counts a data set's classes and says what its user should know before training. Pure. */
export function datasetHealth(manifest: Manifest): DatasetHealth {
  const images = splitOrNull(manifest);
  const judged = images ?? manifest.images.map((image) => ({ ...image, split: image.split ?? 'train' }));
  const classes = countClasses(manifest.classNames, judged);
  const findings = findingsOf(judged, manifest.nearDuplicates, manifest.featureDuplicates);
  const counts = countFindings(findings);
  const warnings = [...warningsOf(manifest, classes), ...warningsOfFindings(counts)];
  return { splitFrom: splitSourceOf(manifest), classes, warnings, images, findings, counts };
}

function warningsOfFindings(counts: ReadonlyMap<VerdictKind, number>): DatasetWarning[] {
  const of = (kind: VerdictKind): number => counts.get(kind) ?? 0;
  const told = [
    ['leak', of('leak')],
    ['two-classes', of('two-classes')],
    ['duplicates', of('exact-duplicate')],
  ] as const;
  return told
    .filter(([, numImages]) => numImages > 0)
    .map(([code, numImages]) => ({ code, params: { numImages }, blocking: false }));
}

/** Counts pictures by class and split, in the order of `classNames`. */
export function countClasses(
  classNames: readonly string[],
  images: readonly Pick<SplitImage, 'className' | 'split'>[],
): ClassCounts[] {
  const counts = new Map<string, ClassCounts>(
    classNames.map((name) => [name, { name, numImages: 0, train: 0, validation: 0, test: 0 }]),
  );
  for (const { className, split } of images) {
    const count = counts.get(className);
    if (!count) continue;
    count.numImages++;
    count[split]++;
  }
  return [...counts.values()];
}

function splitOrNull(manifest: Manifest): SplitImage[] | null {
  try {
    return resolveSplits(manifest, { validationFraction: null, testFraction: null, seed: defaultSeed });
  } catch (error) {
    if (error instanceof GraftError) return null; // `warningsOf` says the same as warnings
    throw error;
  }
}

function warningsOf(manifest: Manifest, classes: ClassCounts[]): DatasetWarning[] {
  const { images, layout, ownClassNames } = manifest;
  // In one that is still to be filled, each class says so.
  if (images.length === 0 && ownClassNames === undefined)
    return [{ code: 'no-images', params: { numSkipped: numNotUsed(manifest) }, blocking: true }];
  const warnings: DatasetWarning[] = [];
  const [first] = classes;
  if (classes.length === 1) warnings.push({ code: 'one-class', params: { className: first!.name }, blocking: true });

  const given = new Set(images.map((image) => image.split));
  const isDrawn = layout !== 'splits';
  const drawsValidation = !given.has('validation');
  const minImages = 1 + Number(drawsValidation) + Number(isDrawn && defaultFraction > 0);
  const distinct = new Map<string, Set<string>>(); // pictures to draw from, duplicates once
  for (const image of images) {
    if (image.split !== null && image.split !== 'train') continue;
    const known = distinct.get(image.className) ?? new Set();
    distinct.set(image.className, known.add(image.sha256 ?? `path:${image.path}`));
  }
  for (const { name: className, numImages, ...counts } of classes) {
    const numToDraw = distinct.get(className)?.size ?? 0;
    if (numImages === 0) warnings.push({ code: 'empty-class', params: { className }, blocking: true });
    else if (numToDraw === 0)
      warnings.push({ code: 'class-missing-in-split', params: { className, split: 'train' }, blocking: true });
    else if (numToDraw < minImages)
      warnings.push({
        code: 'class-too-small',
        params: { className, numImages: numToDraw, minImages },
        blocking: true,
      });
    for (const split of ['validation', 'test'] as const) {
      if (numImages > 0 && given.has(split) && counts[split] === 0) {
        warnings.push({ code: 'class-missing-in-split', params: { className, split }, blocking: false });
      }
    }
  }
  const trained = classes.filter((count) => count.train > 0).sort((a, b) => a.train - b.train);
  const smallest = trained[0];
  if (smallest && smallest.train < fewImagesBelow && !warnings.some(({ blocking }) => blocking)) {
    const numClasses = trained.filter(({ train }) => train < fewImagesBelow).length;
    const params = { className: smallest.name, numImages: smallest.train, numClasses };
    warnings.push({ code: 'few-images', params, blocking: false });
  }
  const largest = trained.at(-1);
  if (smallest && largest && largest.train >= imbalancedFrom * smallest.train) {
    const params = {
      largest: largest.name,
      numLargest: largest.train,
      smallest: smallest.name,
      numSmallest: smallest.train,
    };
    warnings.push({ code: 'imbalanced', params, blocking: false });
  }
  return warnings;
}
