import { describe, expect, it } from 'vitest';
import { tf } from '../native/tf.ts';
import { customLayers, kerasClassName } from './custom-layers.ts';

const custom = customLayers(tf);

/** Builds a layer on [batch, 6, 5, 3] and draws its weights. */
function drawn(layer: tf.layers.Layer): tf.layers.Layer {
  layer.apply(tf.input({ shape: [6, 5, 3] }));
  layer.setWeights(
    layer.weights.map(({ shape }, seed) => tf.randomUniform(shape as number[], 0.5, 2, 'float32', seed)),
  );
  return layer;
}

/** Largest difference between the gradient of a layer's weights and input, and the slope measured around them. */
function gradientError(layer: tf.layers.Layer): number {
  return tf.tidy(() => {
    const x = tf.randomUniform([2, 6, 5, 3], -1, 1, 'float32', 7);
    const aim = tf.randomUniform([2, 6, 5, 3], -1, 1, 'float32', 8);
    const values = layer.weights.map((weight) => weight.read());
    const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const loss = () => tf.sum<tf.Scalar>(tf.mul(layer.apply(x) as tf.Tensor, aim));
    const grads = variables.length > 0 ? tf.variableGrads(loss, variables).grads : {}; // Normalization has none
    const byWeight = variables.map((variable, index) => {
      const direction = tf.randomUniform(variable.shape, -1, 1, 'float32', 20 + index);
      const start = values[layer.weights.findIndex((weight) => weight.read() === variable)]!.clone();
      const at = (step: number) => {
        variable.assign(start.add(direction.mul(step)));
        return loss().dataSync()[0]!;
      };
      const slope = (at(0.05) - at(-0.05)) / 0.1; // exact but for rounding: the layers are linear in their weights
      variable.assign(start);
      return Math.abs(slope - grads[variable.name]!.mul(direction).sum().dataSync()[0]!) / Math.abs(slope);
    });
    const byInput = tf.grad((input) => (layer.apply(input) as tf.Tensor).mul(aim).sum())(x);
    const direction = tf.randomUniform(x.shape, -1, 1, 'float32', 30);
    const at = (step: number) => (layer.apply(x.add(direction.mul(step))) as tf.Tensor).mul(aim).sum().dataSync()[0]!;
    const slope = (at(0.05) - at(-0.05)) / 0.1;
    const byX = Math.abs(slope - byInput.mul(direction).sum().dataSync()[0]!) / Math.abs(slope);
    return Math.max(byX, ...byWeight) as never;
  });
}

describe('customLayers', () => {
  it.each([
    ['GroupedConv2D', () => new custom.GroupedConv2D({ name: 'grouped', kernelSize: 3 })],
    ['LayerScale', () => new custom.LayerScale({ name: 'scale' })],
    ['Normalization', () => new custom.Normalization({ name: 'normalization', mean: [1, 2, 3], variance: [4, 5, 6] })],
  ])('lets gradients through %s, exactly', (_, make) => {
    const layer = drawn(make());
    expect(gradientError(layer)).toBeLessThan(1e-3);
    layer.dispose();
  });

  it('convolves each channel with its own window in GroupedConv2D, and adds the bias', () => {
    const layer = drawn(new custom.GroupedConv2D({ name: 'grouped', kernelSize: 3 }));
    const [kernel, bias] = layer.getWeights() as [tf.Tensor4D, tf.Tensor1D];
    expect(kernel.shape).toEqual([3, 3, 1, 3]);
    const worst = tf.tidy(() => {
      const x: tf.Tensor4D = tf.randomUniform([2, 6, 5, 3], -1, 1, 'float32', 7);
      const channels = [0, 1, 2].map((channel) =>
        tf.conv2d(
          x.slice([0, 0, 0, channel], [-1, -1, -1, 1]),
          kernel.slice([0, 0, 0, channel], [-1, -1, -1, 1]),
          1,
          'same',
        ),
      );
      const expected = tf.concat(channels, 3).add(bias);
      return (layer.apply(x) as tf.Tensor).sub(expected).abs().max().dataSync()[0]!;
    });
    expect(worst).toBeLessThan(1e-5);
    layer.dispose();
  });

  it('leaves out whole pictures where a dropout says so', () => {
    const noiseShape = [null, 1, 1, 1] as unknown as number[];
    const layer = tf.layers.dropout({ rate: 0.5, noiseShape, seed: 3 });
    const kept = tf.tidy(() => {
      const y = layer.apply(tf.ones([64, 2, 2, 3]), { training: true }) as tf.Tensor;
      return [...y.reshape([64, 12]).unique(1).values.dataSync()];
    });
    expect(new Set(kept)).toEqual(new Set([0, 2]));
    expect(kept.length).toBe(64); // one number a picture
  });
});

describe('kerasClassName', () => {
  it('calls layers as Keras does', () => {
    expect(kerasClassName(new custom.GroupedConv2D({ kernelSize: 3 }))).toBe('Conv2D');
    expect(kerasClassName(new custom.KeptGlobalAveragePooling2D({}))).toBe('GlobalAveragePooling2D');
    expect(kerasClassName(new custom.LayerScale({}))).toBe('LayerScale');
    expect(kerasClassName(tf.layers.flatten())).toBe('Flatten');
  });
});
