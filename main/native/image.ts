import type { Conversion } from '../../contract/dataset.ts'; // eslint-disable-line graft/import-zones -- a type; the words are the contract's
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { sniffFormat, type ImageFormat } from '../dataset/formats.ts'; // eslint-disable-line graft/import-zones -- plain data without imports; the scan needs it without sharp
import { decodeBmp } from './bmp.ts';
import { ImageProblem } from './image-problem.ts';
import { tiffEnd } from './tiff.ts';

export { headerBytes, sniffFormat, type ImageFormat, type Sniffed } from '../dataset/formats.ts'; // eslint-disable-line graft/import-zones -- plain data without imports; the scan needs it without sharp
export { ImageProblem } from './image-problem.ts';

/**
 * Names how bytes become pixels. It is part of every feature's key: change it whenever one pixel may come out otherwise.
 *
 * Filter: triangle ("linear"), widened when shrinking, as PIL's BILINEAR; JPEG and WebP may shrink while they load.
 * Measured with sharp 0.35.5, 50 photographs of cats_and_dogs (mostly 500x375) and three of 600x450 to 1800x1200 to 224x224,
 * mean absolute difference of a value 0..255 to Pillow's filter of that name, and milliseconds a photograph of
 * cats_and_dogs, two at a time on 2 busy cores (read the ratios):
 *   linear   0.58 to BILINEAR  3.9 ms    cubic    1.12 to LANCZOS  4.4 ms    lanczos3 0.68 to LANCZOS  3.9 to 5.4 ms
 * These means include four photographs with a side below 224 px, enlarged by libvips. Shrink on load, fast: the three large
 * photographs differ by 0.57 in the mean (22 at most) instead of 0.38 (12), and a 12 megapixel JPEG takes 33 ms, not 48.
 * libvips 8.18 moves a picture when it enlarges it (mean 8.9 to BILINEAR), so enlarging is done here (mean 0.19). With that
 * the 50 photographs differ from BILINEAR by 0.17 in the mean, 13 at most, in 3.0 to 4.2 ms (JPEG decoding alone: 2.4).
 */
export const DECODER_VERSION = 'sharp-0.35.5/linear/shrink-on-load/own-enlarge/1';

/** More pixels are refused: 100 megapixels. */
export const maxPixels = 100_000_000;
const timeoutS = 20;

sharp.cache(false); // every picture is read once
sharp.concurrency(1); // pictures are decoded side by side, each on one thread
// Only the loaders of the seven formats are live; SVG, PDF and the rest do not even start.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadTiff',
    'VipsForeignLoadHeif',
  ],
});

const guards: SharpOptions = { failOn: 'truncated', limitInputPixels: maxPixels, sequentialRead: true, pages: 1 };

/** What the header of a picture says. */
export interface PictureHeader {
  format: ImageFormat;
  /** Upright, in pixels. */
  height: number;
  width: number;
  /** What decoding has to do to make RGB of 8 bits of it. */
  conversions: Conversion[];
  /** As it lies in the file. */
  exif: Buffer | null;
}

/** A side of fewer pixels shows nothing, and is mostly a spacer of a web page. */
const minSide = 8;

/**
 * Decodes one picture into the pixels that every part of Graft sees: turned by EXIF, sRGB, alpha over white, resized to
 * `size` without keeping the aspect ratio. Of an animation or a document of pages, the first. A picture that has that size
 * already comes out exactly as decoded. Same bytes, same pixels.
 *
 * @param bytes the whole file; what it is decides its magic bytes, never its name.
 * @param size [height, width] in pixels.
 * @returns RGB, uint8 0..255, shape [height, width, 3], row by row.
 * @throws ImageProblem saying why the file cannot be used
 */
