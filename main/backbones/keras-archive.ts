import { inflateRawSync } from 'node:zlib';

const weightsName = 'model.weights.h5';
const maxWeightsBytes = 2 ** 31 - 1;
/** Deflated weights shrink by a tenth; what shrinks more than this is a bomb. */
const maxRatio = 200;
const endRecord = { signature: 0x06054b50, bytes: 22, maxComment: 65_535 };
const entry = { signature: 0x02014b50, bytes: 46 };
const localHeader = { signature: 0x04034b50, bytes: 30 };
const maxEntries = 10_000;

/** Whether bytes are a ZIP archive, as `.keras` is. */
export function isArchive(bytes: Uint8Array): boolean {
  if (bytes.length < endRecord.bytes) return false;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true) === localHeader.signature;
}

/**
 * The weight file inside a `.keras` archive. Nothing else of the archive is read, nothing is run.
 *
 * @returns a view on `bytes` where it was stored, as Keras does; null when this is no ZIP
 * @throws Error with the problem in words
 */
export function archivedWeights(bytes: Uint8Array): Uint8Array | null {
  if (!isArchive(bytes)) return null;
  const weights = archivedFile(bytes, weightsName);
  if (!weights) throw new Error(`the archive holds no ${weightsName}`);
  return weights;
}

/**
 * One file of an archive, found by its exact name: nothing is unpacked to a disk.
 *
 * @param maxBytes a larger file is refused before it is unpacked
 * @returns a view on `bytes` where it was stored; null when the archive has no file of that name
 * @throws Error with the problem in words
 */
export function archivedFile(bytes: Uint8Array, wanted: string, maxBytes = maxWeightsBytes): Uint8Array | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  let at = view.getUint32(end + 16, true);
  const numEntries = Math.min(view.getUint16(end + 10, true), maxEntries);
  for (let index = 0; index < numEntries; index++) {
    if (at + entry.bytes > end || view.getUint32(at, true) !== entry.signature)
      throw new Error('the archive is damaged');
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + entry.bytes, at + entry.bytes + nameLength));
    if (name === wanted) return readEntry(bytes, view, at, wanted, maxBytes);
    at += entry.bytes + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return null;
}

function findEnd(view: DataView): number {
  const last = view.byteLength - endRecord.bytes;
  for (let at = last; at >= Math.max(0, last - endRecord.maxComment); at--)
    if (view.getUint32(at, true) === endRecord.signature) return at;
  throw new Error('the archive is cut off');
}

function readEntry(bytes: Uint8Array, view: DataView, at: number, name: string, maxBytes: number): Uint8Array {
  const method = view.getUint16(at + 10, true);
  const packed = view.getUint32(at + 20, true);
  const whole = view.getUint32(at + 24, true);
  const local = view.getUint32(at + 42, true);
  if (local + localHeader.bytes > bytes.length || view.getUint32(local, true) !== localHeader.signature)
    throw new Error('the archive is damaged');
  const start = local + localHeader.bytes + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + packed > bytes.length) throw new Error('the archive is cut off');
  if ((method === 0 ? packed : whole) > maxBytes) throw new Error(`${name} has more than ${maxBytes} bytes`);
  const content = bytes.subarray(start, start + packed);
  if (method === 0) return content;
  if (method !== 8) throw new Error(`${name} is packed in a way that is not known`);
  if (whole > packed * maxRatio) throw new Error(`${name} is far larger than it looks`);
  const inflated = inflateRawSync(content, { maxOutputLength: Math.max(1, whole) });
  if (inflated.length !== whole) throw new Error('the archive is damaged');
  return inflated;
}
