import type * as tf from '@tensorflow/tfjs-node';
import { GraftError } from '../../../contract/errors.ts';
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
  /** True when this layer alone consumes the value, so that the node which computes it may be changed. */
  isOnlyConsumer(value: Value): boolean;
}

/** Adds a layer's nodes to the graph and returns what comes out. @throws GraftError layer-not-supported */
export type LayerLowering = (call: LayerCall) => Value;

/** Copies a weight out of a layer by the last part of its name; null when the layer has none such, as a bias that is off. */
export function optionalWeight(
  layer: tf.layers.Layer,
  weightName: string,
): { dims: number[]; data: Float32Array } | null {
  const variable = layer.weights.find(({ originalName }) => originalName.split('/').pop() === weightName);
  if (!variable) return null;
  const tensor = variable.read(); // the variable's own: not disposed here
  return { dims: [...tensor.shape], data: Float32Array.from(tensor.dataSync()) };
}

/** Copies a weight out of a layer that always has it. */
export function weight(layer: tf.layers.Layer, weightName: string): { dims: number[]; data: Float32Array } {
  const found = optionalWeight(layer, weightName);
  if (!found) throw new Error(`layer ${layer.name} has no weight ${weightName}`);
  return found;
}

/** The error for a layer, or a setting of it (`detail`), that has no lowering yet. */
export function notSupported(layer: tf.layers.Layer, detail?: string): GraftError<'layer-not-supported'> {
  const type = layer.getClassName();
  return new GraftError('layer-not-supported', {
    layer: layer.name,
    type: detail === undefined ? type : `${type} (${detail})`,
    target: 'onnx',
  });
}

/** Reads a pair such as a kernel size, which a config holds as one number or as two. */
export function pair(value: unknown, fallback: number): [number, number] {
  if (typeof value === 'number') return [value, value];
  if (Array.isArray(value)) return [Number(value[0]), Number(value[1] ?? value[0])];
  return [fallback, fallback];
}

/** Refuses channelsFirst, which no backbone of Graft has. */
export function requireChannelsLast({ layer, config }: LayerCall): void {
  if (config['dataFormat'] === 'channelsFirst') throw notSupported(layer, 'channelsFirst');
}
