/** Named float32 tensors as plain data. */
export type NamedTensors = ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>;

const maxHeaderBytes = 10_000_000;
const metadataName = '__metadata__';

/**
 * Writes tensors in the safetensors format: length of the header (uint64), header as JSON, numbers. Little-endian.
 * Same tensors in the same order, same bytes.
 *
 * @see https://github.com/huggingface/safetensors
 */
export function writeSafetensors(tensors: NamedTensors, metadata?: Readonly<Record<string, string>>): Uint8Array {
  const pieces = [...safetensorsPieces(tensors, metadata)];
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.byteLength;
  }
  return bytes;
}

/** The same in pieces, views of the tensors' own numbers: the largest backbones must not be in memory once more. */
export function* safetensorsPieces(
  tensors: NamedTensors,
  metadata?: Readonly<Record<string, string>>,
): Generator<Uint8Array> {
  const header: Record<string, unknown> = metadata ? { [metadataName]: metadata } : {};
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    if (data.length !== numValues(shape))
      throw new Error(`${name} has ${data.length} values for shape [${shape.join(', ')}]`);
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += data.byteLength)] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / 8) * 8; // numbers begin at a multiple of 8
  const head = new Uint8Array(start).fill(0x20, 8);
  new DataView(head.buffer).setBigUint64(0, BigInt(start - 8), true);
  head.set(text, 8);
  yield head;
  for (const { data } of tensors.values()) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Reads tensors of a safetensors file as float32, in the order of the file: F32, F16, BF16 and whole numbers. F32 are views
 * on `bytes` where alignment allows.
 *
 * @param isWanted the others are not looked at, whatever they are
 * @throws Error with the problem in words, when the file does not hold what its header says
 */
export function readSafetensors(bytes: Uint8Array, isWanted: (name: string) => boolean = () => true): NamedTensors {
  const start = headerEnd(bytes);
  const header = parseHeader(bytes.subarray(8, start));
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === metadataName || !isWanted(name)) continue;
    const {
      dtype,
      shape,
      data_offsets: offsets,
    } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
    const format = typeof dtype === 'string' ? formats.get(dtype) : undefined;
    if (!format) throw new Error(`${name} is ${String(dtype)}, not ${[...formats.keys()].join(', ')}`);
    if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
      throw new Error(`${name} has no proper shape and place`);
    const [from, to] = offsets as [number, number];
    if (to - from !== numValues(shape) * format.numBytes || to > bytes.length - start)
      throw new Error(`${name} does not fit its shape or the file`);
    tensors.set(name, { shape, data: format.read(bytes, start + from, numValues(shape)) });
  }
  return tensors;
}

/** The names in a safetensors file. @throws Error as `readSafetensors` */
export function safetensorsNames(bytes: Uint8Array): string[] {
  return Object.keys(parseHeader(bytes.subarray(8, headerEnd(bytes)))).filter((name) => name !== metadataName);
}

function headerEnd(bytes: Uint8Array): number {
  if (bytes.length < 8) throw new Error('the file is too short for safetensors');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(Math.min(maxHeaderBytes, bytes.length - 8)))
    throw new Error('the file is not safetensors, or its header is cut off');
  return 8 + Number(length);
}

function parseHeader(text: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (cause) {
    throw new Error('the header is not JSON', { cause });
  }
  if (header === null || typeof header !== 'object' || Array.isArray(header))
    throw new Error('the header is not a list of tensors');
  return header as Record<string, unknown>;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function numValues(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

interface NumberFormat {
  numBytes: number;
  read(bytes: Uint8Array, offset: number, length: number): Float32Array;
}

/** Reads one number after the other. */
const each = (numBytes: number, read: (view: DataView, at: number) => number): NumberFormat => ({
  numBytes,
  read(bytes, offset, length) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length * numBytes);
    return Float32Array.from({ length }, (_, index) => read(view, index * numBytes));
  },
});

const formats: ReadonlyMap<string, NumberFormat> = new Map([
  ['F32', { numBytes: 4, read: asFloats }],
  ['F16', each(2, (view, at) => halfs()[view.getUint16(at, true)]!)],
  ['BF16', { numBytes: 2, read: fromBrainFloats }],
  ['I64', each(8, (view, at) => Number(view.getBigInt64(at, true)))],
  ['I32', each(4, (view, at) => view.getInt32(at, true))],
]);

function asFloats(bytes: Uint8Array, offset: number, length: number): Float32Array {
  const at = bytes.byteOffset + offset;
  if (at % 4 === 0) return new Float32Array(bytes.buffer, at, length);
  return new Float32Array(bytes.slice(offset, offset + length * 4).buffer);
}

/** bfloat16 is the upper half of float32. */
function fromBrainFloats(bytes: Uint8Array, offset: number, length: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length * 2);
  const floats = new Float32Array(length);
  const bits = new Uint32Array(floats.buffer);
  for (let index = 0; index < length; index++) bits[index] = view.getUint16(index * 2, true) << 16;
  return floats;
}

let halfTable: Float32Array | undefined;
/** Every float16 by its bits: sign, 5 bits of exponent, 10 of fraction (IEEE 754 binary16). */
function halfs(): Float32Array {
  return (halfTable ??= Float32Array.from({ length: 65_536 }, (_, bits) => {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction === 0
            ? Infinity
            : NaN
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return bits & 0x8000 ? -size : size;
  }));
}
