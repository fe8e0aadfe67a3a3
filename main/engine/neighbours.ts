import { setImmediate as nextTurn } from 'node:timers/promises';
import { tf } from '../native/tf.ts';
import type { FeatureMatrix } from './feature-matrix.ts';

/** The nearest rows of each row, nearest first. */
export interface Neighbours {
  numRows: number;
  /** Neighbours a row. */
  k: number;
  /** [numRows, k] */
  indexes: Int32Array;
  /** [numRows, k], cosines, -1..1 */
  similarities: Float32Array;
}

/** Memory for the similarities of a block of rows to all rows. */
const blockBytes = 64 * 1024 * 1024;

/**
 * Finds the k nearest rows of each row by cosine, exactly; a row is not its own neighbour, and of equals the first is nearer.
 * Memory beside the features: as much again, and one block.
 *
 * @param features rows of length one; stay the caller's
 * @param k at most `numRows - 1` are found
 * @throws what `signal` was aborted with
 */
export async function nearestNeighbours(features: FeatureMatrix, k: number, signal: AbortSignal): Promise<Neighbours> {
  const { values, numRows, rowLength } = features;
  const numFound = Math.max(0, Math.min(k, numRows - 1));
  const found: Neighbours = {
    numRows,
    k: numFound,
    indexes: new Int32Array(numRows * numFound),
    similarities: new Float32Array(numRows * numFound),
  };
  if (numFound === 0) return found;
  const blockRows = Math.max(1, Math.min(numRows, Math.floor(blockBytes / (4 * numRows))));
  const all = tf.tensor2d(values, [numRows, rowLength]);
  try {
    for (let start = 0; start < numRows; start += blockRows) {
      const rows = Math.min(blockRows, numRows - start);
      const product = tf.tidy(() => all.slice([start, 0], [rows, rowLength]).matMul(all, false, true)); // [rows, numRows]
      const similarities = product.dataSync<'float32'>(); // not inside: `tidy` looks through every number of what it returns
      product.dispose();
      for (let row = 0; row < rows; row++)
        keepNearest(similarities.subarray(row * numRows, (row + 1) * numRows), start + row, found);
      await nextTurn(); // lets a stop in
      signal.throwIfAborted();
    }
  } finally {
    all.dispose();
  }
  return found;
}

/** Keeps the most similar of one row, sorted by insertion: few of many make it past the last that is kept. */
function keepNearest(similarities: Float32Array, row: number, { k, indexes, similarities: kept }: Neighbours): void {
  const first = row * k;
  let count = 0;
  let least = -Infinity;
  for (let other = 0; other < similarities.length; other++) {
    const similarity = similarities[other]!;
    if ((count === k && !(similarity > least)) || other === row) continue;
    let at = first + Math.min(count, k - 1);
    for (; at > first && kept[at - 1]! < similarity; at--) {
      kept[at] = kept[at - 1]!;
      indexes[at] = indexes[at - 1]!;
    }
    kept[at] = similarity;
    indexes[at] = other;
    if (count < k) count++;
    if (count === k) least = kept[first + k - 1]!;
  }
}
