import type * as tfTypes from '@tensorflow/tfjs-node';
import { batchNorm, biasAdd, relu, relu6, sigmoid } from '../native/kernels.ts';
import { weightName } from './tuned-weights.ts';

type Tf = typeof tfTypes;
type Tensor = tfTypes.Tensor;
type Layer = tfTypes.layers.Layer;

/** Computes a layer's output from its inputs, its weights read at the moment of the call. */
export type LayerMath = (inputs: readonly Tensor[]) => Tensor;

/** Layers whose kernel can take over the factor of a normalisation behind them. */
const convolutions = new Set(['Conv2D', 'DepthwiseConv2D', 'SeparableConv2D']);

/**
 * How a layer computes while training: by TensorFlow's kernels of one pass where there are some, else as the layer itself does.
 *
 * @param isTrained whether a weight of it moves
 */
export function layerMath(tf: Tf, layer: Layer, isTrained: boolean): LayerMath {
  const type = layer.getClassName();
  const config = layer.getConfig();
  if (type === 'Dropout') return ([x]) => x!;
  if (type === 'ReLU' && !config['negativeSlope'] && !config['threshold']) {
    if (config['maxValue'] === 6) return ([x]) => relu6(x!);
    if (config['maxValue'] === null || config['maxValue'] === undefined) return ([x]) => relu(x!);
  }
  if (type === 'Activation') {
    const known = activationMath(tf, config['activation']);
    if (known) return ([x]) => known(x!);
  }
  if (type === 'BatchNormalization') return normalization(tf, layer, isTrained);
  if (isPlainConvolution(layer)) {
    const after = activationMath(tf, config['activation']);
    if (after) return ([x]) => after(convolve(tf, layer, x!, null));
  }
  return (inputs) => {
    const result = layer.call(inputs.length === 1 ? inputs[0]! : [...inputs], { training: false });
    return Array.isArray(result) ? result[0]! : result;
  };
}

/** Tells whether a normalisation can be computed with the convolution before it, as one. */
export function canFold(convolution: Layer, normalized: Layer): boolean {
  return (
    normalized.getClassName() === 'BatchNormalization' &&
    isPlainConvolution(convolution) &&
    (convolution.getConfig()['activation'] ?? 'linear') === 'linear'
  );
}

/**
 * A convolution and the normalisation behind it as one: with statistics that stand still, normalising is a factor and a shift a
 * channel, which the kernel and a bias take over. Its gradients are then of the kernel's size and not of the activations'.
 */
export function foldedMath(tf: Tf, convolution: Layer, normalized: Layer): LayerMath {
  return ([x]) => convolve(tf, convolution, x!, factorAndShift(tf, normalized));
}

function isPlainConvolution(layer: Layer): boolean {
  const { dataFormat, dilationRate } = layer.getConfig();
  const isDilated = [dilationRate ?? 1].flat().some((rate) => rate !== 1);
  return convolutions.has(layer.getClassName()) && dataFormat !== 'channelsFirst' && !isDilated && hasOwnKernel(layer);
}

/** Not a grouped convolution, whose kernel is another's in shape. */
function hasOwnKernel(layer: Layer): boolean {
  if (layer.getClassName() !== 'Conv2D') return true;
  const [, , numIn] = layer.weights.find((variable) => weightName(variable) === 'kernel')!.shape as number[];
  const { input } = layer;
  return numIn === (Array.isArray(input) ? input[0]! : input).shape.at(-1);
}

interface Affine {
  /** [c] */
  factor: Tensor;
  shift: Tensor;
}

function factorAndShift(tf: Tf, layer: Layer): Affine {
  const epsilon = Number(layer.getConfig()['epsilon']);
  const [gamma, beta] = [weightOf(layer, 'gamma'), weightOf(layer, 'beta')];
  const deviation = tf.rsqrt(tf.add(weightOf(layer, 'moving_variance')!, epsilon));
  const factor = gamma ? tf.mul(gamma, deviation) : deviation;
  const moved = tf.mul(weightOf(layer, 'moving_mean')!, factor);
  return { factor, shift: beta ? tf.sub(beta, moved) : tf.neg(moved) };
}

function normalization(tf: Tf, layer: Layer, isTrained: boolean): LayerMath {
  const epsilon = Number(layer.getConfig()['epsilon']);
  const rank = (layer.outputShape as number[]).length;
  if (!isTrained || rank !== 4)
    return ([x]) => {
      const { factor, shift } = factorAndShift(tf, layer);
      return biasAdd(tf.mul(x!, factor), shift);
    };
  return ([x]) => {
    const [mean, variance] = [weightOf(layer, 'moving_mean')!, weightOf(layer, 'moving_variance')!];
    const gamma = weightOf(layer, 'gamma') ?? tf.onesLike(mean);
    const beta = weightOf(layer, 'beta') ?? tf.zerosLike(mean);
    return batchNorm(x!, gamma, beta, mean, variance, epsilon);
  };
}

/** A convolution with its bias, without its activation; with a normalisation folded in where one is given. */
function convolve(tf: Tf, layer: Layer, x: Tensor, affine: Affine | null): Tensor {
  const config = layer.getConfig();
  const strides = config['strides'] as [number, number];
  const padding = config['padding'] as 'same' | 'valid';
  const input = x as tfTypes.Tensor4D;
  const bias = weightOf(layer, 'bias');
  // The factor goes into the kernel that makes the output's channels.
  const scaled = (kernel: Tensor): tfTypes.Tensor4D =>
    (affine ? tf.mul(kernel, factorLike(tf, kernel, affine.factor, layer)) : kernel) as tfTypes.Tensor4D;
  let y: Tensor;
  switch (layer.getClassName()) {
    case 'Conv2D':
      y = tf.conv2d(input, scaled(weightOf(layer, 'kernel')!), strides, padding);
      break;
    case 'DepthwiseConv2D':
      y = tf.depthwiseConv2d(input, scaled(weightOf(layer, 'depthwise_kernel')!), strides, padding);
      break;
    default: {
      const depthwise = weightOf(layer, 'depthwise_kernel') as tfTypes.Tensor4D;
      const middle = tf.depthwiseConv2d(input, depthwise, strides, padding);
      y = tf.conv2d(middle, scaled(weightOf(layer, 'pointwise_kernel')!), 1, 'valid');
    }
  }
  if (!affine) return bias ? biasAdd(y, bias) : y;
  return biasAdd(y, bias ? tf.add(tf.mul(bias, affine.factor), affine.shift) : affine.shift);
}

/** [c] as a kernel's shape wants it: of a depthwise one [1, 1, in, multiplier], else over the last axis. */
function factorLike(tf: Tf, kernel: Tensor, factor: Tensor, layer: Layer): Tensor {
  if (layer.getClassName() !== 'DepthwiseConv2D') return factor;
  return tf.reshape(factor, [1, 1, kernel.shape[2]!, kernel.shape[3]!]);
}

function weightOf(layer: Layer, name: string): Tensor | null {
  return layer.weights.find((variable) => weightName(variable) === name)?.read() ?? null;
}

/** An activation by one-pass kernels; null for one that the layer must compute itself. */
function activationMath(tf: Tf, name: unknown): ((x: Tensor) => Tensor) | null {
  switch (name ?? 'linear') {
    case 'linear':
      return (x) => x;
    case 'relu':
      return relu;
    case 'relu6':
      return relu6;
    case 'sigmoid':
      return sigmoid;
    case 'swish':
      return (x) => tf.mul(x, sigmoid(x));
    default:
      return null;
  }
}
