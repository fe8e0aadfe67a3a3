/**
 * The dozen messages of ONNX that a lowered model needs, written field by field.
 * Field numbers are those that the ONNX project publishes.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** IR version 8 is the one that goes with opset 17 (ONNX 1.12). */
export const IR_VERSION = 8;
export const OPSET_VERSION = 17;

/** `TensorProto.DataType`. */
export const dataType = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;
export type OnnxDataType = keyof typeof dataType;

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

/** A constant of the graph; `data` holds its numbers in row-major order. */
export interface OnnxInitializer {
  name: string;
  type: OnnxDataType;
  dims: readonly number[];
  data: Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;
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

/** Encodes a whole model; the same graph gives the same bytes. */
export function encodeModel(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(IR_VERSION);
  writer.tag(2, WireType.LengthDelimited).string('graft');
  writeMessage(writer, 7, (inner) => writeGraph(inner, graph));
  writeMessage(writer, 8, (inner) => {
    inner.tag(1, WireType.LengthDelimited).string(''); // the default domain, ai.onnx
    inner.tag(2, WireType.Varint).int64(OPSET_VERSION);
  });
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) writeMessage(writer, 1, (inner) => writeNode(inner, node));
  writer.tag(2, WireType.LengthDelimited).string(graph.name);
  for (const initializer of graph.initializers) writeMessage(writer, 5, (inner) => writeTensor(inner, initializer));
  for (const input of graph.inputs) writeMessage(writer, 11, (inner) => writeValueInfo(inner, input));
  for (const output of graph.outputs) writeMessage(writer, 12, (inner) => writeValueInfo(inner, output));
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) writer.tag(1, WireType.LengthDelimited).string(input);
  for (const output of node.outputs) writer.tag(2, WireType.LengthDelimited).string(output);
  writer.tag(3, WireType.LengthDelimited).string(node.name);
  writer.tag(4, WireType.LengthDelimited).string(node.opType);
  for (const [name, value] of Object.entries(node.attributes)) {
    writeMessage(writer, 5, (inner) => writeAttribute(inner, name, value));
  }
}

function writeAttribute(writer: BinaryWriter, name: string, value: OnnxAttribute): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  if ('float' in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    writer.tag(20, WireType.Varint).int32(attributeType.float);
  } else if ('int' in value) {
    writer.tag(3, WireType.Varint).int64(value.int);
    writer.tag(20, WireType.Varint).int32(attributeType.int);
  } else if ('string' in value) {
    writer.tag(4, WireType.LengthDelimited).string(value.string);
    writer.tag(20, WireType.Varint).int32(attributeType.string);
  } else {
    for (const number of value.ints) writer.tag(8, WireType.Varint).int64(number);
    writer.tag(20, WireType.Varint).int32(attributeType.ints);
  }
}

function writeTensor(writer: BinaryWriter, tensor: OnnxInitializer): void {
  for (const size of tensor.dims) writer.tag(1, WireType.Varint).int64(size);
  writer.tag(2, WireType.Varint).int32(dataType[tensor.type]);
  writer.tag(8, WireType.LengthDelimited).string(tensor.name);
  // ONNX wants little-endian numbers: so are all processors that Graft runs on.
  const { buffer, byteOffset, byteLength } = tensor.data;
  writer.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(buffer, byteOffset, byteLength));
}

function writeValueInfo(writer: BinaryWriter, info: OnnxValueInfo): void {
  writer.tag(1, WireType.LengthDelimited).string(info.name);
  writeMessage(writer, 2, (type) =>
    writeMessage(type, 1, (tensorType) => {
      tensorType.tag(1, WireType.Varint).int32(dataType[info.type]);
      writeMessage(tensorType, 2, (shape) => {
        for (const size of info.dims) writeMessage(shape, 1, (dimension) => writeDimension(dimension, size));
      });
    }),
  );
}

function writeDimension(writer: BinaryWriter, size: number | string): void {
  if (typeof size === 'number') writer.tag(1, WireType.Varint).int64(size);
  else writer.tag(2, WireType.LengthDelimited).string(size);
}

function writeMessage(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}
