import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formulaPicture, formulaWeight } from '../../../tools/reference/formulas.ts';
import { GraftError } from '../../../contract/errors.ts';
import { customLayers } from '../../backbones/custom-layers.ts';
import { importLayers } from '../../backbones/import-layers.ts';
import { layerBuilder } from '../../backbones/layers.ts';
import { findBackbone } from '../../backbones/registry.ts';
import { expectedWeights, setWeights } from '../../backbones/weights.ts';
import { tf } from '../../native/tf.ts';
import { loadBroughtModel } from '../import/load-model.ts';
import { modelConfig } from './config.ts';
import type { KerasDialect } from './layer.ts';
import { lowerToKeras } from './lower.ts';
import { writeH5 } from './write-h5.ts';
import { writeKeras } from './write-keras.ts';

const { layers } = tf;
const add = layerBuilder(tf);
const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) => layer.apply(x) as tf.SymbolicTensor; // prettier-ignore
type Graph = (x: tf.SymbolicTensor) => tf.SymbolicTensor;
const size = [33, 40] as const;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'graft-keras-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function modelOf(graph: Graph): Promise<tf.LayersModel> {
  const input = tf.input({ shape: [...size, 3], name: 'input_layer' });
  const scaled = add.conv(add.rescale(input, 'scale', 1 / 127.5, -1), 'first', 3, 1);
  return withFormulaWeights(tf.model({ inputs: input, outputs: graph(scaled), name: 'small' }));
}

async function withFormulaWeights(model: tf.LayersModel): Promise<tf.LayersModel> {
  const tensors = expectedWeights(model).flatMap((layer) =>
    layer.weights.map(
      ({ name, shape }) => [`${layer.name}/${name}`, { shape, data: formulaWeight(layer.name, name, shape) }] as const,
    ),
  );
  await setWeights(model, new Map(tensors));
  return model;
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

let numWritten = 0;
async function written(model: tf.LayersModel, dialect: KerasDialect): Promise<string> {
  const file = path.join(folder, `${numWritten++}.${dialect === 'keras3' ? 'keras' : 'h5'}`);
  const lowered = lowerToKeras(model, dialect, 'small');
  if (dialect === 'keras3') await writeKeras(lowered, file, 'float32', '2026-01-31', {});
  else await writeH5(lowered, file, 'float32', {});
  return file;
}

const namesIn = (model: tf.LayersModel, dialect: KerasDialect) =>
  lowerToKeras(model, dialect, 'small').layers.map(({ name }) => name);

const activation =
  (name: string): Graph =>
  (x) =>
    add.activation(add.conv(x, 'conv', 4, 3), 'act', name);
const inside =
  (name: string): Graph =>
  (x) =>
    apply(layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, activation: name as 'relu' }), x);

const graphs: Record<string, Graph> = {
  Conv2D: (x) =>
    apply(layers.conv2d({ name: 'c', filters: 4, kernelSize: [3, 2], strides: [2, 1], padding: 'same' }), x),
  'Conv2D, dilated': (x) => apply(layers.conv2d({ name: 'c', filters: 4, kernelSize: 3, dilationRate: [2, 2] }), x),
  DepthwiseConv2D: (x) =>
    apply(layers.depthwiseConv2d({ name: 'c', kernelSize: 3, depthMultiplier: 2, strides: 2 }), x),
  SeparableConv2D: (x) =>
    apply(layers.separableConv2d({ name: 'c', filters: 5, kernelSize: 3, depthMultiplier: 2 }), x),
  GroupedConv2D: (x) => add.groupedConv(x, 'c', 7),
  BatchNormalization: (x) => add.batchNorm(x, 'n', 0.9, { epsilon: 1e-5 }),
  'BatchNormalization without a scale': (x) => add.batchNorm(x, 'n', 0.9, { scale: false }),
  LayerNormalization: (x) => add.layerNorm(x, 'n', 1e-6),
  LayerScale: (x) => add.layerScale(x, 'scale_of_channels'),
  'Normalization by weights': (x) => add.normalization(x, 'n'),
  'Normalization by numbers': (x) => add.normalization(x, 'n', { mean: [0.1, 0.2, 0.3], variance: [1, 2, 3] }),
  'Rescaling a channel': (x) => add.rescale(x, 'r', [1, 2, 3], 0.5),
  ReLU: (x) => add.relu(x, 'r'),
  ReLU6: (x) => add.relu6(add.rescale(x, 'r', 9), 'r6'),
  LeakyReLU: (x) => apply(layers.leakyReLU({ name: 'r', alpha: 0.2 }), x),
  PReLU: (x) => apply(layers.prelu({ name: 'r', sharedAxes: [1, 2] }), x),
  ELU: (x) => apply(layers.elu({ name: 'r' }), x),
  Softmax: (x) => apply(layers.softmax({ name: 's', axis: -1 }), x),
  ZeroPadding2D: (x) => add.zeroPad(x, 'p', [[1, 2], [3, 4]]), // prettier-ignore
  Cropping2D: (x) => add.crop(x, 'c', [[1, 2], [3, 4]]), // prettier-ignore
  UpSampling2D: (x) => apply(layers.upSampling2d({ name: 'u', size: [2, 3] }), x),
  Resizing: (x) => apply(new (importLayers(tf).HalfPixelResizing)({ name: 'u', height: 20, width: 50, interpolation: 'bilinear' }), x), // prettier-ignore
  MaxPooling2D: (x) => add.maxPool(x, 'p', { poolSize: 3, padding: 'same' }),
  AveragePooling2D: (x) => add.averagePool(x, 'p', { poolSize: 3, padding: 'same' }),
  GlobalMaxPooling2D: (x) => apply(layers.globalMaxPooling2d({ name: 'p' }), x),
  GlobalAveragePooling2D: (x) => add.globalAveragePool(x, 'p'),
  'GlobalAveragePooling2D that keeps places': (x) => add.multiply(x, add.globalAveragePool(x, 'p', true), 'm'),
  Add: (x) => add.add(x, add.relu(x, 'r'), 'j'),
  Average: (x) => apply(layers.average({ name: 'j' }), [x, add.relu(x, 'r')]),
  Maximum: (x) => apply(layers.maximum({ name: 'j' }), [x, add.rescale(x, 'r', 2)]),
  Multiply: (x) => add.multiply(x, add.relu(x, 'r'), 'j'),
  Concatenate: (x) => add.concat([x, add.relu(x, 'r')], 'j'),
  CustomScaleLayer: (x) => add.scaledAdd(x, add.conv(x, 'c', 3, 1), 'j', 0.17),
  'Flatten, Dense': (x) => add.dense(apply(layers.flatten({ name: 'f' }), x), 'd', 4),
  Reshape: (x) => add.reshape(add.globalAveragePool(x, 'p'), 'r', [1, 1, 3]),
  Permute: (x) => apply(layers.permute({ name: 'p', dims: [2, 1, 3] }), x),
  Dropout: (x) => add.dropout(add.dropout(x, 'd', 0.3), 'whole', 0.2, true),
  ...Object.fromEntries(
    ['relu', 'relu6', 'elu', 'selu', 'sigmoid', 'hardSigmoid', 'hard_sigmoid_3', 'hard_silu', 'tanh', 'softplus', 'softsign', 'softmax', 'logSoftmax', 'swish', 'mish', 'gelu'].flatMap((name) => [[`Activation ${name}`, activation(name)], [`Conv2D with ${name}`, inside(name)]] as const), // prettier-ignore
  ),
};

