import turbo from '@julusian/jpeg-turbo';
import { readPlainJpeg, type PlainJpeg } from './plain-jpeg.ts';
import { bytesFor, Canvas } from './resample.ts';

type Size = readonly [height: number, width: number];

/** JPEGs of more pixels are decoded by libvips, which shrinks them while it decodes. */
const maxWholePixels = 1_000_000;
/** Nor such as take more memory: very tall ones, which get the new width first. */
const maxBytes = 32_000_000;
/** A side of fewer pixels shows nothing, and is mostly a spacer of a web page. */
export const minSide = 8;
let canvas: Canvas | null = null; // one picture at a time: its memory is used again

/**
 * Decodes a JPEG of up to a megapixel that is plain and lies upright, with libjpeg-turbo's fast integer transform, as Keras
 * does, and resizes it with Graft's own filter. About a millisecond.
 *
 * @param bytes a file of any kind.
 * @param size [height, width] in pixels.
 * @returns RGB, uint8, shape [...size, 3], and what the header says; null when it is none of these, or when the decoder finds
 *   anything odd in it: sharp knows more, and what is wrong.
 */
export function decodeSmallJpeg(
  bytes: Buffer,
  size: Size,
): { pixels: Uint8Array<ArrayBuffer>; header: PlainJpeg } | null {
  const header = readPlainJpeg(bytes);
  const pixels = header && decode(bytes, header, size);
  return pixels && { pixels, header };
}

function decode(bytes: Buffer, header: PlainJpeg, size: Size): Uint8Array<ArrayBuffer> | null {
  const from = [header.height, header.width] as const;
  if (header.orientation !== 1 || header.height * header.width > maxWholePixels) return null;
  if (Math.min(...from) < minSide || bytesFor(from, size) > maxBytes) return null;
  const place = canvasFor(from, size);
  try {
    const { height, width } = turbo.decompressSync(bytes, place.pixels(from), { format: turbo.FORMAT_RGB });
    if (height !== header.height || width !== header.width) return null;
  } catch {
    return null;
  }
  return place.resize(from, size);
}

const thumbnailQuality = 85;

/**
 * Makes a small JPEG of one: no side longer than `sizePx`, its shape kept, never enlarged. It holds pixels and nothing else
 * of the file.
 *
 * @returns null as `decodeSmallJpeg` does.
 */
export function shrinkSmallJpeg(bytes: Buffer, sizePx: number): Buffer | null {
  const header = readPlainJpeg(bytes);
  if (!header) return null;
  const scale = Math.min(1, sizePx / Math.max(header.height, header.width));
  const height = Math.max(1, Math.round(header.height * scale));
  const width = Math.max(1, Math.round(header.width * scale));
  const pixels = decode(bytes, header, [height, width]);
  if (!pixels) return null;
  const { FORMAT_RGB: format, SAMP_420: subsampling } = turbo;
  const options = { format, height, width, quality: thumbnailQuality, subsampling };
  // A copy: what comes lies at the beginning of a place a hundred times as large.
  return Buffer.from(turbo.compressSync(Buffer.from(pixels.buffer), options));
}

/** Resizes pixels with the same filter. @param pixels RGB, uint8, shape [...from, 3]. @returns shape [...to, 3]. */
export function resizePixels(pixels: Uint8Array, from: Size, to: Size): Uint8Array {
  const place = canvasFor(from, to);
  place.pixels(from).set(pixels);
  return place.resize(from, to);
}

function canvasFor(from: Size, to: Size): Canvas {
  const numBytes = bytesFor(from, to);
  if (canvas === null || canvas.numBytes < numBytes) canvas = new Canvas(numBytes);
  return canvas;
}
