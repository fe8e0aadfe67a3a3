import type * as tf from '@tensorflow/tfjs-node';
import type { GraftError } from '../../../contract/errors.ts';
import { unsupported } from '../unsupported.ts';
import type { GraphBuilder, Value } from './graph.ts';
import type { TfAttribute } from './messages.ts';

/** One application of a layer, with all that a lowering needs to know of it. */
export interface LayerCall {
  graph: GraphBuilder;
  layer: tf.layers.Layer;
  /** Nodes are called `<name>/<operation>`, constants `<name>/<weight>`, as TensorFlow's own exports call them. */
  name: string;
  /** The layer's own `getConfig()`. */
  config: Record<string, unknown>;
  inputs: readonly Value[];
  /** The one input of a layer that has one. */
  input: Value;
  /** Without the batch. */
  outputShape: readonly number[];
}

/** Adds a layer's nodes to the graph and returns what comes out. @throws GraftError layer-not-supported */
export type LayerLowering = (call: LayerCall) => Value;

/**
 * Adds an operation of a layer.
 *
 * @param inputs values, or names of constants
 * @param shape by default that of the first value
 */
export function node(
  { graph, name }: LayerCall,
  op: string,
  inputs: readonly (Value | string)[],
  shape?: readonly number[],
  attributes?: Readonly<Record<string, TfAttribute>>,
): Value {
  const first = inputs.find((input) => typeof input !== 'string') as Value;
  const names = inputs.map((input) => (typeof input === 'string' ? input : input.name));
  return graph.add(`${name}/${op}`, op, names, shape ?? first.shape, attributes);
}

/** Adds a single number as a constant of a layer. */
export const number = ({ graph, name }: LayerCall, part: string, value: number): string =>
  graph.constant(`${name}/${part}`, [], Float32Array.of(value));

/** The error for a layer, or a setting of it (`detail`), that has no lowering. */
export const notSupported = (layer: tf.layers.Layer, detail?: string): GraftError<'layer-not-supported'> =>
  unsupported(layer, 'savedmodel', detail);

/** Refuses channelsFirst, which no backbone of Graft has. */
export function requireChannelsLast({ layer, config }: LayerCall): void {
  if (config['dataFormat'] === 'channelsFirst') throw notSupported(layer, 'channelsFirst');
}

/** How a window is padded at the borders, in TensorFlow's word. */
export function paddingOf({ layer, config }: LayerCall): TfAttribute {
  const padding = config['padding'] ?? 'valid';
  if (padding === 'same') return { text: 'SAME' };
  if (padding === 'valid') return { text: 'VALID' };
  throw notSupported(layer, `padding ${JSON.stringify(padding)}`);
}
