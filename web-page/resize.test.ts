import { describe, expect, it } from 'vitest';
import { resizeRgb, type Pixels } from './resize.ts';

/** RGBA, opaque. @param colour of a place, one number for all channels */
function pixels(height: number, width: number, colour: (row: number, column: number) => number): Pixels {
  const data = new Uint8ClampedArray(height * width * 4).fill(255);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = (row * width + column) * 4;
      data.set([colour(row, column), colour(row, column) / 2, 7], at);
    }
  }
  return { data, width, height };
}
/** The red of each pixel. */
const reds = (rgb: Float32Array): number[] => [...rgb.filter((_, index) => index % 3 === 0)];

describe('resizeRgb', () => {
  it('leaves a picture of that size as it is', () => {
    const picture = pixels(3, 5, (row, column) => row * 40 + column * 10);
    expect(reds(resizeRgb(picture, [3, 5]))).toEqual([0, 10, 20, 30, 40, 40, 50, 60, 70, 80, 80, 90, 100, 110, 120]);
  });

  it('keeps the channels apart', () => {
    expect([
      ...resizeRgb(
        pixels(4, 4, () => 200),
        [1, 1],
      ),
    ]).toEqual([200, 100, 7]);
  });

  it('gives what Pillow 13 gives with BILINEAR when shrinking and when enlarging', () => {
    const picture = pixels(1, 8, (_, column) => [0, 255, 30, 200, 90, 10, 255, 60][column]!);
    const pillow = { 3: [124, 109, 127], 12: [0, 128, 217, 68, 115, 182, 108, 50, 51, 214, 158, 60] };
    for (const [width, expected] of Object.entries(pillow)) {
      const differences = reds(resizeRgb(picture, [1, Number(width)])).map((red, index) => red - expected[index]!);
      expect(Math.max(...differences.map(Math.abs))).toBeLessThanOrEqual(1); // Pillow computes with whole numbers
    }
  });

  it('weighs every pixel of a large picture', () => {
    const dot = pixels(64, 64, (row, column) => (row === 37 && column === 11 ? 255 * 16 : 0));
    expect(reds(resizeRgb(dot, [16, 16])).some((value) => value > 0)).toBe(true);
  });
});
