import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';
import type { ExportOptions, Parity } from '../../contract/model.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';

/** Largest difference of a probability that an export may show. reliability.md D6. */
export const MAX_ABSOLUTE_DIFFERENCE = 1e-4;
/** The same where weights were rounded to float16, 11 bits each: the model is another by that much, and may not be by more. */
export const MAX_FLOAT16_DIFFERENCE = 1e-2;

/**
 * Compares two sets of predictions, picture by picture.
 *
 * @param a probabilities [numClasses] of each picture, as the app gave them.
 * @param b the same of the exported files.
 */
export function comparePredictions(a: readonly Float32Array[], b: readonly Float32Array[]): Parity {
  if (a.length !== b.length || a.length === 0) throw new Error(`${a.length} predictions against ${b.length}`);
  let [max, sum, numValues, numChangedLabels] = [0, 0, 0, 0];
  a.forEach((first, picture) => {
    const second = b[picture] as Float32Array;
    if (first.length !== second.length) throw new Error(`${first.length} classes against ${second.length}`);
    first.forEach((probability, classIndex) => {
      const difference = Math.abs(probability - (second[classIndex] as number));
      // Not a number in either is no agreement; 1 is the most that probabilities can differ.
      const counted = Number.isNaN(difference) ? 1 : difference;
      max = Math.max(max, counted);
      sum += counted;
    });
    numValues += first.length;
    if (indexOfLargest(first) !== indexOfLargest(second)) numChangedLabels += 1;
  });
  return { numImages: a.length, maxAbsoluteDifference: max, meanAbsoluteDifference: sum / numValues, numChangedLabels };
}

/** Largest difference of a probability that an export of this precision may show. */
export const largestAllowed = (precision: ExportOptions['precision']): number =>
  precision === 'float16' ? MAX_FLOAT16_DIFFERENCE : MAX_ABSOLUTE_DIFFERENCE;

/** Tells whether an export answers as the app does. */
export function isAlike(
  { maxAbsoluteDifference, numChangedLabels }: Parity,
  precision: ExportOptions['precision'],
): boolean {
  return maxAbsoluteDifference <= largestAllowed(precision) && numChangedLabels === 0;
}

/** Refuses an export that answers otherwise than the app. @throws GraftError export-differs */
export function requireParity(parity: Parity, precision: ExportOptions['precision'] = 'float32'): void {
  if (isAlike(parity, precision)) return;
  const { maxAbsoluteDifference, numChangedLabels } = parity;
  throw new GraftError('export-differs', { maxAbsoluteDifference, numChangedLabels });
}

/** Writes the certificate beside the model and returns its name. */
export async function writeParity(parity: Parity, folder: string): Promise<string> {
  await writeFileAtomic(
    path.join(folder, 'parity.json'),
    `${JSON.stringify({ formatVersion: 1, ...parity }, null, 2)}\n`,
  );
  return 'parity.json';
}

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > (values[best] as number) ? index : best), 0);
}
