import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formulaPicture, formulaWeight } from '../../../tools/reference/formulas.ts';
import { GraftError } from '../../../contract/errors.ts';
import { customLayers } from '../../backbones/custom-layers.ts';
import { layerBuilder } from '../../backbones/layers.ts';
import { findBackbone } from '../../backbones/registry.ts';
import { expectedWeights, setWeights } from '../../backbones/weights.ts';
import { tf } from '../../native/tf.ts';
import { readTfjsModel } from '../tfjs/read-model.ts';
import { writeTfjsModel } from '../tfjs/write-model.ts';
import { isPlainModel, toPlainModel } from './plain-model.ts';

const add = layerBuilder(tf);
const custom = customLayers(tf);
type Graph = (x: tf.SymbolicTensor) => tf.SymbolicTensor;
const size = [33, 40] as const;

async function setFormulaWeights(model: tf.LayersModel): Promise<tf.LayersModel> {
  const tensors = expectedWeights(model).flatMap((layer) =>
    layer.weights.map(
      ({ name, shape }) => [`${layer.name}/${name}`, { shape, data: formulaWeight(layer.name, name, shape) }] as const,
    ),
  );
  await setWeights(model, new Map(tensors));
  return model;
}

function modelOf(graph: Graph): Promise<tf.LayersModel> {
  const input = tf.input({ shape: [...size, 3], name: 'input_layer' });
  return setFormulaWeights(tf.model({ inputs: input, outputs: graph(input), name: 'small' }));
}

/** Two pictures made by formula. */
function predict(model: tf.LayersModel): Float32Array {
  return tf.tidy(() => {
    const pictures = [0, 1].map((index) => tf.tensor3d(formulaPicture(index, ...size), [...size, 3], 'float32'));
    return (model.predict(tf.stack(pictures)) as tf.Tensor).dataSync<'float32'>() as never;
  });
}

/** Largest difference as a part of the largest value. */
function difference(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return expected.reduce((max, value, index) => Math.max(max, Math.abs(value - actual[index]!)), 0) / largest;
}

const scalePixels: Graph = (x) => add.rescale(x, 'rescaling', 1 / 127.5, -1);
const cases: Record<string, { build: () => Promise<tf.LayersModel>; names: string[] }> = {
  'the layers of ConvNeXt': {
    build: () =>
      modelOf((x) => {
        let y = add.normalization(x, 'prestem_normalization', { mean: [124, 116, 104], variance: [3409, 3262, 3292] });
        y = add.conv(y, 'stem_conv', 8, 4, { strides: 4, padding: 'valid', bias: true });
        y = add.layerNorm(y, 'stem_layernorm', 1e-6);
        let z = add.groupedConv(y, 'depthwise_conv', 7);
        z = add.layerNorm(z, 'layernorm', 1e-6);
        z = add.dense(z, 'pointwise_conv_1', 32);
        z = add.activation(z, 'gelu', 'gelu');
        z = add.dense(z, 'pointwise_conv_2', 8);
        z = add.layerScale(z, 'layer_scale');
        return add.add(y, z, 'identity');
      }),
    names: ['prestem_normalization', 'depthwise_conv', 'layer_scale', 'identity'],
  },
  'EfficientNetV2 B0': {
    build: async () => setFormulaWeights(await findBackbone('efficientnet-v2-b0').build(size)),
    names: ['rescaling', 'normalization', 'block6h_se_excite', 'block6h_drop', 'top_activation'],
  },
  'the layers of EfficientNet': {
    build: () =>
      modelOf((x) => {
        let y = add.rescale(x, 'rescaling', 1 / 255);
        y = add.normalization(y, 'normalization');
        y = add.conv(y, 'stem_conv', 8, 3, { strides: 2 });
        return add.activation(y, 'stem_activation', 'swish');
      }),
    names: ['normalization'],
  },
  'the layers of MobileNetV3': {
    build: () =>
      modelOf((x) => {
        let y = add.conv(scalePixels(x), 'conv', 16, 3, { strides: 2 });
        y = add.activation(y, 'activation', 'hard_silu');
        let gate = add.globalAveragePool(y, 'squeeze_excite_avg_pool', true);
        gate = add.conv(gate, 'squeeze_excite_conv', 16, 1, { bias: true });
        gate = add.activation(gate, 're_lu', 'hard_sigmoid_3');
        return add.multiply(y, gate, 'squeeze_excite_mul');
      }),
    names: ['activation', 'squeeze_excite_avg_pool', 're_lu', 'squeeze_excite_mul'],
  },
  'the layers of InceptionResNetV2': {
    build: () =>
      modelOf((x) => {
        const shortcut = add.conv(scalePixels(x), 'conv2d', 8, 3, { strides: 2 });
        const residual = add.conv(shortcut, 'conv2d_1', 8, 1, { bias: true });
        const scaled = new custom.CustomScaleLayer({ name: 'custom_scale_layer', scale: 0.17 });
        return add.relu(scaled.apply([shortcut, residual]) as tf.SymbolicTensor, 'activation');
      }),
    names: ['custom_scale_layer', 'activation'],
  },
  'an activation inside of a layer': {
    build: () =>
      modelOf((x) => {
        const y = tf.layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, activation: 'hard_silu' as 'relu' });
        return y.apply(scalePixels(x)) as tf.SymbolicTensor;
      }),
    names: ['conv'],
  },
  'a scale of its own for each channel': {
    build: () =>
      modelOf((x) => {
        const scale = [1 / 0.229, 1 / 0.224, 1 / 0.225] as unknown as number;
        return add.conv(add.rescale(scalePixels(x), 'rescaling_1', scale), 'conv', 4, 3);
      }),
    names: ['rescaling_1'],
  },
  'a flat output behind a kept mean': {
    build: () => modelOf((x) => tf.layers.flatten().apply(add.globalAveragePool(x, 'pool', true)) as tf.SymbolicTensor),
    names: ['pool'],
  },
};

