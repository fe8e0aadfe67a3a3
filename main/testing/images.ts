import fs from 'node:fs/promises';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
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
