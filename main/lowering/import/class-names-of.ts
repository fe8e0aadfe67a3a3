import { readClassNames } from '../../../contract/class-names.ts';
import { GraftError } from '../../../contract/errors.ts';
import type { RunOrigin } from '../../../contract/run.ts';
import type { BroughtModel } from './read-model.ts';

/** Lists beside a model: Graft's, Teachable Machine's for TensorFlow.js and for Keras. */
const usualLists = ['labels.json', 'metadata.json', 'labels.txt'];

/** What a model's classes are called, and who says so. */
export interface FoundNames {
  classNames: string[];
  from: RunOrigin['classNamesFrom'];
  /** What to call the list in an error. */
  file: string;
}

/**
 * Looks for the names of a model's classes: what the person gave, else what the model holds, else a list beside it.
 *
 * @returns null when nothing says them
 * @throws class-names-refused
 */
export async function findClassNames(
  model: BroughtModel,
  given: readonly string[] | undefined,
): Promise<FoundNames | null> {
  if (given) {
    const file = model.sourceFile;
    return { classNames: readClassNames(JSON.stringify(given), file), from: 'given', file };
  }
  const { graft } = model.metadata as { graft?: { classNames?: unknown } };
  if (graft?.classNames !== undefined) {
    const file = model.sourceFile;
    return { classNames: readClassNames(JSON.stringify(graft.classNames), file), from: 'model', file };
  }
  for (const file of usualLists) {
    const text = await model.beside(file);
    // `metadata.json` is a common name: without labels it is something else.
    if (text !== null && (file !== 'metadata.json' || /"labels"/.test(text)))
      return { classNames: readClassNames(text, file), from: 'beside', file };
  }
  return null;
}

/** The names of so many classes, made up where nobody says them. @throws class-names-count */
export function namesFor(found: FoundNames | null, numClasses: number): FoundNames {
  if (!found) {
    const classNames = Array.from({ length: numClasses }, (_, index) => `class ${index + 1}`);
    return { classNames, from: 'made-up', file: '' };
  }
  const { file, classNames } = found;
  if (classNames.length !== numClasses)
    throw new GraftError('class-names-count', { file, numClasses, numNames: classNames.length });
  return found;
}