export async function decodeImage(bytes: Buffer, size: readonly [number, number]): Promise<{ pixels: Uint8Array }> {
  const [height, width] = size;
  return guarded(bytes, async (open) => {
    const { data, info } = await open()
      .autoOrient()
      .toColourspace('srgb')
      .flatten({ background: '#ffffff' })
      .resize(width, height, { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: true, withoutEnlargement: true })
      .timeout({ seconds: timeoutS })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    // No side is longer than the file's own: enlarging comes after.
    if (info.height < Math.min(minSide, height) || info.width < Math.min(minSide, width))
      throw new ImageProblem('too-small', `${info.width} x ${info.height}`);
    const rgb = toRgb(data, info.width * info.height, info.channels);
    return { pixels: enlarge(rgb, [info.height, info.width], size) };
  });
}

/**
 * Makes a small WebP of a picture, upright, no side longer than `sizePx`, its shape kept, alpha kept. Never enlarged.
 *
 * @throws ImageProblem saying why the file cannot be used
 */
export async function thumbnail(bytes: Buffer, sizePx: number): Promise<Buffer> {
  return guarded(bytes, (open) =>
    open()
      .autoOrient()
      .toColourspace('srgb')
      .resize(sizePx, sizePx, { fit: 'inside', withoutEnlargement: true })
      .timeout({ seconds: timeoutS })
      .webp({ quality: 80, effort: 2 })
      .toBuffer(),
  );
}

/**
 * Reads format, size and what is to be converted from the header; the pixels may still turn out broken.
 *
 * @throws ImageProblem saying why the file cannot be used
 */
export async function describeImage(bytes: Buffer): Promise<PictureHeader> {
  return guarded(bytes, async (open, format) => {
    const { autoOrient, orientation, space, depth, hasAlpha, pages, exif } = await open().metadata();
    const conversions: [Conversion, boolean][] = [
      ['turned', orientation !== undefined && orientation > 1],
      ['cmyk', space === 'cmyk'],
      ['16-bit', depth !== undefined && depth !== 'uchar' && depth !== 'char'],
      ['alpha', hasAlpha === true],
      ['animated', pages !== undefined && pages > 1],
    ];
    return {
      format,
      height: autoOrient.height,
      width: autoOrient.width,
      conversions: conversions.filter(([, holds]) => holds).map(([conversion]) => conversion),
      exif: exif ?? null,
    };
  });
}

/**
 * Encodes pixels as a baseline JPEG without metadata. Same pixels, same bytes.
 *
 * @param raw RGB, uint8, shape [height, width, 3].
 * @param quality 1..100.
 */
export async function encodeJpeg(raw: Uint8Array, width: number, height: number, quality = 88): Promise<Buffer> {
  return sharp(raw, { raw: { width, height, channels: 3 } })
    .jpeg({ quality, mozjpeg: false })
    .toBuffer();
}

