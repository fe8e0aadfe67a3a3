import { describe, expect, it } from 'vitest';
import { pictureSizes } from './picture-sizes.ts';

const sized = (width: number, height: number) => ({
  facts: { width, height, conversions: [], sharpness: 0, brightness: 0 },
});

describe('pictureSizes', () => {
  it('counts each size, the most common first, and those not known yet', () => {
    const images = [sized(500, 375), sized(100, 100), sized(500, 375), { facts: null }];
    expect(pictureSizes(images)).toEqual({
      marks: [
        { minWidth: 500, maxWidth: 500, minHeight: 375, maxHeight: 375, numImages: 2 },
        { minWidth: 100, maxWidth: 100, minHeight: 100, maxHeight: 100, numImages: 1 },
      ],
      numUnknown: 1,
    });
  });

  it('takes sizes together where there are too many, each picture in one range that holds it', () => {
    const images = Array.from({ length: 3000 }, (_, i) => sized(1 + ((i * 37) % 2999), 1 + ((i * 61) % 997)));
    const { marks } = pictureSizes(images);
    expect(marks.length).toBeLessThan(2500);
    expect(marks.reduce((sum, { numImages }) => sum + numImages, 0)).toBe(images.length);
    for (const { facts } of images) {
      const holding = marks.filter(
        (mark) =>
          mark.minWidth <= facts.width &&
          facts.width <= mark.maxWidth &&
          mark.minHeight <= facts.height &&
          facts.height <= mark.maxHeight,
      );
      expect(holding).toHaveLength(1);
    }
  });
});
