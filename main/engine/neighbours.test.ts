import { describe, expect, it } from 'vitest';
import { tf } from '../native/tf.ts';
import { clouds } from '../testing/clouds.ts';
import { centre, normaliseRows, type FeatureMatrix } from './feature-matrix.ts';
import { nearestNeighbours } from './neighbours.ts';

const { signal } = new AbortController();
const rowOf = ({ values, rowLength }: FeatureMatrix, row: number) =>
  values.subarray(row * rowLength, (row + 1) * rowLength);
const cosine = (features: FeatureMatrix, one: number, other: number) =>
  rowOf(features, one).reduce((sum, value, i) => sum + value * rowOf(features, other)[i]!, 0);

describe('nearestNeighbours', () => {
  it('finds what looking at every pair finds, nearest first, never a row itself', async () => {
    const { features } = clouds(90, 3);
    const { k, indexes, similarities } = await nearestNeighbours(features, 7, signal);
    expect(k).toBe(7);
    for (let row = 0; row < 90; row++) {
      const all = Array.from({ length: 90 }, (_, other) => ({ other, similarity: cosine(features, row, other) }))
        .filter(({ other }) => other !== row)
        .sort((one, other) => other.similarity - one.similarity)
        .slice(0, 7);
      expect(Array.from(indexes.subarray(row * 7, row * 7 + 7))).toEqual(all.map(({ other }) => other));
      all.forEach(({ similarity }, i) => expect(similarities[row * 7 + i]).toBeCloseTo(similarity, 5));
    }
  });

  it('takes the first of equals, and all there are where more are asked for', async () => {
    const features = { values: Float32Array.from([1, 0, 1, 0, 1, 0, 0, 1]), numRows: 4, rowLength: 2 };
    const { k, indexes } = await nearestNeighbours(features, 10, signal);
    expect(k).toBe(3);
    expect(Array.from(indexes)).toEqual([1, 2, 3, 0, 2, 3, 0, 1, 3, 0, 1, 2]);
    expect(await nearestNeighbours({ values: new Float32Array(2), numRows: 1, rowLength: 2 }, 5, signal)).toMatchObject(
      {
        k: 0,
      },
    );
  });

  it('stops when asked and leaves no tensors behind', async () => {
    const { features } = clouds(40, 2);
    await nearestNeighbours(features, 3, signal);
    const before = tf.memory().numTensors;
    await nearestNeighbours(features, 3, signal);
    const stop = new AbortController();
    const finding = nearestNeighbours(features, 3, stop.signal);
    stop.abort();
    await expect(finding).rejects.toMatchObject({ name: 'AbortError' });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('normaliseRows', () => {
  it('gives rows length one and leaves zeros alone', () => {
    const features = { values: Float32Array.from([3, 4, 0, 0]), numRows: 2, rowLength: 2 };
    normaliseRows(features);
    expect(Array.from(features.values)).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0.8, 6), 0, 0]);
  });
});

describe('centre', () => {
  it('moves the mean of each column to zero', () => {
    const features = { values: Float32Array.from([1, 10, 3, 20]), numRows: 2, rowLength: 2 };
    centre(features);
    expect(Array.from(features.values)).toEqual([-1, -5, 1, 5]);
  });
});
