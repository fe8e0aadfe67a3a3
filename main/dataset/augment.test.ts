import { describe, expect, it } from 'vitest';
import { AugmentationStrength, augmentationPresets } from '../../contract/run.ts';
import { formulaPicture } from '../../tools/reference/formulas.ts';
import { augmentPixels, drawAugmentation, type DrawnAugmentation } from './augment.ts';
import { createRandom } from './seeded.ts';

const size = [20, 30] as const;
const picture = formulaPicture(1, ...size);
const nothing: DrawnAugmentation = {
  affine: [1, 0, 0, 0, 1, 0],
  brightness: 0,
  contrast: 1,
  cutout: { side: 0, x: 0, y: 0 },
};
const at = (pixels: Uint8Array, y: number, x: number) => [...pixels.subarray(3 * (y * 30 + x), 3 * (y * 30 + x) + 3)];

describe('augmentPixels', () => {
  it('changes nothing when nothing is drawn', () => {
    expect(augmentPixels(picture, size, nothing)).toEqual(picture);
    const still = drawAugmentation(AugmentationStrength.parse({}), createRandom(1, 'x'));
    expect(augmentPixels(picture, size, still)).toEqual(picture);
  });

  it('flips, and shifts with the border mirrored', () => {
    const flipped = augmentPixels(picture, size, { ...nothing, affine: [-1, 0, 0, 0, 1, 0] });
    for (const [y, x] of [
      [0, 0],
      [7, 11],
      [19, 29],
    ] as const)
      expect(at(flipped, y, x)).toEqual(at(picture, y, 29 - x));
    const shifted = augmentPixels(picture, size, { ...nothing, affine: [1, 0, 0.1, 0, 1, 0] }); // three pixels
    expect(at(shifted, 4, 5)).toEqual(at(picture, 4, 8));
    expect(at(shifted, 4, 28)).toEqual(at(picture, 4, 27)); // 31 is as far beyond 29 as 27 is before it
  });

  it('turns about the centre', () => {
    const turned = augmentPixels(picture, size, { ...nothing, affine: [-1, 0, 0, 0, -1, 0] });
    expect(at(turned, 2, 3)).toEqual(at(picture, 17, 26));
  });

  it('brightens, sets contrast about grey, and cuts a grey square out', () => {
    const grey = new Uint8Array(20 * 30 * 3).fill(127);
    expect(augmentPixels(grey, size, { ...nothing, contrast: 0.5 })).toEqual(grey);
    expect(augmentPixels(grey, size, { ...nothing, brightness: 0.1 })[0]).toBe(153); // 127 + 25.5, rounded
    const cut = augmentPixels(picture, size, { ...nothing, cutout: { side: 0.5, x: 0.5, y: 0.5 } });
    expect(at(cut, 10, 15)).toEqual([127, 127, 127]);
    expect(at(cut, 0, 0)).toEqual(at(picture, 0, 0));
    expect(cut.filter((value, i) => value !== picture[i]).length).toBeLessThanOrEqual(3 * 10 * 10);
  });

  it('draws the same from the same seed and keeps within its range', () => {
    const draw = (label: string) => drawAugmentation(augmentationPresets.strong, createRandom(7, label));
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
    for (let i = 0; i < 200; i++) {
      const { affine, brightness, contrast } = draw(String(i));
      expect(Math.abs(affine[2])).toBeLessThanOrEqual(0.15);
      const scale = Math.hypot(affine[0], affine[1]);
      expect(scale).toBeGreaterThan(1 / 1.21);
      expect(scale).toBeLessThan(1 / 0.79);
      expect(Math.abs(brightness)).toBeLessThanOrEqual(0.2);
      expect(Math.abs(contrast - 1)).toBeLessThanOrEqual(0.3);
    }
  });
});
