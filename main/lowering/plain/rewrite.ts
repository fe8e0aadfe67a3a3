import type { GraftError } from '../../../contract/errors.ts';
import { unsupported } from '../unsupported.ts';
import { tf } from '../../native/tf.ts';

/** One layer that a plain TensorFlow.js lacks, and what it reads in the new graph. */
export interface RewriteCall {
  /** The layer of the old graph. */
  layer: tf.layers.Layer;
  /** Its own `getConfig()`. */
  config: Record<string, unknown>;
  inputs: readonly tf.SymbolicTensor[];
  /** The one input of a layer that has one. */
  input: tf.SymbolicTensor;
}

/**
 * Adds built-in layers that compute what a layer of Graft's own computes. The one that stands for it takes its name; names of
 * others begin with it.
 *
 * @throws GraftError layer-not-supported
 */
export type Rewrite = (call: RewriteCall) => tf.SymbolicTensor;

/** Applies a layer. */
export const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor =>
  layer.apply(x) as tf.SymbolicTensor;

/** The built-in Rescaling: x * scale + offset. */
export const rescaling = (
  x: tf.SymbolicTensor,
  name: string,
  scale: number | number[],
  offset: number | number[] = 0,
): tf.SymbolicTensor =>
  // TensorFlow.js multiplies by a list as by a number, only its types do not say so.
  apply(tf.layers.rescaling({ name, scale: scale as number, offset: offset as number }), x);

/**
 * Adds a depthwise convolution with a channel multiplier of 1, stride 1 and padding 'same'.
 *
 * @param window [height, width]
 * @param kernel [height, width, channels] in that order
 * @param bias [channels]; null for a layer without
 */
export function depthwise(
  call: RewriteCall,
  window: readonly [number, number],
  kernel: ArrayLike<number>,
  bias: ArrayLike<number> | null,
  trainable: boolean,
): tf.SymbolicTensor {
  if (call.input.shape.length !== 4) throw notPlain(call.layer, 'not on feature maps');
  const layer = tf.layers.depthwiseConv2d({
    name: call.layer.name,
    kernelSize: [...window],
    padding: 'same',
    useBias: bias !== null,
    trainable,
  });
  const output = apply(layer, call.input);
  tf.tidy(() => {
    const weights: tf.Tensor[] = [tf.tensor(Float32Array.from(kernel), [...window, call.input.shape[3]!, 1])];
    if (bias) weights.push(tf.tensor1d(Float32Array.from(bias)));
    layer.setWeights(weights);
  });
  return output;
}

/** Reads a weight of a layer by the last part of its name. @returns its values and its shape */
export function weightOf(layer: tf.layers.Layer, name: string): { values: Float32Array; shape: number[] } {
  const variable = layer.weights.find(({ originalName }) => originalName.split('/').pop() === name);
  if (!variable) throw new Error(`layer ${layer.name} has no weight ${name}`);
  const tensor = variable.read(); // the variable's own: not disposed here
  return { values: tensor.dataSync<'float32'>(), shape: [...tensor.shape] };
}

/** The error for a layer, or a setting of it (`detail`), that no built-in layers stand for. */
export const notPlain = (layer: tf.layers.Layer, detail?: string): GraftError<'layer-not-supported'> =>
  unsupported(layer, 'tfjs', detail);
