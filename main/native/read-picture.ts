import { hash } from 'node:crypto';
import { decodeSmallJpeg } from './small-jpeg.ts';

/** A file that was read: with its pixels where they are quickly had, else with its bytes. */
export type ReadPicture = { sha256: string } & (
  { pixels: Uint8Array<ArrayBuffer>; height: number; width: number } | { pixels: null; bytes: Buffer<ArrayBuffer> }
);

/**
 * Tells the SHA-256 of a file's bytes, and decodes them if they are a small plain JPEG.
 *
 * @param size [height, width] in pixels; `height` and `width` of the answer are the file's own, upright.
 */
export function readPicture(bytes: Buffer<ArrayBuffer>, size: readonly [number, number]): ReadPicture {
  const sha256 = hash('sha256', bytes);
  const decoded = decodeSmallJpeg(bytes, size);
  if (!decoded) return { sha256, pixels: null, bytes };
  const { height, width } = decoded.header;
  return { sha256, pixels: decoded.pixels, height, width };
}
