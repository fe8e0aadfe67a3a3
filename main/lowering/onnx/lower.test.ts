import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraftError } from '../../../contract/errors.ts';
import { createSession } from '../../native/onnx.ts';
import { tf } from '../../native/tf.ts';
import {
  activationCase,
  activationNames,
  apply,
  layerCases,
  modelOf,
  on,
  type Graph,
} from '../../testing/layer-cases.ts';
import { lowerToOnnx, type OnnxOptions } from './lower.ts';

const { layers } = tf;

/** Largest difference between tfjs and the lowered graph over two random pictures, as a part of the largest value. */
async function difference(
  graph: Graph,
  size: readonly [number, number],
  options: Partial<OnnxOptions> = {},
): Promise<number> {
  const model = modelOf(graph, size);
  const pixels = tf.randomUniform([2, ...size, 3], -1, 1, 'float32', 7);
  const expected = model.predict(pixels) as tf.Tensor;
  const { bytes } = lowerToOnnx(model, { input: 'float32', preprocessing: null, outputs: ['output'], ...options });
  const session = await createSession(bytes, { numThreads: 1 });
  const { output } = await session.run({
    pixels: { data: (await pixels.data()) as Float32Array, dims: [2, ...size, 3] },
  });
  await session.release();
  expect(output!.dims).toEqual(expected.shape);
  const values = (await expected.data()) as Float32Array;
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-6);
  const worst = values.reduce((max, value, index) => Math.max(max, Math.abs(value - output!.data[index]!)), 0);
  tf.dispose([pixels, expected]);
  model.dispose();
  return worst / largest;
}

describe('lowerToOnnx', () => {
  for (const [name, graph] of Object.entries(layerCases)) {
    it.each([
      [9, 12],
      [8, 7],
    ] as [number, number][])(`gives what tfjs gives for ${name}, %i×%i`, async (...size) => {
      expect(await difference(graph, size)).toBeLessThan(1e-5);
      expect(await difference(graph, size, { keepsLayers: true })).toBeLessThan(1e-5);
    });
  }

  it.each(activationNames)('gives what tfjs gives for the activation %s', async (activation) => {
    expect(await difference(activationCase(activation), [4, 5])).toBeLessThan(1e-5);
  });

  it('pads as tfjs does, for any size, window and stride', async () => {
    const setting = fc.record({
      height: fc.integer({ min: 5, max: 13 }),
      width: fc.integer({ min: 5, max: 13 }),
      kernelSize: fc.integer({ min: 1, max: 5 }),
      strides: fc.integer({ min: 1, max: 3 }),
      padding: fc.constantFrom('same' as const, 'valid' as const),
      kind: fc.constantFrom('conv', 'depthwise', 'separable', 'max', 'average'),
    });
    await fc.assert(
      fc.asyncProperty(setting, async ({ height, width, kernelSize, strides, padding, kind }) => {
        const window = { kernelSize, strides, padding };
        const pool = { poolSize: kernelSize, strides, padding };
        const graph = on(() => {
          if (kind === 'conv') return layers.conv2d({ ...window, filters: 2 });
          if (kind === 'depthwise') return layers.depthwiseConv2d(window);
          if (kind === 'separable') return layers.separableConv2d({ ...window, filters: 2 });
          return kind === 'max' ? layers.maxPooling2d(pool) : layers.averagePooling2d(pool);
        });
        expect(await difference(graph, [height, width])).toBeLessThan(1e-5);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('gives the same bytes for the same model', () => {
    const input = tf.input({ shape: [8, 8, 3] });
    const model = tf.model({ inputs: input, outputs: apply(layers.conv2d({ filters: 2, kernelSize: 3 }), input) });
    const options = { input: 'uint8', preprocessing: null, outputs: ['maps', 'pooled'] } as const;
    expect(lowerToOnnx(model, options).bytes).toEqual(lowerToOnnx(model, options).bytes);
    model.dispose();
  });

  it('keeps every layer under its name on request, and joins them otherwise', () => {
    const model = modelOf(
      (x) => {
        const padded = apply(layers.zeroPadding2d({ name: 'pad' }), x);
        const convolved = apply(layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }), padded);
        const normalized = apply(layers.batchNormalization({ name: 'bn' }), convolved);
        return apply(layers.dropout({ name: 'drop', rate: 0.5 }), normalized);
      },
      [8, 8],
    );
    const options = { input: 'float32', preprocessing: null, outputs: ['output'] } as const;
    const text = (keepsLayers: boolean) =>
      Buffer.from(lowerToOnnx(model, { ...options, keepsLayers }).bytes).toString('latin1');
    for (const op of ['Pad', 'BatchNormalization', 'Dropout']) {
      expect(text(true)).toContain(op);
      expect(text(false)).not.toContain(op);
    }
    for (const name of ['pad', 'conv', 'bn', 'drop', 'bn/moving_variance']) expect(text(true)).toContain(name);
    model.dispose();
  });

  it('stores kernels as float16 on request, in half the bytes, and answers nearly the same', async () => {
    const graph: Graph = (x) => {
      const wide = apply(layers.conv2d({ filters: 64, kernelSize: 3 }), x);
      return apply(layers.conv2d({ filters: 64, kernelSize: 3 }), apply(layers.batchNormalization(), wide));
    };
    for (const keepsLayers of [true, false]) {
      const rounded = await difference(graph, [8, 8], { precision: 'float16', keepsLayers });
      expect(rounded).toBeLessThan(2e-3);
      expect(rounded).toBeGreaterThan(1e-6);
    }
    const model = modelOf(graph, [8, 8]);
    const options = { input: 'float32', preprocessing: null, outputs: ['output'] } as const;
    const sizes = (['float32', 'float16'] as const).map(
      (precision) => lowerToOnnx(model, { ...options, precision }).sizeBytes,
    );
    expect(sizes[1]! / sizes[0]!).toBeLessThan(0.53);
    model.dispose();
  });

  it('keeps a layer that has the name of an output', async () => {
    const named = on(() => layers.conv2d({ filters: 2, kernelSize: 3, name: 'output' }));
    expect(await difference(named, [8, 8])).toBeLessThan(1e-5);
  });

  it('names the layer that it cannot write', () => {
    const input = tf.input({ shape: [8, 8, 3] });
    const model = tf.model({ inputs: input, outputs: apply(layers.thresholdedReLU({ name: 'odd' }), input) });
    const lower = () => lowerToOnnx(model, { input: 'uint8', preprocessing: null, outputs: ['maps'] });
    expect(lower).toThrow(
      new GraftError('layer-not-supported', { layer: 'odd', type: 'ThresholdedReLU', target: 'onnx' }),
    );
    model.dispose();
  });

  it('names the activation that it cannot write', () => {
    class Odd extends tf.serialization.Serializable {
      static className = 'odd';
      apply = (x: tf.Tensor) => x;
      getConfig = () => ({});
    }
    tf.serialization.registerClass(Odd);
    const input = tf.input({ shape: [8, 8, 3] });
    const model = tf.model({
      inputs: input,
      outputs: apply(layers.conv2d({ name: 'odd', filters: 1, kernelSize: 1, activation: 'odd' as 'relu' }), input),
    });
    const lower = () => lowerToOnnx(model, { input: 'uint8', preprocessing: null, outputs: ['maps'] });
    expect(lower).toThrow(
      expect.objectContaining({
        code: 'layer-not-supported',
        params: { layer: 'odd', type: 'Conv2D (activation odd)', target: 'onnx' },
      }),
    );
    model.dispose();
  });
});
