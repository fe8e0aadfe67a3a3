import { describe, expect, it } from 'vitest';
import { goodPictures, noisePixels, rawImage } from '../testing/images.ts';
import { createRandom } from '../dataset/seeded.ts';
import { tiffEnd } from './tiff.ts';

describe('tiffEnd', () => {
  it('lies within every whole file, and beyond what is left of one that is cut', async () => {
    const big = await rawImage(noisePixels(24, 24, 1), 24, 24)
      .tiff({ bigtiff: true })
      .toBuffer();
    expect(big[2]).toBe(0x2b);
    for (const [name, bytes] of [...(await goodPictures('tiff')), ['big', big] as const]) {
      expect([name, tiffEnd(bytes) <= bytes.length]).toEqual([name, true]);
      for (const share of [0.1, 0.5, 0.9]) {
        const cut = bytes.subarray(0, bytes.length * share);
        expect([name, share, tiffEnd(cut) > cut.length]).toEqual([name, share, true]);
      }
    }
  });

  it('counts the strips of a file whose directory comes first, in either byte order', () => {
    for (const isLittle of [true, false]) {
      const bytes = Buffer.alloc(100);
      const write = (at: number, value: number, size: number): number =>
        isLittle ? bytes.writeUIntLE(value, at, size) : bytes.writeUIntBE(value, at, size);
      bytes.write(isLittle ? 'II' : 'MM');
      write(2, 42, 2);
      write(4, 8, 4);
      write(8, 2, 2);
      for (const [i, [tag, value]] of (
        [
          [273, 60],
          [279, 40],
        ] as const
      ).entries()) {
        write(10 + 12 * i, tag, 2);
        write(12 + 12 * i, 4, 2);
        write(14 + 12 * i, 1, 4);
        write(18 + 12 * i, value, 4);
      }
      expect(tiffEnd(bytes)).toBe(100);
      expect(tiffEnd(bytes.subarray(0, 99))).toBe(100);
    }
  });

  it('answers whatever follows the first bytes, and never hangs', () => {
    const random = createRandom(9, 'tiff');
    for (let i = 0; i < 3000; i++) {
      const bytes = Buffer.from(
        Array.from({ length: random.int(120) }, () => random.int(random.int(2) === 0 ? 4 : 256)),
      );
      bytes.write(['II*\0', 'MM\0*', 'II+\0', 'MM\0+'][i % 4]!, 'latin1');
      expect(tiffEnd(bytes)).toBeGreaterThanOrEqual(0);
    }
  });
});
