import type { Share } from '../../contract/run.ts';

/** 97.5 % quantile of the normal distribution: a two-sided 95 % interval. */
const Z95 = 1.959963984540054;

/**
 * A share with its 95 % Wilson score interval.
 *
 * @see E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927)
 */
export function wilson(numCorrect: number, numImages: number): Share {
  const p = numCorrect / numImages;
  const z2 = (Z95 * Z95) / numImages;
  const centre = (p + z2 / 2) / (1 + z2);
  const half = (Z95 / (1 + z2)) * Math.sqrt((p * (1 - p)) / numImages + z2 / (4 * numImages));
  return { accuracy: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half), numImages, numCorrect };
}

/**
 * Exact two-sided McNemar test on the pictures that only one of two models got right.
 *
 * @returns the probability of a split at least as uneven if both were equally good
 * @see Q. McNemar, Psychometrika 12 (1947); exact form: binomial with p = 1/2
 */
export function mcnemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  if (n === 0) return 1;
  const smaller = Math.min(onlyFirst, onlySecond);
  let logTerm = -n * Math.LN2; // log of C(n, 0) / 2^n
  let tail = 0;
  for (let k = 0; k <= smaller; k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

/** Rows true, columns predicted. */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  numClasses: number,
): number[][] {
  const matrix = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  for (let i = 0; i < labels.length; i++) matrix[labels[i]!]![predicted[i]!]!++;
  return matrix;
}

/** Turns one row of logits into probabilities in place; safe for any finite values. */
export function softmaxRow(values: Float32Array | Float64Array, start: number, length: number): void {
  let max = -Infinity;
  for (let i = start; i < start + length; i++) max = Math.max(max, values[i]!);
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += values[i] = Math.exp(values[i]! - max);
  for (let i = start; i < start + length; i++) values[i] = values[i]! / sum;
}

/**
 * Cross-entropy and hits of a batch.
 *
 * @param logits shape [batch, numClasses], row after row
 * @param labelSmoothing share of each target spread evenly over all classes
 */
export function scoreLogits(
  logits: Float32Array,
  labels: ArrayLike<number>,
  numClasses: number,
  weights: readonly number[],
  labelSmoothing = 0,
) {
  let lossSum = 0;
  let numCorrect = 0;
  const predicted = new Int32Array(labels.length);
  for (let row = 0; row < labels.length; row++) {
    const start = row * numClasses;
    let best = 0;
    for (let c = 1; c < numClasses; c++) if (logits[start + c]! > logits[start + best]!) best = c;
    const max = logits[start + best]!;
    let sum = 0;
    for (let c = 0; c < numClasses; c++) sum += Math.exp(logits[start + c]! - max);
    const label = labels[row]!;
    let target = logits[start + label]!;
    if (labelSmoothing > 0) {
      let mean = 0;
      for (let c = 0; c < numClasses; c++) mean += logits[start + c]! / numClasses;
      target = (1 - labelSmoothing) * target + labelSmoothing * mean;
    }
    lossSum += weights[label]! * (Math.log(sum) + max - target);
    predicted[row] = best;
    if (best === label) numCorrect++;
  }
  return { lossSum, numCorrect, predicted };
}
