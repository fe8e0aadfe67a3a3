import { describe, expect, it } from 'vitest';
import { Recipe } from '../../contract/run.ts';
import { createRandom } from '../dataset/seeded.ts';
import { tf } from '../native/tf.ts';
import { tryRates } from './find-learning-rate.ts';
import { initialHead, type HeadConfig } from './head.ts';
import { hasDiverged, ratesOf, suggestRate } from './learning-rate-finder.ts';
import { Network } from './network.ts';
import type { FeatureSet } from './train.ts';
import { optimizerOf } from './train-one.ts';

const config: HeadConfig = { kind: 'gap', denseUnits: 8, dropout: 0.2, featureShape: [1, 1, 12], numClasses: 3 };
const classNames = ['a', 'b', 'c'];

/** Three clouds that overlap; says which pictures were read. */
function clouds(numImages: number) {
  const random = createRandom(1, 'clouds');
  const labels = Int32Array.from({ length: numImages }, (_, i) => i % 3);
  const rows = Float32Array.from(
    { length: numImages * 12 },
    (_, i) => random.normal() + (i % 3 === labels[Math.floor(i / 12)]! ? 1.5 : 0),
  );
  const read: number[][] = [];
  const set: FeatureSet = {
    numImages,
    rowLengths: [12],
    numViews: 1,
    labels,
    gather: (indexes, out) => {
      read.push(Array.from(indexes));
      for (let i = 0; i < indexes.length; i++)
        out[0]!.set(rows.subarray(indexes[i]! * 12, indexes[i]! * 12 + 12), i * 12);
    },
  };
  return { set, read };
}

async function lossesOf(change: object, numImages = 50, range = { from: 1e-5, to: 1000, numSteps: 80 }, head = config) {
  const recipe = Recipe.parse({ batchSize: 16, seed: 5, ...change });
  const { set, read } = clouds(numImages);
  const network = new Network(tf, head, initialHead(head, recipe.seed), null, optimizerOf(recipe));
  try {
    const losses = await tryRates(network, set, recipe, classNames, range, new AbortController().signal);
    return { losses, read, rates: ratesOf(range) };
  } finally {
    network.dispose();
  }
}

describe('tryRates', () => {
  it.each(['adam', 'rmsprop', 'sgd'] as const)(
    'falls and then diverges with %s, and stops there',
    async (optimizer) => {
      const { losses, rates } = await lossesOf({ optimizer });
      const { learningRate } = suggestRate(rates, losses);
      expect(learningRate).toBeGreaterThan(1e-4);
      expect(learningRate).toBeLessThan(1);
      expect(losses.length).toBeLessThan(rates.length);
      expect(hasDiverged(losses)).toBe(true);
      expect(hasDiverged(losses.slice(0, -1))).toBe(false);
    },
  );

  it('gives the same losses for the same seed and others for another', async () => {
    const [a, b, c] = [await lossesOf({}), await lossesOf({}), await lossesOf({ seed: 6 })];
    expect(a.losses).toEqual(b.losses);
    expect(c.losses).not.toEqual(a.losses);
  });

  it('reads batches of one size, each picture at most once an epoch, as many a step as are added up', async () => {
    const gentle = { from: 1e-5, to: 1e-4, numSteps: 6 };
    const { losses, read } = await lossesOf({ accumulateBatches: 2 }, 50, gentle);
    expect([losses.length, read.length]).toEqual([6, 12]);
    expect(new Set(read.map((batch) => batch.length))).toEqual(new Set([16]));
    for (let epoch = 0; epoch < 4; epoch++) expect(new Set(read.slice(3 * epoch, 3 * epoch + 3).flat()).size).toBe(48);
    const few = await lossesOf({}, 9, gentle);
    expect(new Set(few.read.map((batch) => batch.length))).toEqual(new Set([9]));
  });

  it('adds batches up to what one large batch would be', async () => {
    const plain = { ...config, dropout: 0 };
    const gentle = { from: 1e-3, to: 1e-2, numSteps: 8 };
    const whole = await lossesOf({ batchSize: 48 }, 48, gentle, plain);
    const added = await lossesOf({ batchSize: 16, accumulateBatches: 3 }, 48, gentle, plain);
    added.losses.forEach((loss, i) => expect(loss).toBeCloseTo(whole.losses[i]!, 4));
  });

  it('stops when asked', async () => {
    const recipe = Recipe.parse({});
    const network = new Network(tf, config, initialHead(config, 1), null, optimizerOf(recipe));
    const stop = new AbortController();
    const { set, read } = clouds(30);
    const range = { from: 1e-7, to: 1e-6, numSteps: 50 };
    const trying = tryRates(network, set, recipe, classNames, range, stop.signal);
    stop.abort();
    await expect(trying).rejects.toMatchObject({ name: 'AbortError' });
    network.dispose();
    expect(read.length).toBeLessThan(3);
  });

  it('leaves no tensors behind', async () => {
    await lossesOf({});
    const before = tf.memory().numTensors;
    await lossesOf({});
    expect(tf.memory().numTensors).toBe(before);
  });
});
