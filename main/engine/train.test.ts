import { describe, expect, it } from 'vitest';
import type { GraftError } from '../../contract/errors.ts';
import { Recipe, type EpochReport } from '../../contract/run.ts';
import { createRandom } from '../dataset/seeded.ts';
import { tf } from '../native/tf.ts';
import { attachHead, headLogits, headParameters, initialHead, type HeadConfig } from './head.ts';
import { softmaxRow } from './metrics.ts';
import { headOf, Network } from './network.ts';
import { classWeights, evaluate, trainPhase, type FeatureSet } from './train.ts';
import type { TrainedPart } from './trained-part.ts';

const config: HeadConfig = { kind: 'flatten', denseUnits: null, dropout: 0, featureShape: [2, 2, 3], numClasses: 3 };
const classNames = ['a', 'b', 'c'];

/** Three clouds that overlap a little. */
function clouds(numImages: number, seed: number): FeatureSet {
  const random = createRandom(seed, 'clouds');
  const labels = Int32Array.from({ length: numImages }, (_, i) => i % 3);
  const rows = Float32Array.from(
    { length: numImages * 12 },
    (_, i) => random.normal() + (i % 3 === labels[Math.floor(i / 12)]! ? 1.5 : 0),
  );
  return {
    numImages,
    rowLengths: [12],
    numViews: 1,
    labels,
    gather: (indexes, out) => {
      for (let i = 0; i < indexes.length; i++)
        out[0]!.set(rows.subarray(indexes[i]! * 12, indexes[i]! * 12 + 12), i * 12);
    },
  };
}
const parts = () => ({ train: clouds(90, 1), validation: clouds(60, 2) });
const recipeOf = (change: object) => Recipe.parse({ epochs: 6, batchSize: 16, learningRate: 0.01, seed: 5, ...change });

function newNetwork(recipe: Recipe, head: HeadConfig): Network {
  const { optimizer, momentum, weightDecay } = recipe;
  return new Network(tf, head, initialHead(head, recipe.seed), null, { kind: optimizer, momentum, weightDecay });
}
const headPhase = (recipe: Recipe) =>
  ({ name: 'head', numEpochs: recipe.epochs, learningRate: recipe.learningRate }) as const;

async function train(
  recipe: Recipe,
  head: HeadConfig = config,
  signal = new AbortController().signal,
  onReport: () => void = () => undefined,
) {
  const network = newNetwork(recipe, head);
  const training = trainPhase(network, parts(), recipe, headPhase(recipe), classNames, signal);
  const epochs: EpochReport[] = [];
  for (;;) {
    const step = await training.next();
    if (step.done) {
      network.dispose();
      return { epochs, trained: step.value };
    }
    if (step.value.kind === 'epoch') epochs.push(step.value.report);
    onReport();
  }
}
const curve = (epochs: EpochReport[]) => epochs.map(({ loss, validationLoss }) => [loss, validationLoss]);

