/**
 * The dozen messages of ONNX that a lowered model needs, written field by field.
 * Field numbers are those that the ONNX project publishes.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { MessageWriter, type EncodedMessage } from '../protobuf.ts';

/** IR version 8 is the one that goes with opset 17 (ONNX 1.12). */
export const IR_VERSION = 8;
export const OPSET_VERSION = 17;

/** `TensorProto.DataType`. */
export const dataType = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;
export type OnnxDataType = keyof typeof dataType;
const bytesPerNumber: Record<OnnxDataType, number> = { float32: 4, uint8: 1, int8: 1, int32: 4, int64: 8, float16: 2 };

/** `AttributeProto.AttributeType`. */
const attributeType = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** A value of an attribute. Whole numbers alone cannot say whether ONNX wants an int or a float, so each says which it is. */
export type OnnxAttribute = { int: number } | { float: number } | { ints: readonly number[] } | { string: string };

export interface OnnxNode {
  name: string;
  opType: string;
  inputs: string[];
  outputs: string[];
  attributes: Record<string, OnnxAttribute>;
}

/** A constant of the graph. */
export interface OnnxInitializer {
  name: string;
  type: OnnxDataType;
  dims: readonly number[];
  /** Its numbers in row-major order, made when they are wanted; not to be changed. */
  read: () => Float32Array | Int8Array | Uint8Array | Uint16Array | Int32Array | BigInt64Array;
}

/** An input or output of the graph; a dimension given as text is open and carries that name. */
export interface OnnxValueInfo {
  name: string;
  type: OnnxDataType;
  dims: readonly (number | string)[];
}

export interface OnnxGraph {
  name: string;
  nodes: readonly OnnxNode[];
  initializers: readonly OnnxInitializer[];
  inputs: readonly OnnxValueInfo[];
  outputs: readonly OnnxValueInfo[];
}

/** What a model says of itself to whoever opens it. */
export interface OnnxDescription {
  /** Of the graph. */
  name: string;
  producerVersion: string;
  /** A few sentences for people. */
  text: string;
  /** Written in the order given. */
  metadata: Readonly<Record<string, string>>;
}

/** Encodes a whole model; the same graph and description give the same bytes. */
export function encodeModel(graph: OnnxGraph, description?: OnnxDescription): EncodedMessage {
  const writer = new MessageWriter().int(1, IR_VERSION).text(2, 'graft');
  if (description) writer.text(3, description.producerVersion).text(6, description.text);
  writer.message(7, (inner) => writeGraph(inner, graph));
  writer.message(8, (inner) => inner.text(1, '').int(2, OPSET_VERSION)); // the default domain, ai.onnx
  for (const [key, value] of Object.entries(description?.metadata ?? {}))
    writer.message(14, (entry) => entry.text(1, key).text(2, value));
  return writer.finish();
}

function writeGraph(writer: MessageWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) writer.message(1, (inner) => writeNode(inner, node));
  writer.text(2, graph.name);
  for (const initializer of graph.initializers) writer.message(5, (inner) => writeTensor(inner, initializer));
  for (const input of graph.inputs) writer.message(11, (inner) => writeValueInfo(inner, input));
  for (const output of graph.outputs) writer.message(12, (inner) => writeValueInfo(inner, output));
}

function writeNode(writer: MessageWriter, node: OnnxNode): void {
  for (const input of node.inputs) writer.text(1, input);
  for (const output of node.outputs) writer.text(2, output);
  writer.text(3, node.name).text(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes)) {
    writer.message(5, (inner) => writeAttribute(inner, name, value));
  }
}

function writeAttribute(writer: MessageWriter, name: string, value: OnnxAttribute): void {
  writer.text(1, name);
  if ('float' in value) writer.float(2, value.float).int(20, attributeType.float);
  else if ('int' in value) writer.int(3, value.int).int(20, attributeType.int);
  else if ('string' in value) writer.text(4, value.string).int(20, attributeType.string);
  else {
    for (const number of value.ints) writer.int(8, number);
    writer.int(20, attributeType.ints);
  }
}

function writeTensor(writer: MessageWriter, tensor: OnnxInitializer): void {
  for (const size of tensor.dims) writer.int(1, size);
  writer.int(2, dataType[tensor.type]).text(8, tensor.name);
  const numNumbers = tensor.dims.reduce((product, size) => product * size, 1);
  writer.later(9, {
    sizeBytes: numNumbers * bytesPerNumber[tensor.type],
    make() {
      // ONNX wants little-endian numbers: so are all processors that Graft runs on.
      const { buffer, byteOffset, byteLength } = tensor.read();
      return new Uint8Array(buffer, byteOffset, byteLength);
    },
  });
}

function writeValueInfo(writer: MessageWriter, info: OnnxValueInfo): void {
  writer.text(1, info.name).message(2, (type) =>
    type.message(1, (tensorType) => {
      tensorType.int(1, dataType[info.type]).message(2, (shape) => {
        for (const size of info.dims) shape.message(1, (dimension) => writeDimension(dimension, size));
      });
    }),
  );
}

function writeDimension(writer: MessageWriter, size: number | string): void {
  if (typeof size === 'number') writer.int(1, size);
  else writer.text(2, size);
}
