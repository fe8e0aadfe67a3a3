import { describe, expect, it } from 'vitest';
import { createRandom } from '../dataset/seeded.ts';
import { defaultRateRange, hasDiverged, ratesOf, suggestRate } from './learning-rate-finder.ts';

/** Flat, then down around `falls`, then up without end from `breaks` on: what a range test looks like. */
function curve(falls: number, breaks: number, noise = 0, seed = 1): number[] {
  const random = createRandom(seed, 'losses');
  return ratesOf().map((rate) => {
    const learnt = 1 / (1 + Math.exp(-4 * Math.log10(rate / falls)));
    return 1 - 0.8 * learnt + (rate / breaks) ** 2 + noise * random.normal();
  });
}
const decades = (a: number, b: number) => Math.abs(Math.log10(a / b));

describe('ratesOf', () => {
  it('grows from the first to the last by the same factor', () => {
    const rates = ratesOf({ from: 1e-4, to: 1, numSteps: 5 });
    [1e-4, 1e-3, 1e-2, 1e-1, 1].forEach((rate, i) => expect(rates[i]! / rate).toBeCloseTo(1, 12));
  });

  it('covers seven decades in a hundred steps where nothing is said', () => {
    const rates = ratesOf();
    expect([rates.length, rates[0], rates.at(-1)]).toEqual([100, 1e-7, 1]);
    expect(defaultRateRange.numSteps).toBe(100);
  });
});

describe('hasDiverged', () => {
  /** Steps done when the test would stop. */
  const stopOf = (losses: readonly number[]) => losses.findIndex((_, i) => hasDiverged(losses.slice(0, i + 1))) + 1;

  it('goes on while the loss stays or falls', () => {
    expect(hasDiverged([])).toBe(false);
    expect(stopOf(Array.from({ length: 100 }, () => 0.7))).toBe(0);
    expect(stopOf(Array.from({ length: 100 }, (_, i) => 0.97 ** i))).toBe(0);
  });

  it('stops once the averaged loss is four times its best', () => {
    const losses = [...Array.from({ length: 20 }, () => 1), ...Array.from({ length: 20 }, () => 100)];
    expect(stopOf(losses)).toBe(21); // 0.9 of 1 and 0.1 of 100 is more than 4
    expect(stopOf([...losses.slice(0, 20), ...Array.from({ length: 20 }, () => 3.9)])).toBe(0);
  });

  it('forgives one odd batch, first or later', () => {
    const even = Array.from({ length: 60 }, () => 1);
    expect(stopOf([0.001, ...even])).toBe(0);
    expect(stopOf([...even, 6, ...even])).toBe(0);
  });

  it('stops at a loss that is no number', () => {
    expect(hasDiverged([1, Number.NaN])).toBe(true);
    expect(hasDiverged([1, Infinity])).toBe(true);
  });
});

describe('suggestRate', () => {
  it('finds where the loss falls fastest', () => {
    const { learningRate, steepest, lowest } = suggestRate(ratesOf(), curve(1e-4, 1));
    expect(decades(steepest!, 1e-4)).toBeLessThan(0.25);
    expect(learningRate).toBe(steepest);
    expect(lowest).toBeGreaterThan(1e-3);
  });

  it('finds the same within half a decade through the noise of batches', () => {
    for (let seed = 1; seed <= 20; seed++)
      expect(decades(suggestRate(ratesOf(), curve(1e-4, 1, 0.05, seed)).learningRate!, 1e-4)).toBeLessThan(0.5);
  });

  it('stays a decade below the lowest loss, where the fall goes on up to the edge', () => {
    const { learningRate, steepest, lowest } = suggestRate(ratesOf(), curve(1e-2, 0.2));
    expect(learningRate).toBeCloseTo(lowest / 10, 12);
    expect(steepest).toBeGreaterThan(learningRate!);
  });

  it('says nothing where the loss never falls', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = createRandom(seed, 'flat');
      const flat = ratesOf().map(() => 0.7 + 0.05 * random.normal());
      expect(suggestRate(ratesOf(), flat)).toMatchObject({ learningRate: null, steepest: null });
    }
    expect(suggestRate(ratesOf(), ratesOf().map((_, i) => 1 + i)).learningRate).toBeNull(); // prettier-ignore
    expect(suggestRate(ratesOf(), [0.7]).learningRate).toBeNull();
  });

  it('reads a test that was stopped, and one that ended in no number', () => {
    const whole = curve(1e-4, 1e-2);
    const stop = whole.findIndex((_, i) => hasDiverged(whole.slice(0, i + 1)));
    const stopped = whole.slice(0, stop + 1);
    expect(stopped.length).toBeLessThan(whole.length);
    const { learningRate, smoothed } = suggestRate(ratesOf(), stopped);
    expect(smoothed.length).toBe(stop);
    expect(decades(learningRate!, 1e-4)).toBeLessThan(0.25);
    expect(suggestRate(ratesOf(), [...stopped.slice(0, -1), Number.NaN, 5])).toEqual(suggestRate(ratesOf(), stopped));
  });

  it('smooths without moving the curve to higher rates', () => {
    const losses = curve(1e-4, Infinity);
    const { smoothed } = suggestRate(ratesOf(), losses);
    const half = (values: number[]) => values.findIndex((value) => value < 0.6);
    expect(Math.abs(half(smoothed) - half(losses))).toBeLessThan(4); // one direction alone lags 9 steps
  });
});
