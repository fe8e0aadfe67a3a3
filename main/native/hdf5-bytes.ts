/** Little-endian pieces of an HDF5 file: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html */

/** An address that points nowhere. */
export const NOWHERE = 0xffff_ffff_ffff_ffffn;

/** Types of numbers that can be written. */
export type Hdf5NumberType = 'float32' | 'float16' | 'int64';
export const bytesPerNumber: Readonly<Record<Hdf5NumberType, number>> = { float32: 4, float16: 2, int64: 8 };

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
export const u8 = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
export const u16 = (value: number): Uint8Array => u8(value & 0xff, value >>> 8);
export const u32 = (value: number): Uint8Array => concat(u16(value & 0xffff), u16(value >>> 16));
export function u64(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
/** The next multiple of eight. */
export const aligned = (length: number): number => Math.ceil(length / 8) * 8;
export function padded(bytes: Uint8Array, length = aligned(bytes.length)): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}

/** Sizes of a tensor or list; none for a single value. */
export const dataspace = (shape: readonly number[]): Uint8Array =>
  concat(u8(1, shape.length, 0, 0, 0, 0, 0, 0), ...shape.map(u64));

/** IEEE numbers, or signed whole ones. */
export function numberType(type: Hdf5NumberType): Uint8Array {
  if (type === 'int64') return concat(u8(0x10, 0x08, 0, 0), u32(8), u16(0), u16(64));
  const [bytes, exponentAt, exponentBits, bias] = type === 'float32' ? [4, 23, 8, 127] : [2, 10, 5, 15];
  const bits = concat(u16(0), u16(bytes * 8), u8(exponentAt, exponentBits, 0, exponentAt), u32(bias));
  return concat(u8(0x11, 0x20, bytes * 8 - 1, 0), u32(bytes), bits);
}

/** UTF-8 of one length, filled up with zeros. */
export const fixedTextType = (length: number): Uint8Array => concat(u8(0x13, 0x11, 0, 0), u32(length));
/** UTF-8 of any length that lies in the global heap. */
export const heapTextType = (): Uint8Array => concat(u8(0x19, 0x01, 0x01, 0), u32(16), u8(0x13, 0x10, 0, 0), u32(1));

const messages = {
  dataspace: 1,
  linkInfo: 2,
  datatype: 3,
  fillValue: 5,
  link: 6,
  layout: 8,
  groupInfo: 10,
  attribute: 12,
};
const maxMessageBytes = 65_528;

/** A part of an object's header. @throws Error when it is too long for one */
export function message(type: keyof typeof messages, content: Uint8Array): Uint8Array {
  const body = padded(content);
  if (body.length > maxMessageBytes) throw new Error(`a ${type} of ${content.length} bytes does not fit into a header`);
  return concat(u16(messages[type]), u16(body.length), u8(0, 0, 0, 0), body);
}

/** An object's header of the first version, which needs no checksum. */
export function objectHeader(parts: readonly Uint8Array[]): Uint8Array {
  const body = concat(...parts);
  return concat(u8(1, 0), u16(parts.length), u32(1), u32(body.length), u32(0), body);
}

/** Name, type, sizes and value in one message. */
export function attribute(name: string, type: Uint8Array, shape: readonly number[], value: Uint8Array): Uint8Array {
  const [ownName, space] = [concat(utf8(name), u8(0)), dataspace(shape)];
  const sizes = concat(u16(ownName.length), u16(type.length), u16(space.length));
  return message('attribute', concat(u8(3, 0), sizes, u8(1), ownName, type, space, value));
}

/** A name in a group for the object at an address. */
export function link(name: string, address: number): Uint8Array {
  const bytes = utf8(name);
  return message('link', concat(u8(1, 0x11, 1), u16(bytes.length), bytes, u64(address)));
}

/** What makes an object a group whose links stand in its own header. */
export const groupMessages = (): Uint8Array[] => [
  message('linkInfo', concat(u8(0, 0), u64(NOWHERE), u64(NOWHERE))),
  message('groupInfo', u8(0, 0)),
];

/** What makes an object a data set whose numbers lie in one stretch. */
export const datasetMessages = (
  type: Hdf5NumberType,
  shape: readonly number[],
  address: number,
  sizeBytes: number,
): Uint8Array[] => [
  message('dataspace', dataspace(shape)),
  message('datatype', numberType(type)),
  message('fillValue', u8(2, 2, 2, 1, 0, 0, 0, 0)), // nothing is left to fill
  message('layout', concat(u8(3, 1), u64(address), u64(sizeBytes))),
];

export const superblockBytes = 96;

/** The start of the file. Offsets and lengths have eight bytes. */
export function superblock(rootAddress: number, sizeBytes: number): Uint8Array {
  return concat(
    u8(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a), // ‰HDF
    u8(0, 0, 0, 0, 0, 8, 8, 0),
    concat(u16(4), u16(16), u32(0)), // sizes of trees, of which there are none
    concat(u64(0), u64(NOWHERE), u64(sizeBytes), u64(NOWHERE)),
    concat(u64(0), u64(rootAddress), u32(0), u32(0), u64(0), u64(0)),
  );
}
