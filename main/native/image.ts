import type { Conversion } from '../../contract/dataset.ts'; // eslint-disable-line graft/import-zones -- a type; the words are the contract's
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { sniffFormat, type ImageFormat } from '../dataset/formats.ts'; // eslint-disable-line graft/import-zones -- plain data without imports; the scan needs it without sharp
import { decodeBmp } from './bmp.ts';
import { ImageProblem } from './image-problem.ts';
import { decodeSmallJpeg, minSide, resizePixels, shrinkSmallJpeg } from './small-jpeg.ts';
import { tiffEnd } from './tiff.ts';

export { headerBytes, sniffFormat, type ImageFormat, type Sniffed } from '../dataset/formats.ts'; // eslint-disable-line graft/import-zones -- plain data without imports; the scan needs it without sharp
export { ImageProblem } from './image-problem.ts';

/**
 * Names how bytes become pixels. It is part of every feature's key: change it whenever one pixel may come out otherwise.
 *
 * Filter: triangle ("linear"), widened when shrinking, as PIL's BILINEAR. A JPEG of up to a megapixel, plain and upright, is
 * decoded by libjpeg-turbo and resized here (`small-jpeg.ts`); everything else by libvips, which lets JPEG and WebP shrink
 * while they load, and moves a picture when it enlarges it (mean 8.9 to BILINEAR), so that enlarging is done here too.
 * Measured on 100 photographs of cats_and_dogs (mostly 500x375) to 224x224, difference of a value 0..255, mean and largest:
 *   small JPEGs   0.03, 1 to TensorFlow's decode_jpeg and Pillow's resize    0.97, 4 to Pillow alone
 *   libvips       0.92, 16                                                   0.16, 14
 * (libjpeg's fast and accurate transforms differ by the 0.96 that lie between Keras's two ways of loading a picture.)
 * Shrink on load, fast: three large photographs differ from Pillow by 0.57 in the mean (22 at most) instead of 0.38 (12), and
 * a 12 megapixel JPEG takes 33 ms, not 48. Why these two, and their times: docs/decisions/0013.
 */
export const DECODER_VERSION = 'jpeg-turbo-2.3.0+sharp-0.35.5/linear/shrink-on-load/2';

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
  const small = decodeSmallJpeg(bytes, size);
  return small ? { pixels: small.pixels } : decodeByLibvips(bytes, size);
}

/** The same for bytes that `decodeSmallJpeg` has refused. */
export async function decodeByLibvips(bytes: Buffer, size: readonly [number, number]): Promise<{ pixels: Uint8Array }> {
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
    const isWanted = info.height === height && info.width === width;
    return { pixels: isWanted ? rgb : resizePixels(rgb, [info.height, info.width], size) };
  });
}

/**
 * Makes a small picture of one, upright, no side longer than `sizePx`, its shape kept, alpha kept. Never enlarged.
 *
 * @returns a JPEG or a WebP, whichever is sooner made.
 * @throws ImageProblem saying why the file cannot be used
 */
export async function thumbnail(bytes: Buffer, sizePx: number): Promise<Buffer> {
  const small = shrinkSmallJpeg(bytes, sizePx);
  if (small) return small;
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
