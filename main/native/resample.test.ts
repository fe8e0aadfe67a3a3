import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formulaPicture } from '../../tools/reference/formulas.ts';
import { noisePixels } from '../testing/images.ts';
import { bytesFor, Canvas } from './resample.ts';

type Size = [number, number];
const resize = (pixels: Uint8Array, from: Size, to: Size): Uint8Array => {
  const canvas = new Canvas(bytesFor(from, to));
  canvas.pixels(from).set(pixels);
  return canvas.resize(from, to);
};

interface Case {
  from: Size;
  to: Size;
  /** Of Pillow: tools/reference/pillow_resize.py. */
  pixels: string;
}
const file = new URL('../../tools/reference/pillow_resize.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];

describe('Canvas', () => {
  it.each(cases.map((one, i) => [i, one.from, one.to, one] as const))(
    'resizes picture %i, %j to %j, as Pillow does',
    (i, from, to, { pixels }) => {
      const expected = Buffer.from(pixels, 'base64');
      const resized = resize(formulaPicture(i, from[0], from[1]), from, to);
      expect(resized).toHaveLength(expected.length);
      const differences = [...resized].map((value, k) => Math.abs(value - expected[k]!));
      // Sums that are just a half round either way: 7 columns stretched to 90 have many.
      expect(Math.max(...differences)).toBeLessThanOrEqual(1);
      const share = from[0] > 8 * to[0] ? 0.25 : 0.04;
      expect(differences.filter((difference) => difference > 0).length / expected.length).toBeLessThanOrEqual(share);
    },
  );

  it('leaves a picture of the wanted size, and the axis that has it, as they are', () => {
    const pixels = noisePixels(19, 23, 1);
    expect(Buffer.from(resize(pixels, [19, 23], [19, 23])).equals(pixels)).toBe(true);
    const column = Uint8Array.from({ length: 40 * 3 }, (_, i) => 5 * Math.floor(i / 3));
    const wide = resize(column, [40, 1], [40, 50]); // every row of one colour
    expect(wide.every((value, i) => value === 5 * Math.floor(i / 150))).toBe(true);
  });

  it('keeps black black and white white, however much it shrinks or stretches', () => {
    for (const value of [0, 255])
      for (const [from, to] of [
        [
          [3, 900],
          [224, 7],
        ],
        [
          [900, 3],
          [1, 224],
        ],
        [
          [8, 8],
          [331, 331],
        ],
      ] satisfies [Size, Size][]) {
        const resized = resize(new Uint8Array(from[0] * from[1] * 3).fill(value), from, to);
        expect([value, from, to, resized.every((found) => found === value)]).toEqual([value, from, to, true]);
      }
  });

  it('gives the same again after a larger and a smaller picture went through the same place', () => {
    const sizes: [Size, Size][] = [
      [
        [30, 41],
        [16, 16],
      ],
      [
        [90, 77],
        [64, 50],
      ],
      [
        [5, 6],
        [16, 16],
      ],
    ];
    const canvas = new Canvas(Math.max(...sizes.map(([from, to]) => bytesFor(from, to))));
    for (const [from, to] of [...sizes, ...sizes]) {
      const pixels = noisePixels(from[0], from[1], 4);
      canvas.pixels(from).set(pixels);
      expect(Buffer.from(canvas.resize(from, to)).equals(Buffer.from(resize(pixels, from, to)))).toBe(true);
    }
  });
});
