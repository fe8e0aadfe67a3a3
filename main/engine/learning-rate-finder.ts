/**
 * The arithmetic of a learning-rate range test: train a few steps at rates that grow from far too small to far too large, and
 * read from the losses where learning is fastest.
 *
 * @see L. N. Smith, Cyclical learning rates for training neural networks, 2017, https://arxiv.org/abs/1506.01186
 */

export interface RateRange {
  from: number;
  to: number;
  /** Steps, each at its own rate. */
  numSteps: number;
}

/** What a range test tells. */
export interface RateSuggestion {
  /** Never above a tenth of `lowest`; null when the loss fell at no rate. */
  learningRate: number | null;
  /** Where the loss falls fastest as the rate grows; null when it never falls. */
  steepest: number | null;
  /** Where the loss is lowest: training there is on the edge of diverging. */
  lowest: number;
  /** The losses up to where they diverged, without the noise of single batches and without a lag, at most twice the first: for a chart. */
  smoothed: number[];
}

export const defaultRateRange: RateRange = { from: 1e-7, to: 1, numSteps: 100 };

/** Share of the running average that a new loss leaves in place. */
const INERTIA = 0.9;
/** A loss this many times the best has left the course for good. */
const DIVERGED = 4;
/** Batches before the best is one: a single easy batch must not be the measure. */
const SETTLING_STEPS = 5;
/** The loss has fallen when it lost this share: less is the noise of batches. */
const LEAST_FALL = 0.1;
/** Losses above this many times the first count as that: the last ones explode, and would colour those before. */
const CEILING = 2;

/** The rate of each step: every one is the same number of times the one before. The first is `from`, the last `to`. */
export function ratesOf({ from, to, numSteps }: RateRange = defaultRateRange): number[] {
  const growth = Math.log(to / from) / (numSteps - 1);
  return Array.from({ length: numSteps }, (_, i) => (i === numSteps - 1 ? to : from * Math.exp(growth * i)));
}

/**
 * Tells whether going on to higher rates can teach nothing more: the averaged loss is four times its best, or no number.
 *
 * @param losses of the steps so far
 */
export function hasDiverged(losses: readonly number[]): boolean {
  if (!losses.every(Number.isFinite)) return true;
  const averages = runningAverage(losses);
  const best = Math.min(...averages.slice(SETTLING_STEPS - 1)); // Infinity before there is one
  return averages.length > 0 && averages.at(-1)! > DIVERGED * best;
}

/**
 * Reads a rate from the losses of a range test.
 *
 * @param rates as `ratesOf` gives them; those after the last loss are not looked at
 * @param losses at least one, the first finite; those after they diverged do not count
 */
export function suggestRate(rates: readonly number[], losses: readonly number[]): RateSuggestion {
  const end = losses.findIndex((_, i) => hasDiverged(losses.slice(0, i + 1)));
  const smoothed = withoutNoise(end < 0 ? losses : losses.slice(0, Math.max(1, end)));
  const lowestAt = smoothed.indexOf(Math.min(...smoothed));
  const lowest = rates[lowestAt]!;
  const hasFallen = smoothed[lowestAt]! < (1 - LEAST_FALL) * smoothed[0]!;
  if (!hasFallen) return { learningRate: null, steepest: null, lowest, smoothed };
  const steepest = rates[steepestAt(rates, smoothed, lowestAt)]!;
  return { learningRate: Math.min(steepest, lowest / 10), steepest, lowest, smoothed };
}

/** Step up to `last` around which the loss falls most for a decade of the rate. */
function steepestAt(rates: readonly number[], losses: readonly number[], last: number): number {
  let found = { at: last, slope: Infinity };
  for (let i = 0; i <= last; i++) {
    const [a, b] = [Math.max(0, i - 1), Math.min(last, i + 1)];
    const slope = (losses[b]! - losses[a]!) / Math.log10(rates[b]! / rates[a]!);
    if (slope < found.slope) found = { at: i, slope };
  }
  return found.at;
}

/** The mean of all values so far, those long ago counting less and less. */
function runningAverage(values: readonly number[]): number[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = INERTIA * sum + value;
    weight = INERTIA * weight + 1; // the first values count in full: an average that began at zero would rise first
    return sum / weight;
  });
}

/** Averaged forwards and then backwards: one direction alone would report every turn of the curve at too high a rate. */
function withoutNoise(losses: readonly number[]): number[] {
  const first = runningAverage(losses.slice(0, SETTLING_STEPS)).at(-1)!;
  const capped = losses.map((loss) => Math.min(loss, CEILING * first));
  return runningAverage(runningAverage(capped).toReversed()).toReversed();
}
