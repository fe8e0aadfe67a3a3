import type * as tf from '@tensorflow/tfjs-node';
import type { Preprocessing } from '../../backbones/spec.ts';
import { ends, inTopologicalOrder, staticShape } from '../layer-order.ts';
import type { EncodedMessage } from '../protobuf.ts';
import { GraphBuilder, toChannelsLast, type Value } from './graph.ts';
import { notSupported, type LayerCall } from './layer.ts';
import { encodeModel, type OnnxDescription, type OnnxValueInfo } from './messages.ts';
import { addPreprocessing } from './preprocess.ts';
import { layerLowerings } from './registry.ts';

/** Counts up with every change that may move a number in a lowered graph: part of the key of whatever such a graph computed. */
export const LOWERING_VERSION = 1;

/**
 * What a graph gives, each under its own name. `maps`: feature maps [batch, h, w, c]. `pooled`: their mean over h and w,
 * [batch, c]. `output`: the model's output as it is, as for a whole classifier.
 */
export type OnnxOutput = 'maps' | 'pooled' | 'output' | LayerOutput;

/** The output of any layer, under a name of its own, as [batch, …] in the order of TensorFlow.js. */
export interface LayerOutput {
  layer: string;
  name: string;
}

export interface OnnxOptions {
  /** Type of the input `pixels`, [batch, height, width, 3], RGB 0..255. */
  input: 'uint8' | 'float32';
  /** What comes between pixels and the model; null when the model takes pixels, or brings its own. */
  preprocessing: Preprocessing | null;
  outputs: readonly OnnxOutput[];
  /**
   * True: every layer stays a node under its own name, as people see them. False: normalisations, scales and paddings go into
   * the convolution beside them, which is smaller and computes the same.
   */
  keepsLayers?: boolean;
  /** How kernels are stored; computed is in float32 either way. */
  precision?: 'float32' | 'float16';
  description?: OnnxDescription;
}

/**
 * Writes a layers model as an ONNX model (opset 17): same numbers, open batch, fixed height and width.
 *
 * Dropout does nothing, BatchNormalization runs in inference mode. Same model and options, same bytes.
 *
 * @param model one input of known height and width; stays the caller's, whose weights are read when the bytes are.
 * @throws GraftError layer-not-supported
 */
export function lowerToOnnx(model: tf.LayersModel, options: OnnxOptions): EncodedMessage {
  const { input, output } = ends(model);
  const shape = staticShape(input);
  const graph = new GraphBuilder(['pixels', ...options.outputs.map(nameOf)]);
  const pixels: OnnxValueInfo = { name: 'pixels', type: options.input, dims: ['batch', ...shape] };
  const first = addPreprocessing(graph, pixels.name, options.input, options.preprocessing, shape);
  const wanted = options.outputs.map((kind) => (typeof kind === 'string' ? output : outputOf(model, kind.layer)));
  const values = lowerLayers(graph, input, wanted, first, options.keepsLayers ?? false);
  const outputs = options.outputs.map((kind, i) => addOutput(graph, values.get(wanted[i]!.id)!, kind));
  if (options.precision === 'float16') graph.storeAsFloat16();
  const name = options.description?.name ?? model.name;
  return encodeModel(graph.finish(name, [pixels], outputs), options.description);
}

const nameOf = (output: OnnxOutput): string => (typeof output === 'string' ? output : output.name);

function outputOf(model: tf.LayersModel, layerName: string): tf.SymbolicTensor {
  const { output } = model.getLayer(layerName);
  if (Array.isArray(output)) throw new Error(`${layerName} has several outputs`);
  return output;
}

/** Lowers every layer that the outputs need, each after those it needs itself. */
function lowerLayers(
  graph: GraphBuilder,
  input: tf.SymbolicTensor,
  outputs: readonly tf.SymbolicTensor[],
  first: Value,
  keepsLayers: boolean,
): ReadonlyMap<number, Value> {
  const values = new Map<number, Value>([[input.id, first]]);
  const tensors = inTopologicalOrder(input, outputs);
  const numConsumers = countConsumers(tensors, input, outputs);
  for (const tensor of tensors) {
    if (tensor.id === input.id) continue;
    const layer = tensor.sourceLayer;
    const lower = layerLowerings.get(layer.getClassName());
    if (!lower) throw notSupported(layer);
    const inputs = tensor.inputs.map(({ id }) => values.get(id) as Value);
    const isOnly = new Set(
      tensor.inputs.filter(({ id }) => numConsumers.get(id) === 1).map(({ id }) => values.get(id)?.name),
    );
    const call: LayerCall = {
      graph,
      layer,
      name: layer.name,
      config: layer.getConfig(),
      inputs,
      input: inputs[0] as Value,
      outputShape: staticShape(tensor),
      keepsLayers,
      isOnlyConsumer: ({ name }) => isOnly.has(name),
    };
    const value = lower(call);
    values.set(tensor.id, value);
    // An identity such as Dropout passes its input on: two tensors, one value. Its consumers count together.
    const passedOn = tensor.inputs.find(({ id }) => values.get(id) === value);
    if (passedOn)
      numConsumers.set(tensor.id, (numConsumers.get(tensor.id) ?? 0) + (numConsumers.get(passedOn.id) ?? 0) - 1);
  }
  return values;
}

/** How often each tensor is read inside this graph; each output of the graph counts as one reader more. */
function countConsumers(
  tensors: readonly tf.SymbolicTensor[],
  input: tf.SymbolicTensor,
  outputs: readonly tf.SymbolicTensor[],
): Map<number, number> {
  const counts = new Map<number, number>([[input.id, 1]]); // the input of the graph is never changed
  const read = (id: number) => counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const tensor of tensors) for (const { id } of tensor.inputs) read(id);
  for (const { id } of outputs) read(id);
  return counts;
}

function addOutput(graph: GraphBuilder, value: Value, kind: OnnxOutput): OnnxValueInfo {
  if (kind === 'output' || typeof kind !== 'string') {
    const name = nameOf(kind);
    const source = toChannelsLast(graph, value, `${name}/channels_last`);
    return named(graph.addOutput(name, 'Identity', [source], {}, value.shape));
  }
  if (value.shape.length !== 3) throw new Error(`'${kind}' needs feature maps`);
  if (kind === 'maps') {
    return named(graph.addOutput(kind, 'Transpose', [value.name], { perm: { ints: [0, 2, 3, 1] } }, value.shape));
  }
  const channels = value.shape[2] as number;
  const means = graph.add('pooled/mean', 'GlobalAveragePool', [value.name], {}, [1, 1, channels]);
  return named(graph.addOutput(kind, 'Flatten', [means.name], { axis: { int: 1 } }, [channels]));
}

function named({ name, shape }: Value): OnnxValueInfo {
  return { name, type: 'float32', dims: ['batch', ...shape] };
}
