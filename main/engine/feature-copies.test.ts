import { describe, expect, it } from 'vitest';
import { createRandom } from '../dataset/seeded.ts';
import { featureCopies } from './feature-copies.ts';
import { centre, normaliseRows } from './feature-matrix.ts';
import { nearestNeighbours } from './neighbours.ts';

const rowLength = 256;
const numbered = (numRows: number): string[] => Array.from({ length: numRows }, (_, row) => String(row));

/** Neighbours of rows of noise, of which some are an earlier one with a little noise on it. */
function neighboursOf(numRows: number, copyOf: (row: number) => number | null, noise = 0.1) {
  const random = createRandom(3, 'feature copies');
  const values = new Float32Array(numRows * rowLength);
  for (let at = 0; at < values.length; at++) {
    const of = copyOf(Math.floor(at / rowLength));
    values[at] = of === null ? random.normal() : values[of * rowLength + (at % rowLength)]! + noise * random.normal();
  }
  const features = { values, numRows, rowLength };
  centre(features);
  normaliseRows(features);
  return nearestNeighbours(features, 30, new AbortController().signal);
}

describe('featureCopies', () => {
  it('pairs copies with their originals, the most alike first, and nothing else', async () => {
    const neighbours = await neighboursOf(60, (row) => (row === 20 ? 4 : row === 41 ? 7 : null));
    const found = featureCopies(neighbours, numbered(60));
    expect(found.map(([one, other]) => [one, other].sort()).sort()).toEqual([
      ['20', '4'],
      ['41', '7'],
    ]);
    expect(found[0]![2]).toBeGreaterThan(found[1]![2]);
    expect(found[1]![2]).toBeGreaterThan(0.9);
  });

  it('counts a content once, and never pairs it with itself', async () => {
    const isSame = (row: number) => row === 4 || row >= 20;
    const neighbours = await neighboursOf(35, (row) => (row === 10 || row >= 20 ? 4 : null), 0);
    const contents = numbered(35).map((name, row) => (isSame(row) ? 'same' : name));
    expect(featureCopies(neighbours, contents)).toEqual([['10', 'same', expect.closeTo(1, 5)]]);
  });

  it('says nothing where all pictures of a kind are that alike', async () => {
    const neighbours = await neighboursOf(60, (row) => (row < 2 ? null : row % 2), 0.2);
    expect(neighbours.similarities[5]).toBeGreaterThan(0.9);
    expect(featureCopies(neighbours, numbered(60))).toEqual([]);
  });

  it('has nothing to say of one picture or two', async () => {
    for (const numRows of [1, 2])
      expect(featureCopies(await neighboursOf(numRows, () => null), numbered(numRows))).toEqual([]);
  });
});