describe('lowerToKeras', () => {
  describe.each<KerasDialect>(['keras3', 'keras2'])('in the words of %s', (dialect) => {
    it.each(Object.keys(graphs))('says %s, and the file read again answers the same', async (name) => {
      const model = await modelOf(graphs[name]!);
      const again = await loadBroughtModel(await written(model, dialect));
      expect(difference(predict(again), predict(model))).toBeLessThan(1e-6);
      const names = namesIn(model, dialect);
      expect(model.layers.map((layer) => layer.name).filter((own) => !names.includes(own))).toEqual([]);
      model.dispose();
      again.dispose();
    });

    it.each(['mobilenet-v3-small', 'inception-v3', 'nasnet-mobile'])('keeps the order of Keras in %s', async (id) => {
      const model = await findBackbone(id).build([96, 96]);
      const own = new Set(model.layers.map((layer) => layer.name));
      const weighted = new Set(expectedWeights(model).map(({ name }) => name));
      const order = namesIn(model, dialect).filter((name) => own.has(name));
      expect(order.filter((name) => weighted.has(name))).toEqual(model.layers.map(({ name }) => name).filter((name) => weighted.has(name))); // prettier-ignore
      model.dispose();
    });
  });

  it('keeps Keras 3’s own activations, and gives Keras 2 layers for those that it lacks', async () => {
    const small = await modelOf(activation('hard_silu'));
    expect(namesIn(small, 'keras3')).toEqual(['input_layer', 'scale', 'first', 'conv', 'act']);
    expect(namesIn(small, 'keras2')).toEqual([
      'input_layer',
      'scale',
      'first',
      'conv',
      'act_gate_shift',
      'act_gate_relu6',
      'act_gate',
      'act',
    ]);
    small.dispose();
  });

  it('says for each layer whether it trains', async () => {
    const model = await modelOf((x) =>
      add.dense(add.globalAveragePool(add.conv(x, 'frozen', 4, 3), 'pool'), 'free', 2),
    );
    model.getLayer('frozen').trainable = false;
    for (const dialect of ['keras3', 'keras2'] as const) {
      const { config } = modelConfig(lowerToKeras(model, dialect, 'small')) as never as {
        config: { layers: { name: string; config: { trainable?: boolean } }[] };
      };
      const flags = config.layers.map(({ name, config: own }) => [name, own.trainable]);
      expect(flags).toEqual([['input_layer', undefined], ['scale', true], ['first', true], ['frozen', false], ['pool', true], ['free', true]]); // prettier-ignore
    }
    model.dispose();
  });

  it('refuses a layer that Keras does not have, by name', async () => {
    class Strange extends (Object.getPrototypeOf(layers.flatten().constructor) as new (
      config: object,
    ) => tf.layers.Layer) {
      static className = 'Strange';
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return inputs;
      }
    }
    const refusals: [Graph, string, string][] = [
      [(x) => apply(new Strange({ name: 'odd' }), x), 'odd', 'Strange'],
      [activation('gelu_new'), 'act', 'Activation (activation gelu_new)'],
      [(x) => add.layerScale(add.globalAveragePool(x, 'p'), 's'), 's', 'LayerScale (not on feature maps)'],
      [(x) => apply(layers.batchNormalization({ name: 'n', axis: 1 }), x), 'n', 'BatchNormalization (axis 1)'],
    ];
    customLayers(tf);
    for (const [graph, layer, type] of refusals) {
      const model = await modelOf(graph);
      expect(() => lowerToKeras(model, 'keras3', 'small')).toThrow(
        new GraftError('layer-not-supported', { layer, type, target: 'keras' }),
      );
      model.dispose();
    }
  });
});
