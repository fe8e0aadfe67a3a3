import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GraftError } from '../../../contract/errors.ts';
import { tf } from '../../native/tf.ts';
import { writeFileAtomic } from '../../store/write-atomic.ts';
import {
  activationCase,
  activationNames,
  apply,
  layerCases,
  modelOf,
  on,
  type Graph,
} from '../../testing/layer-cases.ts';
import { temporaryFolder } from '../../testing/temporary.ts';
import { lowerToSavedModel } from './lower.ts';

const { layers } = tf;
const plain = { input: 'pixels', output: 'output', precision: 'float32' } as const;

/** Largest difference between tfjs and libtensorflow's own loader over two random pictures, as a part of the largest value. */
async function difference(
  graph: Graph,
  size: readonly [number, number],
  precision: 'float32' | 'float16' = 'float32',
): Promise<number> {
  const folder = await temporaryFolder();
  const model = modelOf(graph, size);
  await writeFileAtomic(
    path.join(folder, 'saved_model.pb'),
    lowerToSavedModel(model, { ...plain, precision }).pieces(),
  );
  const loaded = await tf.node.loadSavedModel(folder);
  const worst = tf.tidy(() => {
    const pixels = tf.randomUniform([2, ...size, 3], -1, 1, 'float32', 7);
    const [expected, found] = [model.predict(pixels) as tf.Tensor, loaded.predict(pixels) as tf.Tensor];
    expect(found.shape).toEqual(expected.shape);
    return found.sub(expected).abs().max().div(expected.abs().max().maximum(1e-6)).dataSync<'float32'>()[0]!;
  });
  loaded.dispose();
  model.dispose();
  return worst;
}

describe('lowerToSavedModel', () => {
  for (const [name, graph] of Object.entries(layerCases)) {
    it.each([
      [9, 12],
      [8, 7],
    ] as [number, number][])(`gives what tfjs gives for ${name}, %i×%i`, async (...size) => {
      expect(await difference(graph, size)).toBeLessThan(1e-5);
    });
  }

  it.each(activationNames)('gives what tfjs gives for the activation %s', async (activation) => {
    expect(await difference(activationCase(activation), [4, 5])).toBeLessThan(1e-5);
  });

  it('stores kernels as float16 on request, in half the bytes, and answers nearly the same', async () => {
    const wide: Graph = (x) =>
      apply(layers.conv2d({ filters: 64, kernelSize: 3 }), apply(layers.conv2d({ filters: 64, kernelSize: 3 }), x));
    const rounded = await difference(wide, [8, 8], 'float16');
    expect(rounded).toBeLessThan(2e-3);
    expect(rounded).toBeGreaterThan(1e-6);
    const model = modelOf(wide, [8, 8]);
    const sizes = (['float32', 'float16'] as const).map(
      (precision) => lowerToSavedModel(model, { ...plain, precision }).sizeBytes,
    );
    expect(sizes[1]! / sizes[0]!).toBeLessThan(0.53);
    model.dispose();
  });

  it('gives the same bytes for the same model', () => {
    const model = modelOf(
      on(() => layers.conv2d({ filters: 2, kernelSize: 3 })),
      [8, 8],
    );
    expect(lowerToSavedModel(model, plain).bytes).toEqual(lowerToSavedModel(model, plain).bytes);
    model.dispose();
  });

  it('takes layers that are named as the input is, or alike but for capitals', async () => {
    const graph: Graph = (x) =>
      ['pixels', 'Pixels', 'output/Tanh', 'OUTPUT'].reduce(
        (value, name) => apply(layers.activation({ name, activation: 'tanh' }), value),
        x,
      );
    expect(await difference(graph, [4, 5])).toBeLessThan(1e-5);
  });

  it('names the layer and the setting that it cannot write', () => {
    const refusals: [tf.layers.Layer, string][] = [
      [layers.thresholdedReLU({ name: 'odd' }), 'ThresholdedReLU'],
      [layers.depthwiseConv2d({ name: 'odd', kernelSize: 1, strides: [1, 2] }), 'DepthwiseConv2D (uneven strides)'],
      [layers.batchNormalization({ name: 'odd', axis: 1 }), 'BatchNormalization (axis 1)'],
    ];
    for (const [layer, type] of refusals) {
      const model = modelOf((x) => apply(layer, x), [8, 8]);
      expect(() => lowerToSavedModel(model, plain)).toThrow(
        new GraftError('layer-not-supported', { layer: 'odd', type, target: 'savedmodel' }),
      );
      model.dispose();
    }
  });
});