/** Encodes pixels as a PNG without metadata: nothing is lost. @param raw RGB, uint8, shape [height, width, 3]. */
export async function encodePng(raw: Uint8Array, width: number, height: number): Promise<Buffer> {
  return sharp(raw, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Opens the bytes behind all guards and turns whatever goes wrong into an ImageProblem. */
async function guarded<T>(bytes: Buffer, work: (open: () => Sharp, format: ImageFormat) => Promise<T>): Promise<T> {
  if (bytes.length === 0) throw new ImageProblem('empty', 'no bytes');
  const sniffed = sniffFormat(bytes.subarray(0, 4096));
  if (sniffed.kind === 'unsupported') throw new ImageProblem('unsupported-format', sniffed.format);
  if (sniffed.kind === 'not-an-image') throw new ImageProblem('not-an-image', 'no known magic bytes');
  const { format } = sniffed;
  if (format === 'bmp') {
    const { pixels, width, height, channels } = decodeBmp(bytes, maxPixels);
    return work(() => sharp(pixels, { raw: { width, height, channels }, limitInputPixels: maxPixels }), format);
  }
  if (format === 'tiff' && tiffEnd(bytes) > bytes.length)
    throw new ImageProblem('truncated', 'TIFF: the file ends before the picture does');
  try {
    return await work(() => sharp(bytes, guards), format);
  } catch (error) {
    throw problemOf(error, bytes, format);
  }
}

function problemOf(error: unknown, bytes: Buffer, format: ImageFormat): unknown {
  if (error instanceof ImageProblem || !(error instanceof Error)) return error;
  const detail = error.message.trim().split('\n')[0]!.slice(0, 200);
  const reasoned = (reason: ImageProblem['reason']): ImageProblem => new ImageProblem(reason, detail, { cause: error });
  if (/exceeds pixel limit|too large|dimension|Security limit/i.test(detail)) return reasoned('too-large');
  if (/timeout/i.test(detail)) return reasoned('too-large');
  // A HEIC picture can call itself AVIF; the prebuilt libheif has no decoder for it.
  if (/Unsupported JPEG|bitstream not supported|Unsupported (codec|feature)|decoding plugin/i.test(detail))
    return reasoned('unsupported-format');
  if (
    /premature end|truncat|end of (file|stream|image|data)|unexpected end|not enough data|read gave/i.test(detail) ||
    isCutOff(bytes, format)
  ) {
    return reasoned('truncated');
  }
  return reasoned('corrupt');
}

/** Whether a file that failed to decode also ends too early by its own account. */
function isCutOff(bytes: Buffer, format: ImageFormat): boolean {
  const tail = bytes.subarray(Math.max(0, bytes.length - 64));
  switch (format) {
    case 'jpeg':
      return !tail.includes(Buffer.from([0xff, 0xd9]));
    case 'png':
      return !tail.includes('IEND');
    case 'gif':
      return !tail.includes(0x3b);
    case 'webp':
      return bytes.length >= 8 && bytes.readUInt32LE(4) + 8 > bytes.length;
    case 'avif': {
      for (let at = 0; at + 8 <= bytes.length;) {
        const boxSize = bytes.readUInt32BE(at);
        if (boxSize < 8) return false; // to the end of the file, or 64 bits
        at += boxSize;
        if (at > bytes.length) return true;
      }
      return false;
    }
    default:
      return false;
  }
}

/** Makes three channels of one (grey), two (grey, alpha), three or four. */
function toRgb(data: Buffer, numPixels: number, channels: number): Uint8Array {
  if (channels === 3) return data;
  const rgb = new Uint8Array(numPixels * 3);
  for (let i = 0; i < numPixels; i++) {
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = data[i * channels + (channels < 3 ? 0 : c)]!;
  }
  return rgb;
}

/** Stretches each axis that is too short, bilinear with pixel centres at 0.5 as PIL does, across then down. */
function enlarge(rgb: Uint8Array, from: readonly [number, number], to: readonly [number, number]): Uint8Array {
  const [fromHeight, fromWidth] = from;
  const [toHeight, toWidth] = to;
  const wide = fromWidth === toWidth ? rgb : stretch(rgb, fromHeight, fromWidth, toWidth, 1); // [fromHeight, toWidth, 3]
  return fromHeight === toHeight ? wide : stretch(wide, 1, fromHeight, toHeight, toWidth); // [toHeight, toWidth, 3]
}

/** Stretches the middle axis of [outer, from, inner, 3] to `to`. */
function stretch(source: Uint8Array, outer: number, from: number, to: number, inner: number): Uint8Array {
  const result = new Uint8Array(outer * to * inner * 3);
  const stride = inner * 3;
  for (let i = 0; i < to; i++) {
    const place = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = Math.floor(place);
    const high = Math.min(from - 1, low + 1);
    const share = place - low;
    for (let o = 0; o < outer; o++) {
      const a = (o * from + low) * stride;
      const b = (o * from + high) * stride;
      const out = (o * to + i) * stride;
      for (let k = 0; k < stride; k++) result[out + k] = source[a + k]! * (1 - share) + source[b + k]! * share + 0.5;
    }
  }
  return result;
}
