import { describe, expect, it } from 'vitest';
import { clouds } from '../testing/clouds.ts';
import { labelSuspects, similarPairs } from './label-suspects.ts';
import { nearestNeighbours } from './neighbours.ts';

const { signal } = new AbortController();

describe('labelSuspects', () => {
  it('names the pictures with a wrong label and their class, and no others', async () => {
    const { features, labels } = clouds(120, 3);
    const neighbours = await nearestNeighbours(features, 30, signal);
    expect(labelSuspects(neighbours, labels, 3)).toEqual([]);
    const wrong = labels.slice();
    wrong[7] = 2; // of class 1
    wrong[30] = 1; // of class 0
    const suspects = labelSuspects(neighbours, wrong, 3);
    expect(suspects.map(({ index, suggested }) => [index, suggested]).sort()).toEqual([
      [30, 0],
      [7, 1],
    ]);
    for (const { share, numNeighbours } of suspects) {
      expect(numNeighbours).toBe(10);
      expect(share).toBeGreaterThanOrEqual(0.8);
    }
  });

  it('lets copies of a picture not vouch for its label', async () => {
    const { features, labels } = clouds(60, 2);
    const { rowLength, values } = features;
    const copies = [8, 10, 12, 14];
    for (const copy of copies) values.copyWithin(copy * rowLength, 8 * rowLength, 9 * rowLength);
    const neighbours = await nearestNeighbours(features, 30, signal);
    const wrong = labels.slice();
    for (const copy of copies) wrong[copy] = 1;
    const named = labelSuspects(neighbours, wrong, 2).map(({ index }) => index);
    expect(named.sort((one, other) => one - other)).toEqual(copies);
  });

  it('asks as many as a small class has, and says nothing of a tiny one', async () => {
    const { features } = clouds(60, 2, { spread: 0.8 });
    const neighbours = await nearestNeighbours(features, 30, signal);
    // Row 0 and others of its cloud are a class of their own: five of them, then eight.
    const tiny = Int32Array.from({ length: 60 }, (_, row) => (row % 2 === 0 && row < 10 ? 2 : row % 2));
    expect(labelSuspects(neighbours, tiny, 3).filter(({ index }) => tiny[index] === 2)).toEqual([]);
    const small = Int32Array.from({ length: 60 }, (_, row) => (row % 2 === 0 && row < 16 ? 2 : row % 2));
    for (const { index, numNeighbours } of labelSuspects(neighbours, small, 3))
      expect(numNeighbours).toBe(small[index] === 2 ? 7 : 10);
    expect(labelSuspects(neighbours, small, 3).some(({ index }) => small[index] === 2)).toBe(true);
  });

  it('says nothing where there is nobody to ask', async () => {
    const { features, labels } = clouds(4, 2);
    const neighbours = await nearestNeighbours(features, 30, signal);
    expect(labelSuspects(neighbours, labels, 2)).toEqual([]);
  });
});

describe('similarPairs', () => {
  it('gives each pair once, the most similar first', async () => {
    const values = Float32Array.from([1, 0, 0.6, 0.8, 1, 0, 0.8, 0.6, -1, 0]);
    const neighbours = await nearestNeighbours({ values, numRows: 5, rowLength: 2 }, 4, signal);
    expect(similarPairs(neighbours, 0.7)).toEqual([
      [0, 2, 1],
      [1, 3, expect.closeTo(0.96, 5)],
      [0, 3, expect.closeTo(0.8, 5)],
      [2, 3, expect.closeTo(0.8, 5)],
    ]);
    expect(similarPairs(neighbours, 0.999)).toHaveLength(1);
  });
});
