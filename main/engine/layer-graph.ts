import type * as tf from '@tensorflow/tfjs-node';
import { GraftError } from '../../contract/errors.ts';
import type { Trainable } from '../../contract/run.ts';
import { kerasClassName } from '../backbones/custom-layers.ts';
import { nearMatches } from '../backbones/registry.ts';

/** One layer of a backbone with what it reads, without TensorFlow.js. */
export interface LayerNode {
  name: string;
  type: string;
  /** Of the output, without the batch. */
  outputShape: readonly number[];
  numParameters: number;
  /** What can train when the layer is switched on: moving statistics cannot. */
  numTrainable: number;
  /** Names of the layers that it reads. */
  inputs: readonly string[];
}

/** A backbone's layers in Keras's order, the input first. */
export type LayerGraph = readonly LayerNode[];

/** The layers of a model. @param model of known input size, every layer used once */
export function layerGraphOf(model: tf.LayersModel): LayerGraph {
  return model.layers.map((layer) => ({
    name: layer.name,
    type: kerasClassName(layer),
    outputShape: (layer.outputShape as (number | null)[]).slice(1).map((size) => size ?? 0),
    numParameters: layer.countParams(),
    numTrainable: layer.trainableWeights.reduce((sum, { shape }) => sum + numValues(shape as number[]), 0),
    inputs: inputNames(layer),
  }));
}

function inputNames(layer: tf.layers.Layer): string[] {
  const { input } = layer;
  return (Array.isArray(input) ? input : [input])
    .map((tensor) => tensor.sourceLayer.name)
    .filter((name) => name !== layer.name); // an input layer reads itself
}

export const numValues = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/**
 * The layers that a recipe trains: of those it names, the ones that have something to train.
 *
 * @throws layer-not-found; nothing-to-train when layers are named and none of them can
 */
export function trainableLayers(graph: LayerGraph, trainable: Trainable, backboneId: string): Set<string> {
  const named = new Set(namedLayers(graph, trainable, backboneId));
  const found = graph.filter((layer) => named.has(layer.name) && layer.numTrainable > 0).map((layer) => layer.name);
  if (trainable !== 'none' && found.length === 0) throw new GraftError('nothing-to-train', { backboneId });
  return new Set(found);
}

function namedLayers(graph: LayerGraph, trainable: Trainable, backboneId: string): string[] {
  const names = graph.map((layer) => layer.name);
  const place = (name: string) => {
    const index = names.indexOf(name);
    if (index < 0) throw new GraftError('layer-not-found', { layer: name, backboneId, near: nearMatches(name, names) });
    return index;
  };
  if (trainable === 'none') return [];
  if (trainable === 'all') return names;
  if ('from' in trainable) return names.slice(place(trainable.from));
  return trainable.layers.map((name) => names[place(name)]!);
}
