import type * as tf from '@tensorflow/tfjs-node';
import type { GraftError } from '../../../contract/errors.ts';
import { unsupported } from '../unsupported.ts';
import type { GraphBuilder, Value } from './graph.ts';

/** One application of a layer, with all that a lowering needs to know of it. */
export interface LayerCall {
  graph: GraphBuilder;
  layer: tf.layers.Layer;
  /** Name for the layer's last node. */
  name: string;
  /** The layer's own `getConfig()`. */
  config: Record<string, unknown>;
  inputs: readonly Value[];
  /** The one input of a layer that has one. */
  input: Value;
  /** Without the batch, in the order of TensorFlow.js. */
  outputShape: readonly number[];
  /** True when every layer is to stay a node of its own, so that nothing is taken into the node before it. */
  keepsLayers: boolean;
  /** True when this layer alone consumes the value, so that the node which computes it may be changed. */
  isOnlyConsumer(value: Value): boolean;
}

/** Adds a layer's nodes to the graph and returns what comes out. @throws GraftError layer-not-supported */
export type LayerLowering = (call: LayerCall) => Value;

/** The error for a layer, or a setting of it (`detail`), that has no lowering yet. */
export const notSupported = (layer: tf.layers.Layer, detail?: string): GraftError<'layer-not-supported'> =>
  unsupported(layer, 'onnx', detail);

/** Refuses channelsFirst, which no backbone of Graft has. */
export function requireChannelsLast({ layer, config }: LayerCall): void {
  if (config['dataFormat'] === 'channelsFirst') throw notSupported(layer, 'channelsFirst');
}
