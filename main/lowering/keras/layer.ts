import type { GraftError } from '../../../contract/errors.ts';
import type { tf } from '../../native/tf.ts';
import { unsupported } from '../unsupported.ts';

/** Whose words a file speaks: those of Keras 3 alone, or those that `tf.keras` 2 and Keras 3 both understand. */
export type KerasDialect = 'keras3' | 'keras2';

/** One weight, read when it is written. */
export interface KerasWeight {
  /** Within its layer: `kernel`. */
  name: string;
  shape: readonly number[];
  type: 'float32' | 'int64';
  read: () => Float32Array;
}

/** A layer as Keras has it. */
export interface KerasLayer {
  className: string;
  name: string;
  /** What its constructor takes, besides name, `trainable` and `dtype`. */
  config: Record<string, unknown>;
  trainable: boolean;
  inputs: readonly KerasLayer[];
  /** Of its output; null is the batch. */
  shape: readonly (number | null)[];
  /** In Keras's order: those that can train, then statistics. */
  weights: readonly KerasWeight[];
}

/** One layer of a TensorFlow.js model, and what it reads. */
export interface KerasCall {
  layer: tf.layers.Layer;
  /** Its own `getConfig()`. */
  config: Readonly<Record<string, unknown>>;
  inputs: readonly KerasLayer[];
  /** The one input of a layer that has one. */
  input: KerasLayer;
  dialect: KerasDialect;
}

/**
 * Says a layer in built-in layers of Keras. Where it takes several, each reads those before it; the last is what others read.
 *
 * @throws GraftError layer-not-supported
 */
export type KerasLowering = (call: KerasCall) => KerasLayer[];

/** A layer of the same name, inputs, weights and output. */
export function sameLayer(
  { layer, inputs }: KerasCall,
  className: string,
  config: Record<string, unknown>,
  changes: Partial<KerasLayer> = {},
): KerasLayer {
  const shape = (layer.output as tf.SymbolicTensor).shape;
  const { name, trainable } = layer;
  return { className, name, config, trainable, inputs, shape, weights: weightsOf(layer), ...changes };
}

/** A layer without weights that follows another and does not change its shape. */
export const following = (
  before: KerasLayer,
  className: string,
  name: string,
  config: Record<string, unknown>,
): KerasLayer => ({
  className,
  name,
  config,
  trainable: before.trainable,
  inputs: [before],
  shape: before.shape,
  weights: [],
});

/** All weights of a layer, in the order that Keras and TensorFlow.js share. */
export function weightsOf(layer: tf.layers.Layer): KerasWeight[] {
  return layer.weights.map((variable) => ({
    name: variable.originalName.split('/').at(-1)!, // the layer's part may carry a suffix that makes it unique in the process
    shape: variable.shape as number[],
    type: 'float32',
    read: () => variable.read().dataSync<'float32'>(), // the variable's own tensor: not disposed here
  }));
}

/** The error for a layer, or a setting of it (`detail`), that built-in layers of Keras cannot say. */
export const notInKeras = (layer: tf.layers.Layer, detail?: string): GraftError<'layer-not-supported'> =>
  unsupported(layer, 'keras', detail);
