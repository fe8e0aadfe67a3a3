import fs from 'node:fs/promises';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { ImageFormat } from '../dataset/formats.ts';
import { createRandom } from '../dataset/seeded.ts';

/** Where the real pictures for tests lie: `$GRAFT_SHARED/data`, else beside the checkout. Not part of the project. */
export const sharedData = path.join(
  process.env['GRAFT_SHARED'] ?? path.resolve(import.meta.dirname, '../../../shared'),
  'data',
);

/** RGB noise over a colour that the seed picks, shape [height, width, 3]. Same seed, same pixels. */
export function noisePixels(height: number, width: number, seed: number): Uint8Array {
  const random = createRandom(seed, 'testing/noise');
  const base = [random.int(200), random.int(200), random.int(200)];
  return Uint8Array.from({ length: height * width * 3 }, (_, i) => base[i % 3]! + random.int(56));
}

/** Four quarters: red, green above blue, white; shows at a glance how a picture is turned. Shape [height, width, 3]. */
export function quarters(height: number, width: number): Uint8Array {
  const colours = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ] as const;
  const pixels = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      pixels.set(colours[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)]!, (y * width + x) * 3);
  return pixels;
}

/** Opens pixels for encoding by the test. */
export function rawImage(pixels: Uint8Array, height: number, width: number): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Writes a folder of small JPEG pictures, all different: `{ 'train/cats': 3 }` gives `train/cats/1.jpg` to `3.jpg`. */
export async function writeImageTree(root: string, counts: Record<string, number>): Promise<void> {
  let seed = 0;
  for (const [folder, count] of Object.entries(counts)) {
    await fs.mkdir(path.join(root, folder), { recursive: true });
    for (let i = 1; i <= count; i++) {
      await fs.writeFile(
        path.join(root, folder, `${i}.jpg`),
        await rawImage(noisePixels(24, 32, ++seed), 24, 32)
          .jpeg()
          .toBuffer(),
      );
    }
  }
}

/** A whole 24- or 32-bit BMP of RGB pixels, rows bottom-up unless `isTopDown`. */
export function encodeBmp(
  pixels: Uint8Array,
  height: number,
  width: number,
  bitCount: 24 | 32 = 24,
  isTopDown = false,
): Buffer {
  const step = bitCount / 8;
  const rowBytes = Math.ceil((width * step) / 4) * 4;
  const bytes = Buffer.alloc(54 + rowBytes * height);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(isTopDown ? -height : height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(bitCount, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 54 + (isTopDown ? y : height - 1 - y) * rowBytes + x * step;
      for (let c = 0; c < 3; c++) bytes[at + 2 - c] = pixels[(y * width + x) * 3 + c]!;
    }
  }
  return bytes;
}

/** The seven formats that Graft reads. */
export const formats = ['jpeg', 'png', 'webp', 'gif', 'bmp', 'tiff', 'avif'] as const satisfies readonly ImageFormat[];

/**
 * Good pictures of a format, encoded in the ways that one meets, with what each is: 40 of all formats together. Each has
 * colours everywhere, so that no part of the file says nothing.
 */
export async function goodPictures(format: ImageFormat): Promise<[name: string, bytes: Buffer][]> {
  const [height, width] = [60, 72];
  const pixels = noisePixels(height, width, 40);
  const colour = (): Sharp => rawImage(pixels, height, width);
  const grey = (): Sharp => colour().greyscale();
  const deep = (): Sharp => colour().toColourspace('rgb16');
  const alpha = (): Sharp => colour().ensureAlpha(0.5);
  const animated = async (): Promise<Sharp> => {
    const frames = [40, 41, 42].map((seed) =>
      rawImage(noisePixels(height, width, seed), height, width)
        .png()
        .toBuffer(),
    );
    return sharp(await Promise.all(frames), { join: { animated: true } });
  };
  const ways: Record<ImageFormat, () => Promise<Record<string, Sharp | Buffer>> | Record<string, Sharp | Buffer>> = {
    jpeg: () => ({
      baseline: colour().jpeg(),
      progressive: colour().jpeg({ progressive: true }),
      grey: grey().jpeg(),
      'full colour': colour().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }),
      cmyk: colour().toColourspace('cmyk').jpeg(),
      turned: colour().withMetadata({ orientation: 6 }).jpeg(),
    }),
    png: () => ({
      plain: colour().png(),
      grey: grey().png(),
      palette: colour().png({ palette: true }),
      alpha: alpha().png(),
      '16-bit': deep().png(),
      interlaced: colour().png({ progressive: true }),
      stored: colour().png({ compressionLevel: 0 }),
    }),
    webp: async () => ({
      lossy: colour().webp(),
      lossless: colour().webp({ lossless: true }),
      alpha: alpha().webp(),
      animated: (await animated()).webp(),
      turned: colour().withMetadata({ orientation: 6 }).webp(),
    }),
    gif: async () => ({
      plain: colour().gif(),
      'few colours': colour().gif({ colours: 4 }),
      grey: grey().gif(),
      interlaced: colour().gif({ progressive: true }),
      animated: (await animated()).gif(),
    }),
    bmp: () => ({
      '24 bits': encodeBmp(pixels, height, width),
      '32 bits': encodeBmp(pixels, height, width, 32),
      '24 bits, top-down': encodeBmp(pixels, height, width, 24, true),
      '32 bits, top-down': encodeBmp(pixels, height, width, 32, true),
      'odd width': encodeBmp(noisePixels(41, 43, 41), 41, 43),
    }),
    tiff: () => ({
      stored: colour().tiff({ compression: 'none' }),
      lzw: colour().tiff({ compression: 'lzw' }),
      deflate: colour().tiff({ compression: 'deflate' }),
      jpeg: colour().tiff({ compression: 'jpeg' }),
      tiled: colour().tiff({ compression: 'lzw', tile: true, tileWidth: 16, tileHeight: 16 }),
      grey: grey().tiff({ compression: 'lzw' }),
      '16-bit': deep().tiff({ compression: 'lzw' }),
    }),
    avif: () => ({
      lossy: colour().avif({ effort: 0 }),
      lossless: colour().avif({ effort: 0, lossless: true }),
      alpha: alpha().avif({ effort: 0 }),
      'full colour': colour().avif({ effort: 0, chromaSubsampling: '4:4:4' }),
      grey: grey().avif({ effort: 0 }),
    }),
  };
  return Promise.all(
    Object.entries(await ways[format]()).map(
      async ([way, image]) =>
        [`${way} ${format}`, Buffer.isBuffer(image) ? image : await image.toBuffer()] as [string, Buffer],
    ),
  );
}
