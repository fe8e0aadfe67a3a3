import { describe, expect, it } from 'vitest';
import { wordsFor } from '../../../strings/index.ts';
import { layOutSizes, plotSide, sizeText } from './size-plot.ts';

const mark = (width: number, height: number, numImages = 1) => ({
  minWidth: width,
  maxWidth: width,
  minHeight: height,
  maxHeight: height,
  numImages,
});

describe('layOutSizes', () => {
  it('keeps every mark within the plot, wider ones to the right, higher ones further up', () => {
    const { marks } = layOutSizes([mark(500, 375), mark(8000, 24), mark(20, 6000)]);
    for (const { x, y } of marks) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(plotSide.width);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(plotSide.height);
    }
    expect(marks[1]!.x).toBeGreaterThan(marks[0]!.x);
    expect(marks[2]!.y).toBeLessThan(marks[0]!.y);
  });

  it('tells by area how many there are', () => {
    const [many, few] = layOutSizes([mark(500, 375, 400), mark(100, 100, 100)]).marks;
    expect(many!.radius ** 2 / few!.radius ** 2).toBeCloseTo(4);
  });

  it('draws where width is height only where both are in sight', () => {
    expect(layOutSizes([mark(100, 100)]).square).not.toBeNull();
    expect(layOutSizes([]).marks).toEqual([]);
  });
});

describe('sizeText', () => {
  it('names one size, or where from and to', () => {
    const words = wordsFor('en');
    expect(sizeText(words, mark(1500, 375))).toBe('1,500 × 375');
    expect(sizeText(words, { ...mark(100, 50), maxWidth: 118, maxHeight: 58 })).toBe('100 to 118 × 50 to 58');
  });
});
