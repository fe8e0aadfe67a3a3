import { describe, expect, it } from 'vitest';
import { gridHeight, gridShape, gridWindow, movedBy, slotIndex } from './grid-window.ts';

const shape = gridShape(1024, 132, 8);

describe('gridShape', () => {
  it('fills the width with cells no smaller than asked', () => {
    expect(shape.numColumns).toBe(7);
    expect(shape.cellPx * 7 + 8 * 6).toBeCloseTo(1024);
    expect(shape.cellPx).toBeGreaterThanOrEqual(132);
  });

  it('keeps one column however narrow it is', () => {
    expect(gridShape(40, 132, 8).numColumns).toBe(1);
  });
});

describe('gridWindow', () => {
  it('draws a small part of ten thousand pictures, wherever it is scrolled', () => {
    for (const viewTop of [-300, 0, 50_000, gridHeight(shape, 10_000)]) {
      const { first, last } = gridWindow(shape, 10_000, viewTop, 700);
      expect(last - first).toBeLessThanOrEqual(13 * 7);
      expect(last).toBeLessThanOrEqual(10_000);
    }
  });

  it('holds every cell that is in view', () => {
    const rowPx = shape.cellPx + shape.gapPx;
    const { first, last } = gridWindow(shape, 10_000, 10 * rowPx, 4 * rowPx);
    expect(first).toBeLessThanOrEqual(10 * 7);
    expect(last).toBeGreaterThanOrEqual(14 * 7);
  });
});

describe('slotIndex', () => {
  const rowPx = shape.cellPx + shape.gapPx;
  const shown = (numItems: number, viewTop: number) => {
    const view = gridWindow(shape, numItems, viewTop, 700);
    const indexes = Array.from({ length: view.numSlots }, (_, slot) => slotIndex(slot, view));
    return { view, indexes, drawn: indexes.filter((index) => index < view.last) };
  };

  it('draws every picture of the window once, wherever it is scrolled and however many there are', () => {
    for (const numItems of [0, 1, 7, 40, 100, 9_999])
      for (const viewTop of [-300, 0, 3 * rowPx, 50_001, gridHeight(shape, numItems)]) {
        const { view, drawn } = shown(numItems, viewTop);
        expect(drawn.sort((a, b) => a - b)).toEqual(
          Array.from({ length: view.last - view.first }, (_, offset) => view.first + offset),
        );
      }
  });

  it('changes the cells of one row alone when the grid moves by a row', () => {
    const [before, after] = [shown(10_000, 50 * rowPx), shown(10_000, 51 * rowPx)];
    expect(after.view.numSlots).toBe(before.view.numSlots);
    expect(after.indexes.filter((index, slot) => index !== before.indexes[slot])).toHaveLength(7);
  });
});

describe('movedBy', () => {
  it('moves by one, by a row and to the ends', () => {
    expect(movedBy('ArrowRight', 3, 7, 20)).toBe(4);
    expect(movedBy('ArrowDown', 3, 7, 20)).toBe(10);
    expect(movedBy('End', 3, 7, 20)).toBe(19);
  });

  it('stays where there is nothing further', () => {
    expect(movedBy('ArrowUp', 3, 7, 20)).toBe(3);
    expect(movedBy('ArrowDown', 15, 7, 20)).toBe(15);
  });

  it('leaves other keys alone', () => {
    expect(movedBy('a', 3, 7, 20)).toBeNull();
  });
});
