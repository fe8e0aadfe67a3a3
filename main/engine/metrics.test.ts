import { describe, expect, it } from 'vitest';
import { confusionMatrix, mcnemar, scoreLogits, softmaxRow, wilson } from './metrics.ts';

describe('wilson', () => {
  it('gives the interval of the published formula', () => {
    const share = wilson(197, 200); // scipy.stats.binomtest(197, 200).proportion_ci(method='wilson')
    expect(share.low).toBeCloseTo(0.956834, 6);
    expect(share.high).toBeCloseTo(0.994886, 6);
  });
  it('stays inside 0 and 1 at the ends', () => {
    expect(wilson(0, 10).low).toBe(0);
    expect(wilson(10, 10).high).toBeCloseTo(1, 12);
    expect(wilson(10, 10).low).toBeCloseTo(0.722467, 6);
  });
});

describe('mcnemar', () => {
  it('is the exact binomial test', () => {
    expect(mcnemar(1, 3)).toBeCloseTo(0.625, 12); // 2 * (1 + 4) / 16
    expect(mcnemar(10, 2)).toBeCloseTo(0.03857421875, 12); // scipy.stats.binomtest(2, 12).pvalue
  });
  it('says 1 where the models never disagree or disagree evenly', () => {
    expect(mcnemar(0, 0)).toBe(1);
    expect(mcnemar(5, 5)).toBe(1);
  });
  it('does not underflow for thousands of pictures', () => {
    expect(mcnemar(2000, 2100)).toBeCloseTo(0.122065, 6);
    expect(mcnemar(0, 5000)).toBeLessThan(1e-300);
  });
});

describe('scoreLogits', () => {
  it('gives cross-entropy, hits and predictions', () => {
    const { lossSum, numCorrect, predicted } = scoreLogits(Float32Array.from([2, 0, 0, 3]), [0, 0], 2, [1, 1]);
    expect(lossSum).toBeCloseTo(Math.log(1 + Math.exp(-2)) + Math.log(1 + Math.exp(3)), 6);
    expect(numCorrect).toBe(1);
    expect([...predicted]).toEqual([0, 1]);
  });
  it('stays finite for very large logits', () => {
    expect(scoreLogits(Float32Array.from([1e4, -1e4]), [1], 2, [1, 1]).lossSum).toBeCloseTo(2e4, 0);
  });
});

describe('confusionMatrix', () => {
  it('has the truth in rows and the prediction in columns', () => {
    expect(confusionMatrix([0, 0, 1], [0, 1, 1], 2)).toEqual([
      [1, 1],
      [0, 1],
    ]);
  });
});

describe('softmaxRow', () => {
  it('turns logits into probabilities that add up to 1', () => {
    const values = Float32Array.from([1000, 999, -1000]);
    softmaxRow(values, 0, 3);
    expect(values[0]! + values[1]! + values[2]!).toBeCloseTo(1, 6);
    expect(values[0]! / values[1]!).toBeCloseTo(Math.E, 4);
  });
});