describe('toPlainModel', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'graft-plain-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(Object.entries(cases))(
    'gives built-in layers that answer alike for %s, and load again',
    async (_, { build, names }) => {
      const model = await build();
      const expected = predict(model);
      const plain = toPlainModel(model);
      expect(isPlainModel(plain)).toBe(true);
      expect(difference(predict(plain), expected)).toBeLessThan(1e-5);
      expect(plain.name).toBe(model.name);
      expect(plain.layers.map((layer) => layer.name)).toEqual(expect.arrayContaining(names));
      plain.dispose();
      expect(predict(model)).toEqual(expected); // the first model is whole

      await writeTfjsModel(model, folder, {});
      const topology = await readFile(path.join(folder, 'model.json'), 'utf8');
      for (const own of [
        'LayerScale',
        'ScaleLayer',
        'Grouped',
        'Kept',
        '"Normalization"',
        'hard_silu',
        'hard_sigmoid_3',
      ])
        expect(topology).not.toContain(own);
      const loaded = await readTfjsModel(folder);
      expect(difference(predict(loaded), expected)).toBeLessThan(1e-5);
      loaded.dispose();
      model.dispose();
    },
  );

  it('shares the weights of layers that stay and gives back every tensor', async () => {
    const before = tf.memory().numTensors;
    const model = await cases['the layers of ConvNeXt']!.build();
    const buffersBefore = tf.memory().numDataBuffers;
    const plain = toPlainModel(model);
    expect(tf.memory().numDataBuffers - buffersBefore).toBeLessThanOrEqual(5); // normalization 2, grouped kernel and bias 2, scale 1
    plain.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps what does not train as it is', async () => {
    const model = await cases['the layers of ConvNeXt']!.build();
    model.getLayer('layer_scale').trainable = false;
    const plain = toPlainModel(model);
    const trainable = (name: string) => plain.getLayer(name).trainable;
    expect(['prestem_normalization', 'layer_scale', 'depthwise_conv'].map(trainable)).toEqual([false, false, true]);
    plain.dispose();
    model.dispose();
  });

  it('names a layer and an activation that nothing stands for', async () => {
    class Strange extends tf.layers.Layer {
      static className = 'Strange';
      override call = (inputs: tf.Tensor | tf.Tensor[]) => inputs;
    }
    class Odd extends tf.serialization.Serializable {
      static className = 'odd_activation';
      apply = (x: tf.Tensor) => x;
      getConfig = () => ({});
    }
    tf.serialization.registerClass(Odd);
    const strange = await modelOf((x) => new Strange({ name: 'odd' }).apply(x) as tf.SymbolicTensor);
    const error = (type: string) => new GraftError('layer-not-supported', { layer: 'odd', type, target: 'tfjs' });
    expect(() => toPlainModel(strange)).toThrow(error('Strange'));
    const odd = await modelOf((x) => add.activation(x, 'odd', 'odd_activation'));
    expect(() => toPlainModel(odd)).toThrow(error('Activation (activation odd_activation)'));
    const flat = await modelOf(
      (x) => new custom.LayerScale({ name: 'odd' }).apply(tf.layers.flatten().apply(x)) as tf.SymbolicTensor,
    );
    expect(() => toPlainModel(flat)).toThrow(error('LayerScale (not on feature maps)'));
    for (const model of [strange, odd, flat]) model.dispose();
  });
});