describe('trainPhase', () => {
  it.each(['adam', 'rmsprop', 'sgd'] as const)('learns to tell classes apart with %s', async (optimizer) => {
    const { epochs } = await train(
      recipeOf({ optimizer, epochs: 15, ...(optimizer === 'sgd' && { learningRate: 0.2 }) }),
    );
    expect(epochs.at(-1)!.validationAccuracy).toBeGreaterThan(0.85);
    expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0]!.loss);
  });
  it('gives the same curve for the same seed and another for another, with dropout and a dense layer too', async () => {
    const head = { ...config, denseUnits: 8, dropout: 0.4 };
    const [a, b, c] = [
      await train(recipeOf({}), head),
      await train(recipeOf({}), head),
      await train(recipeOf({ seed: 6 }), head),
    ];
    expect(curve(a.epochs)).toEqual(curve(b.epochs));
    expect(a.trained.weights.get('dense/kernel')!.data).toEqual(b.trained.weights.get('dense/kernel')!.data);
    expect(curve(a.epochs)).not.toEqual(curve(c.epochs));
  });
  it('keeps the last weights, or with early stopping the best ones', async () => {
    expect((await train(recipeOf({}))).trained.keptEpoch).toBe(6);
    const { epochs, trained } = await train(
      recipeOf({ epochs: 200, learningRate: 0.5, earlyStopping: { patience: 3 } }),
    );
    const losses = epochs.map((epoch) => epoch.validationLoss);
    expect(epochs.length).toBe(trained.keptEpoch + 3);
    expect(losses[trained.keptEpoch - 1]).toBe(Math.min(...losses));
    const network = new Network(tf, config, headOf(trained.weights, config), null);
    expect((await evaluate(network, parts().validation, [1, 1, 1], { batchSize: 16 })).loss).toBe(Math.min(...losses));
    network.dispose();
  });
  it('stops at the next batch and returns what was learnt', async () => {
    const controller = new AbortController();
    let numReports = 0;
    const { epochs, trained } = await train(recipeOf({ epochs: 50 }), config, controller.signal, () => {
      if (++numReports === 10) controller.abort();
    });
    expect(epochs.length).toBe(1);
    expect(trained.keptEpoch).toBe(1);
    expect(numReports).toBe(10);
  });
  it('says so when the loss is no longer a number', async () => {
    const broken: FeatureSet = { ...parts().train, gather: (_, out) => void out[0]!.fill(NaN) };
    const recipe = recipeOf({});
    const network = newNetwork(recipe, config);
    const training = trainPhase(
      network,
      { ...parts(), train: broken },
      recipe,
      headPhase(recipe),
      classNames,
      new AbortController().signal,
    );
    await expect(training.next()).rejects.toMatchObject({ code: 'training-diverged' } satisfies Partial<GraftError>);
    network.dispose();
  });
  it('leaves no tensor behind', async () => {
    await train(recipeOf({ epochs: 1 }));
    const before = tf.memory().numTensors;
    await train(recipeOf({ epochs: 2 }), { ...config, denseUnits: 4, dropout: 0.2 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('evaluate', () => {
  it('computes no more pictures at a time than a step trains, where layers of a backbone are computed', async () => {
    const part: TrainedPart = {
      kept: [{ layer: 'cut', outputShape: config.featureShape }],
      variables: [],
      forward: ([maps]) => maps!,
      frozenSha256: () => new Map(),
      dispose: () => undefined,
    };
    const network = new Network(tf, config, initialHead(config, 1), part);
    const { validation } = parts();
    const sizes: number[] = [];
    const counted: FeatureSet = {
      ...validation,
      gather: (indexes, out) => {
        sizes.push(indexes.length);
        return validation.gather(indexes, out);
      },
    };
    const whole = await evaluate(network, counted, [1, 1, 1], { batchSize: 64 });
    expect(sizes).toEqual([32, 28]);
    sizes.length = 0;
    const small = await evaluate(network, counted, [1, 1, 1], { batchSize: 25 });
    expect(sizes).toEqual([25, 25, 10]);
    expect(small.predicted).toEqual(whole.predicted);
    expect(small.loss).toBeCloseTo(whole.loss, 6);
    network.dispose();
  });
});

describe('classWeights', () => {
  it('balances as scikit-learn does', () => {
    expect(classWeights('balanced', Int32Array.from([0, 0, 0, 1]), ['a', 'b'])).toEqual([4 / 6, 2]);
  });
  it('takes given ones by name and counts the others once', () => {
    expect(classWeights({ b: 3 }, Int32Array.from([0, 1]), ['a', 'b'])).toEqual([1, 3]);
  });
});

describe('head', () => {
  it('has as many weights as arithmetic says', () => {
    expect(
      headParameters({ kind: 'gap', denseUnits: null, dropout: 0, featureShape: [7, 7, 1280], numClasses: 2 }),
    ).toBe(2562);
    expect(
      headParameters({ kind: 'flatten', denseUnits: null, dropout: 0, featureShape: [7, 7, 1280], numClasses: 2 }),
    ).toBe(125_442);
    expect(
      headParameters({ kind: 'flatten', denseUnits: 256, dropout: 0.5, featureShape: [4, 4, 512], numClasses: 2 }),
    ).toBe(8192 * 256 + 256 + 514);
  });
  it.each([
    { kind: 'gap', denseUnits: 5 },
    { kind: 'flatten', denseUnits: null },
  ] as const)('answers the same in plain arithmetic, as variables and as layers: $kind', (part) => {
    const head: HeadConfig = { ...config, ...part, dropout: 0.3 };
    const weights = initialHead(head, 3);
    const maps = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
    const pooled = Float32Array.from([0, 1, 2], (c) => [0, 3, 6, 9].reduce((sum, i) => sum + maps[i + c]! / 4, 0));
    const input = part.kind === 'gap' ? pooled : maps;
    const plain = headLogits(weights, input);
    const network = new Network(tf, head, weights, null);
    expect([...network.logits([input], 1)].map((v) => v.toFixed(5))).toEqual([...plain].map((v) => v.toFixed(5)));
    network.dispose();
    softmaxRow(plain, 0, 3);
    const base = tf.sequential({ layers: [tf.layers.activation({ activation: 'linear', inputShape: [2, 2, 3] })] });
    const model = attachHead(tf, base, head, weights);
    const layers = tf.tidy(() =>
      (model.predict(tf.tensor4d(maps, [1, 2, 2, 3])) as { dataSync(): Float32Array }).dataSync(),
    );
    for (let c = 0; c < 3; c++) expect(layers[c]).toBeCloseTo(plain[c]!, 5);
    model.dispose();
  });
});
