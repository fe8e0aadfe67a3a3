import turbo from '@julusian/jpeg-turbo';
import { describe, expect, it } from 'vitest';
import { noisePixels, rawImage } from '../testing/images.ts';
import { exif, withSegment } from '../testing/jpeg-segments.ts';
import { bytesFor, Canvas } from './resample.ts';
import { decodeSmallJpeg, resizePixels } from './small-jpeg.ts';

const jpegOf = (height: number, width: number, seed = 1): Promise<Buffer> =>
  rawImage(noisePixels(height, width, seed), height, width)
    .jpeg()
    .toBuffer();

describe('decodeSmallJpeg', () => {
  it('decodes, then resizes, whatever sizes came before', async () => {
    for (const [height, width, to] of [
      [60, 90, 32],
      [200, 310, 64],
      [12, 9, 48],
      [60, 90, 32],
    ] as const) {
      const bytes = await jpegOf(height, width);
      const canvas = new Canvas(bytesFor([height, width], [to, to]));
      canvas.pixels([height, width]).set(turbo.decompressSync(bytes, { format: turbo.FORMAT_RGB }).data);
      const decoded = decodeSmallJpeg(bytes, [to, to])!;
      expect(Buffer.from(decoded.pixels).equals(Buffer.from(canvas.resize([height, width], [to, to])))).toBe(true);
      expect(decoded.header).toEqual({ height, width, orientation: 1 });
    }
  });

  it('reads grey as RGB', async () => {
    const bytes = await rawImage(noisePixels(16, 16, 2), 16, 16)
      .toColourspace('b-w')
      .jpeg()
      .toBuffer();
    const { pixels } = decodeSmallJpeg(bytes, [16, 16])!;
    expect(pixels).toHaveLength(16 * 16 * 3);
    for (let i = 0; i < pixels.length; i += 3) expect([pixels[i + 1], pixels[i + 2]]).toEqual([pixels[i], pixels[i]]);
  });

  it('leaves to libvips what is cut, damaged, turned, tiny or large', async () => {
    const bytes = await jpegOf(64, 64);
    const damaged = Buffer.from(bytes);
    damaged.fill(0xff, bytes.length - 400, bytes.length - 350);
    const turned = withSegment(bytes, exif('MM', 0x0112, 3, 6));
    for (const [what, file] of [
      ['cut', bytes.subarray(0, bytes.length - 300)],
      ['damaged', damaged],
      ['turned', turned],
      ['tiny', await jpegOf(7, 40)],
      ['large', await jpegOf(1001, 1000)],
    ] as const)
      expect([what, decodeSmallJpeg(file, [16, 16])]).toEqual([what, null]);
    expect(decodeSmallJpeg(await jpegOf(1000, 1000), [16, 16])).not.toBeNull();
    expect(decodeSmallJpeg(await jpegOf(60_000, 16), [16, 16])).not.toBeNull();
    expect(decodeSmallJpeg(await jpegOf(60_000, 16), [16, 1024])).toBeNull(); // 60,000 rows of 1,024 pixels
  });
});

describe('a JPEG of many scans', () => {
  it('holds nothing up', async () => {
    // Grey, 1000 x 1000, and after its one scan twenty thousand more.
    const bytes = await rawImage(noisePixels(1000, 1000, 2), 1000, 1000)
      .toColourspace('b-w')
      .jpeg()
      .toBuffer();
    const scan = Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    const many = Buffer.concat([
      bytes.subarray(0, -2),
      ...Array.from({ length: 20_000 }, () => scan),
      bytes.subarray(-2),
    ]);
    // And three components that come one by one.
    const colour = await jpegOf(1000, 1000);
    const at = colour.indexOf(Buffer.from([0xff, 0xda]));
    const apart = Buffer.concat([colour.subarray(0, at), ...Array.from({ length: 20_000 }, () => scan)]);
    const started = performance.now();
    expect(decodeSmallJpeg(apart, [16, 16])).toBeNull();
    expect(decodeSmallJpeg(many, [16, 16])).toBeNull();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('resizePixels', () => {
  it('leaves alone what another call gave', () => {
    const black = resizePixels(new Uint8Array(8 * 8 * 3), [8, 8], [4, 4]);
    resizePixels(new Uint8Array(8 * 8 * 3).fill(255), [8, 8], [4, 4]);
    expect(black.every((value) => value === 0)).toBe(true);
  });
});
