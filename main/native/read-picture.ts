import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeSmallJpeg } from './small-jpeg.ts';

/** A file that was read: with its pixels where they are quickly had, else with its bytes. */
export type ReadPicture = { sha256: string } & (
  { pixels: Uint8Array<ArrayBuffer>; height: number; width: number } | { pixels: null; bytes: Buffer<ArrayBuffer> }
);

/**
 * Reads a file, tells its SHA-256, and decodes it if it is a small plain JPEG. Waits for the disk: for a thread of its own.
 *
 * @param size [height, width] in pixels; `height` and `width` of the answer are the file's own, upright.
 * @throws the system's error when the file cannot be read
 */
export function readPicture(file: string, size: readonly [number, number]): ReadPicture {
  const bytes = readFileSync(file);
  const sha256 = hash('sha256', bytes);
  const decoded = decodeSmallJpeg(bytes, size);
  if (!decoded) return { sha256, pixels: null, bytes };
  const { height, width } = decoded.header;
  return { sha256, pixels: decoded.pixels, height, width };
}
