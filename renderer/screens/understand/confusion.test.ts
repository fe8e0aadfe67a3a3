import { describe, expect, it } from 'vitest';
import { summarise } from './confusion.ts';

describe('summarise', () => {
  it('counts the diagonal as right and finds the most frequent mistake', () => {
    const summary = summarise([
      [98, 2],
      [3, 97],
    ]);
    expect(summary).toEqual({
      numImages: 200,
      numCorrect: 195,
      rowTotals: [100, 100],
      worst: { truth: 1, said: 0, numImages: 3 },
    });
  });

  it('finds no mistake where there is none', () => {
    expect(
      summarise([
        [4, 0],
        [0, 5],
      ]).worst,
    ).toBeNull();
  });
});
