import type * as tfTypes from '@tensorflow/tfjs-node';
import type { HeadKind } from '../../contract/run.ts';
import { createRandom } from '../dataset/seeded.ts';

/** What a head is made of. */
export interface HeadConfig {
  kind: HeadKind;
  /** Units of the ReLU layer before the softmax; null: none. */
  denseUnits: number | null;
  /** Fraction dropped before the softmax layer. */
  dropout: number;
  /** Feature maps of the backbone: [height, width, channels]. */
  featureShape: readonly [number, number, number];
  numClasses: number;
}

/** One stored tensor of a head: float32 in row order. */
export interface HeadTensor {
  shape: number[];
  values: Float32Array;
}
/** Weights by Keras-like name: `dense/kernel`, `dense/bias`, `predictions/kernel`, `predictions/bias`. */
export type HeadWeights = Record<string, HeadTensor>;

/** Values that a picture gives the first layer with weights: channels after GAP, all places after Flatten. */
export function headInputLength(config: Pick<HeadConfig, 'kind' | 'featureShape'>): number {
  const [height, width, channels] = config.featureShape;
  return config.kind === 'gap' ? channels : height * width * channels;
}

/** Shapes of a head's weights in the order of its layers. */
export function headShapes(config: HeadConfig): { name: string; shape: number[] }[] {
  const shapes: { name: string; shape: number[] }[] = [];
  let length = headInputLength(config);
  if (config.denseUnits !== null) {
    shapes.push(
      { name: 'dense/kernel', shape: [length, config.denseUnits] },
      { name: 'dense/bias', shape: [config.denseUnits] },
    );
    length = config.denseUnits;
  }
  shapes.push(
    { name: 'predictions/kernel', shape: [length, config.numClasses] },
    { name: 'predictions/bias', shape: [config.numClasses] },
  );
  return shapes;
}

/** Number of weights, all trained. */
export function headParameters(config: HeadConfig): number {
  return headShapes(config).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/**
 * Fresh weights: kernels Glorot uniform, biases zero, as Keras's Dense. Same seed, same weights.
 *
 * @see X. Glorot and Y. Bengio, AISTATS 2010
 */
export function initialHead(config: HeadConfig, seed: number): HeadWeights {
  const weights: HeadWeights = {};
  for (const { name, shape } of headShapes(config)) {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    if (shape.length === 2) {
      const limit = Math.sqrt(6 / (shape[0]! + shape[1]!));
      const random = createRandom(seed, `init ${name}`);
      for (let i = 0; i < values.length; i++) values[i] = (2 * random.next() - 1) * limit;
    }
    weights[name] = { shape, values };
  }
  return weights;
}

/**
 * Logits of one picture in plain arithmetic: for single predictions, in a process that never loads TensorFlow.
 *
 * @param features the head's input, `headInputLength` values
 */
export function headLogits(weights: HeadWeights, features: Float32Array): Float32Array {
  const dense = weights['dense/kernel'];
  const hidden = dense ? affine(features, dense, weights['dense/bias']!).map((v) => Math.max(0, v)) : features;
  return affine(hidden, weights['predictions/kernel']!, weights['predictions/bias']!);
}

function affine(input: Float32Array, kernel: HeadTensor, bias: HeadTensor): Float32Array {
  const numOut = kernel.shape[1]!;
  const sums = Float64Array.from(bias.values);
  for (let i = 0, k = 0; i < input.length; i++) {
    const value = input[i]!;
    if (value === 0) k += numOut;
    else for (let o = 0; o < numOut; o++) sums[o]! += value * kernel.values[k++]!;
  }
  return Float32Array.from(sums);
}

/**
 * Puts a trained head on a model that ends in feature maps, as Keras layers: pooling or flattening, dense, dropout, softmax.
 *
 * @param base output [batch, height, width, channels]; stays the caller's and shares its weights
 */
export function attachHead(
  tf: typeof tfTypes,
  base: tfTypes.LayersModel,
  config: HeadConfig,
  weights: HeadWeights,
): tfTypes.LayersModel {
  const layers: tfTypes.layers.Layer[] = [
    config.kind === 'gap'
      ? tf.layers.globalAveragePooling2d({ name: 'global_average_pooling2d' })
      : tf.layers.flatten({ name: 'flatten' }),
  ];
  if (config.denseUnits !== null)
    layers.push(tf.layers.dense({ name: 'dense', units: config.denseUnits, activation: 'relu' }));
  if (config.dropout > 0) layers.push(tf.layers.dropout({ name: 'dropout', rate: config.dropout }));
  layers.push(tf.layers.dense({ name: 'predictions', units: config.numClasses, activation: 'softmax' }));
  let x = base.outputs[0]!;
  for (const layer of layers) x = layer.apply(x) as tfTypes.SymbolicTensor;
  const model = tf.model({ inputs: base.inputs, outputs: x });
  for (const layer of layers) {
    if (layer.weights.length === 0) continue;
    const values = ['kernel', 'bias'].map((part) => weights[`${layer.name}/${part}`]!);
    const tensors = values.map(({ values: v, shape }) => tf.tensor(v, shape));
    layer.setWeights(tensors);
    tf.dispose(tensors);
  }
  return model;
}
