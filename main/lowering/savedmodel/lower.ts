import type * as tf from '@tensorflow/tfjs-node';
import { ends, inTopologicalOrder, staticShape } from '../layer-order.ts';
import type { EncodedMessage } from '../protobuf.ts';
import { GraphBuilder, type Value } from './graph.ts';
import { notSupported } from './layer.ts';
import { encodeSavedModel } from './messages.ts';
import { layerLowerings } from './registry.ts';

export interface SavedModelOptions {
  /** Names of input and output, in the signature and in the graph. */
  input: string;
  output: string;
  /** How kernels are stored; computed is in float32 either way. */
  precision: 'float32' | 'float16';
  /** Files that lie in `assets/`. */
  assets?: readonly string[];
  /** Texts for whoever opens the graph, as collections of it. */
  notes?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Writes a layers model as the `saved_model.pb` of a SavedModel: a graph of constants without variables, with one signature
 * `serving_default` under the tag `serve`. Same numbers, open batch, fixed height and width.
 *
 * Dropout does nothing, BatchNormalization runs in inference mode. Same model and options, same bytes.
 *
 * @param model one input of known height and width; stays the caller's, whose weights are read when the bytes are
 * @throws GraftError layer-not-supported
 */
export function lowerToSavedModel(model: tf.LayersModel, options: SavedModelOptions): EncodedMessage {
  const { input, output } = ends(model);
  const graph = new GraphBuilder([options.input, options.output], options.precision);
  const inputDims = [-1, ...staticShape(input)];
  graph.addReserved(options.input, 'Placeholder', [], { dtype: { type: 'float32' }, shape: { shape: inputDims } });
  const values = new Map<number, Value>([[input.id, { name: options.input, shape: staticShape(input) }]]);
  for (const tensor of inTopologicalOrder(input, [output])) values.set(tensor.id, lowerLayer(graph, tensor, values));
  const last = values.get(output.id) as Value;
  graph.addReserved(options.output, 'Identity', [last.name], { T: { type: 'float32' } });
  return encodeSavedModel({
    nodes: graph.nodes,
    input: { key: options.input, node: options.input, dims: inputDims },
    output: { key: options.output, node: options.output, dims: [-1, ...last.shape] },
    assets: (options.assets ?? []).map((file) => ({ file, node: graph.text(`assets/${file}`, file) })),
    notes: options.notes ?? {},
  });
}

/** Lowers the layer that gives a tensor. @param values of all tensors before it */
function lowerLayer(graph: GraphBuilder, tensor: tf.SymbolicTensor, values: ReadonlyMap<number, Value>): Value {
  const layer = tensor.sourceLayer;
  const lower = layerLowerings.get(layer.getClassName());
  if (!lower) throw notSupported(layer);
  const inputs = tensor.inputs.map(({ id }) => values.get(id) as Value);
  return lower({
    graph,
    layer,
    name: layer.name,
    config: layer.getConfig(),
    inputs,
    input: inputs[0] as Value,
    outputShape: staticShape(tensor),
  });
}
