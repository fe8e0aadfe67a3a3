import { describe, expect, it } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import { comparePredictions, requireParity } from './parity.ts';

const predictions = (...rows: number[][]) => rows.map((row) => Float32Array.from(row));

describe('comparePredictions', () => {
  it('finds no difference between equal predictions', () => {
    const a = predictions([0.25, 0.75], [0.5, 0.5]);
    expect(comparePredictions(a, a)).toEqual({
      numImages: 2,
      maxAbsoluteDifference: 0,
      meanAbsoluteDifference: 0,
      numChangedLabels: 0,
    });
  });
  it('tells the largest and the mean difference and counts changed labels', () => {
    const parity = comparePredictions(predictions([0.25, 0.75], [1, 0]), predictions([0.75, 0.25], [1, 0]));
    expect(parity).toEqual({
      numImages: 2,
      maxAbsoluteDifference: 0.5,
      meanAbsoluteDifference: 0.25,
      numChangedLabels: 1,
    });
  });
  it('takes what is not a number for the largest difference', () => {
    expect(comparePredictions(predictions([0.5, 0.5]), predictions([NaN, NaN])).maxAbsoluteDifference).toBe(1);
  });
  it('refuses predictions of different pictures or classes', () => {
    expect(() => comparePredictions(predictions([1]), predictions())).toThrow('1 predictions against 0');
    expect(() => comparePredictions(predictions([1]), predictions([1, 0]))).toThrow('1 classes against 2');
  });
});

describe('requireParity', () => {
  const parity = { numImages: 2, maxAbsoluteDifference: 1e-4, meanAbsoluteDifference: 0, numChangedLabels: 0 };
  it('lets an export pass that differs by a ten-thousandth', () => {
    expect(() => requireParity(parity)).not.toThrow();
  });
  it.each([
    { maxAbsoluteDifference: 1.1e-4, numChangedLabels: 0 },
    { maxAbsoluteDifference: 1e-9, numChangedLabels: 1 },
  ])('refuses %o', (worse) => {
    expect(() => requireParity({ ...parity, ...worse })).toThrow(new GraftError('export-differs', worse));
  });
});
