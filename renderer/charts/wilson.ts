import type { Share } from '../../contract/run.ts';

const z = 1.959963984540054; // the 97.5 % point of the normal distribution

/** A share with its 95 % Wilson score interval, for accuracies that the backend has not yet judged itself. */
export function wilson(accuracy: number, numImages: number): Share {
  const numCorrect = Math.round(accuracy * numImages);
  const p = numCorrect / numImages;
  const spread = z ** 2 / numImages;
  const middle = (p + spread / 2) / (1 + spread);
  const half = (z / (1 + spread)) * Math.sqrt((p * (1 - p)) / numImages + spread / (4 * numImages));
  return { accuracy, low: Math.max(0, middle - half), high: Math.min(1, middle + half), numImages, numCorrect };
}

/** Half the width of an interval: what stands after ±. */
export function halfWidth(share: Share): number {
  return (share.high - share.low) / 2;
}
