import type { FeatureSpace } from './feature-cache.ts';

/** Features of pictures as rows, one after the other. */
export interface FeatureMatrix {
  /** [numRows, rowLength] */
  values: Float32Array;
  numRows: number;
  rowLength: number;
}

/** Reads the features of pictures into memory, a row each in the order given. */
export function readFeatures(space: FeatureSpace, sha256s: readonly string[]): FeatureMatrix {
  const { rowLength } = space;
  const values = new Float32Array(sha256s.length * rowLength);
  sha256s.forEach((sha256, row) => space.read(sha256, values, row * rowLength));
  return { values, numRows: sha256s.length, rowLength };
}

/** Moves the rows' mean to zero, in place: what all pictures share says nothing of how they differ. */
export function centre({ values, numRows, rowLength }: FeatureMatrix): void {
  const means = new Float64Array(rowLength);
  for (let row = 0, at = 0; row < numRows; row++)
    for (let column = 0; column < rowLength; column++, at++) means[column]! += values[at]! / numRows;
  for (let row = 0, at = 0; row < numRows; row++)
    for (let column = 0; column < rowLength; column++, at++) values[at]! -= means[column]!;
}

/** Scales each row to length one, in place. A row of zeros stays as it is. */
export function normaliseRows({ values, numRows, rowLength }: FeatureMatrix): void {
  for (let row = 0; row < numRows; row++) {
    const own = values.subarray(row * rowLength, (row + 1) * rowLength);
    let squares = 0;
    for (const value of own) squares += value * value;
    if (squares === 0) continue;
    const scale = 1 / Math.sqrt(squares);
    for (let column = 0; column < rowLength; column++) own[column]! *= scale;
  }
}
