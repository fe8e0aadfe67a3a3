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
  const header: Record<string, unknown> = metadata ? { [metadataName]: metadata } : {};
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    if (data.length !== numValues(shape))
      throw new Error(`${name} has ${data.length} values for shape [${shape.join(', ')}]`);
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += data.byteLength)] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / 8) * 8; // numbers begin at a multiple of 8
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  let offset = start;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Reads the float32 tensors of a safetensors file, in the order of the file. The numbers are views on `bytes` where
 * alignment allows.
 *
 * @throws Error with the problem in words, when the file does not hold what its header says
 */
export function readSafetensors(bytes: Uint8Array): NamedTensors {
  const start = headerEnd(bytes);
  const header = parseHeader(bytes.subarray(8, start));
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === metadataName) continue;
    const {
      dtype,
      shape,
      data_offsets: offsets,
    } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
    if (dtype !== 'F32') throw new Error(`${name} is ${String(dtype)}, not F32`);
    if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
      throw new Error(`${name} has no proper shape and place`);
    const [from, to] = offsets as [number, number];
    if (to - from !== numValues(shape) * 4 || to > bytes.length - start)
      throw new Error(`${name} does not fit its shape or the file`);
    tensors.set(name, { shape, data: asFloats(bytes, start + from, (to - from) / 4) });
  }
  return tensors;
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

function asFloats(bytes: Uint8Array, offset: number, length: number): Float32Array {
  const at = bytes.byteOffset + offset;
  if (at % 4 === 0) return new Float32Array(bytes.buffer, at, length);
  return new Float32Array(bytes.slice(offset, offset + length * 4).buffer);
}
