import type { DatasetEdit, Selection } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import type { Assignment, StoredEdit } from '../dataset/edits.ts';
import { groupsOfContents } from '../dataset/findings.ts';
import type { ManifestImage } from '../dataset/manifest.ts';
import { defaultFraction, drawFolds, drawSplit } from '../dataset/split.ts';
import type { DatasetView } from './dataset-entry.ts';
import { imagesWhere } from './dataset-view.ts';

/**
 * Makes an edit of what a person asked for: pictures by their paths, a drawn split by its outcome.
 *
 * @throws image-not-found, class-not-found, nothing-selected, what `drawSplit` throws
 */
export function resolveEdit(view: DatasetView, edit: DatasetEdit): StoredEdit {
  const { classNames } = view.manifest;
  const requireClass = (className: string): void => {
    if (!classNames.includes(className)) throw new GraftError('class-not-found', { className });
  };
  switch (edit.kind) {
    case 'relabel':
      return { kind: 'relabel', paths: pathsOf(view, edit.images), className: edit.className.normalize('NFC') };
    case 'relabel-each':
      return {
        kind: 'relabel-each',
        labels: edit.images.map(({ imageId, className }) => [pathOf(view, imageId), className.normalize('NFC')]),
      };
    case 'exclude':
    case 'include':
      return { kind: edit.kind, paths: pathsOf(view, edit.images) };
    case 'move': {
      const before = view.manifest.images.every(({ split }) => split !== null) && hasValidation(view);
      return {
        kind: 'move',
        paths: pathsOf(view, edit.images),
        split: edit.split,
        before: before ? null : assignmentOf(view.images),
      };
    }
    case 'add-class':
      return { kind: 'add-class', className: edit.className.normalize('NFC') };
    case 'rename-class':
      requireClass(edit.from);
      return { kind: 'rename-class', from: edit.from, to: edit.to.normalize('NFC') };
    case 'remove-class':
      requireClass(edit.className);
      return { kind: 'remove-class', className: edit.className };
    case 'mend':
      return mend(view, edit.problem);
    case 'draw-split':
      return { kind: 'split', assignment: assignmentOf(drawSplit(view.manifest.images, edit, groupOf(view))) };
    case 'draw-fold': {
      const groupIn = groupOf(view);
      const tested = new Set(view.images.filter(({ split }) => split === 'test').map(groupIn));
      const isTested = (image: ManifestImage) => tested.has(groupIn(image)); // copies of what is tested go along
      const rest = view.manifest.images.filter((image) => !isTested(image));
      const test = view.manifest.images.filter(isTested).map(({ path }) => path);
      const folds = drawFolds(rest, edit.numFolds, edit.seed, groupIn);
      const isValidation = (image: ManifestImage) => folds.get(image.path) === edit.fold % edit.numFolds;
      return {
        kind: 'split',
        assignment: { validation: rest.filter(isValidation).map(({ path }) => path), test },
      };
    }
  }
}

/** The least that mends what was found. @throws nothing-selected where nothing was */
function mend(view: DatasetView, problem: 'leak' | 'duplicates' | 'two-classes'): StoredEdit {
  const isFixed = view.manifest.layout === 'splits';
  const found = imagesWhere(view, { verdict: problem === 'duplicates' ? 'exact-duplicate' : problem });
  if (found.length === 0) throw new GraftError('nothing-selected', {});
  if (problem === 'leak' && !isFixed) {
    const fractions = { validationFraction: defaultFraction, testFraction: defaultFraction, seed: 1 };
    return { kind: 'split', assignment: assignmentOf(drawSplit(view.manifest.images, fractions, groupOf(view))) };
  }
  // What is measured with stays: a picture that was trained on may not be.
  const out = problem === 'leak' ? found.filter(({ split }) => split === 'train') : found;
  return { kind: 'exclude', paths: out.map(({ path }) => path) };
}

/** What may not be torn apart: the same picture, and near duplicates of it. */
function groupOf({ manifest }: DatasetView): (image: ManifestImage) => string {
  const groups = groupsOfContents([...manifest.nearDuplicates, ...manifest.featureDuplicates]);
  return ({ sha256, path }) => (sha256 === null ? `path:${path}` : (groups.get(sha256) ?? sha256));
}

const hasValidation = ({ manifest }: DatasetView): boolean =>
  manifest.images.some(({ split }) => split === 'validation');

function assignmentOf(images: readonly { path: string; split: string }[]): Assignment {
  const of = (wanted: string) => images.filter(({ split }) => split === wanted).map(({ path }) => path);
  return { validation: of('validation'), test: of('test') };
}

function pathsOf(view: DatasetView, selection: Selection): string[] {
  const paths =
    'where' in selection
      ? imagesWhere(view, selection.where).map(({ path }) => path)
      : selection.imageIds.map((imageId) => pathOf(view, imageId));
  if (paths.length === 0) throw new GraftError('nothing-selected', {});
  return paths;
}

function pathOf(view: DatasetView, imageId: string): string {
  const path = view.pathById.get(imageId);
  if (path === undefined) throw new GraftError('image-not-found', { imageId });
  return path;
}
