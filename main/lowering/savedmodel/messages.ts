/**
 * The messages of TensorFlow that a SavedModel of constants needs, written field by field.
 * Field numbers are those that TensorFlow publishes: saved_model.proto, meta_graph.proto, graph.proto, node_def.proto,
 * attr_value.proto, tensor.proto, tensor_shape.proto, versions.proto.
 *
 * @see https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core
 */
import { MessageWriter, type EncodedMessage } from '../protobuf.ts';

/** Version of the graph format that TensorFlow 2.15 writes; older and newer ones take it. */
const PRODUCER_VERSION = 1645;
const SCHEMA_VERSION = 1;

/** `DataType`. */
const dataType = { float32: 1, int32: 3, string: 7, float16: 19 } as const;
export type TfType = keyof typeof dataType;
const bytesPerNumber = { float32: 4, int32: 4, float16: 2 } as const;

/** A constant: numbers in row-major order, made when they are wanted and not to be changed, or one text. */
export type TfTensor =
  | {
      type: 'float32' | 'int32' | 'float16';
      dims: readonly number[];
      read: () => Float32Array | Int32Array | Uint16Array;
    }
  | { type: 'string'; text: string };

/** A value of an attribute, each kind under its name. An open size is -1. */
export type TfAttribute =
  | { type: TfType }
  | { int: number }
  | { float: number }
  | { bool: boolean }
  | { text: string }
  | { ints: readonly number[] }
  | { shape: readonly number[] }
  | { tensor: TfTensor };

export interface TfNode {
  name: string;
  op: string;
  /** Names of nodes, of whose outputs the first is meant. */
  inputs: readonly string[];
  attributes: Readonly<Record<string, TfAttribute>>;
}

/** An input or output of the signature, float32; an open size is -1. */
export interface TfEnd {
  /** In the signature. */
  key: string;
  /** Of the node. */
  node: string;
  dims: readonly number[];
}

export interface TfModel {
  nodes: readonly TfNode[];
  input: TfEnd;
  output: TfEnd;
  /** Files of `assets/`, each with the node that holds its name. */
  assets: readonly { node: string; file: string }[];
  /** Texts for whoever opens the graph, by the name of their collection. */
  notes: Readonly<Record<string, readonly string[]>>;
}

/** Encodes `saved_model.pb`; the same model gives the same bytes. */
export function encodeSavedModel(model: TfModel): EncodedMessage {
  const writer = new MessageWriter().int(1, SCHEMA_VERSION);
  writer.message(2, (metaGraph) => {
    metaGraph.message(1, (info) => info.text(4, 'serve'));
    metaGraph.message(2, (graph) => writeGraph(graph, model.nodes));
    for (const [name, texts] of Object.entries(model.notes))
      metaGraph.entry(4, name, (collection) =>
        collection.message(2, (list) => {
          for (const text of texts) list.text(1, text);
        }),
      );
    metaGraph.entry(5, 'serving_default', (signature) => {
      signature.entry(1, model.input.key, (end) => writeEnd(end, model.input));
      signature.entry(2, model.output.key, (end) => writeEnd(end, model.output));
      signature.text(3, 'tensorflow/serving/predict');
    });
    for (const { node, file } of model.assets)
      metaGraph.message(6, (asset) => asset.message(1, (info) => info.text(1, `${node}:0`)).text(2, file));
  });
  return writer.finish();
}

function writeGraph(writer: MessageWriter, nodes: readonly TfNode[]): void {
  for (const node of nodes) writer.message(1, (inner) => writeNode(inner, node));
  writer.message(4, (versions) => versions.int(1, PRODUCER_VERSION));
}

function writeNode(writer: MessageWriter, { name, op, inputs, attributes }: TfNode): void {
  writer.text(1, name).text(2, op);
  for (const input of inputs) writer.text(3, input);
  for (const [key, value] of Object.entries(attributes)) writer.entry(5, key, (inner) => writeAttribute(inner, value));
}

function writeAttribute(writer: MessageWriter, value: TfAttribute): void {
  if ('type' in value) writer.int(6, dataType[value.type]);
  else if ('int' in value) writer.int(3, value.int);
  else if ('float' in value) writer.float(4, value.float);
  else if ('bool' in value) writer.int(5, Number(value.bool));
  else if ('text' in value) writer.text(2, value.text);
  else if ('ints' in value) writer.message(1, (list) => list.ints(3, value.ints));
  else if ('shape' in value) writer.message(7, (shape) => writeShape(shape, value.shape));
  else writer.message(8, (tensor) => writeTensor(tensor, value.tensor));
}

function writeTensor(writer: MessageWriter, tensor: TfTensor): void {
  writer.int(1, dataType[tensor.type]);
  if (tensor.type === 'string') {
    writer.message(2, (shape) => writeShape(shape, [])).text(8, tensor.text);
    return;
  }
  const { dims, type, read } = tensor;
  writer.message(2, (shape) => writeShape(shape, dims));
  writer.later(4, {
    sizeBytes: dims.reduce((product, size) => product * size, 1) * bytesPerNumber[type],
    make() {
      // Little-endian, as all processors that Graft runs on.
      const { buffer, byteOffset, byteLength } = read();
      return new Uint8Array(buffer, byteOffset, byteLength);
    },
  });
}

function writeShape(writer: MessageWriter, dims: readonly number[]): void {
  for (const size of dims) writer.message(2, (dimension) => dimension.int(1, size));
}

function writeEnd(writer: MessageWriter, { node, dims }: TfEnd): void {
  writer
    .text(1, `${node}:0`)
    .int(2, dataType.float32)
    .message(3, (shape) => writeShape(shape, dims));
}
