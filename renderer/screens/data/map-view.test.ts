import { describe, expect, it } from 'vitest';
import {
  fitView,
  panBy,
  pointAt,
  pointInMiddle,
  pointsIn,
  pointTowards,
  toScreen,
  viewWith,
  zoomAt,
  type MapPoints,
} from './map-view.ts';

const size = { width: 400, height: 300 };
/** A cross with a picture in its middle, and one that is gone at the same place as the right one. */
const cross: MapPoints = {
  x: [0.5, 0.3, 0.7, 0.5, 0.5, 0.7],
  y: [0.5, 0.5, 0.5, 0.3, 0.7, 0.5],
  classIndexes: [0, 0, 1, 1, 0, -1],
};
const fitted = fitView(cross, size);
const placeOf = (index: number) => toScreen(fitted, size, cross.x[index]!, cross.y[index]!);

describe('fitView', () => {
  it('shows every picture, as large as there is room, without stretching', () => {
    for (let index = 0; index < 5; index++) {
      const [x, y] = placeOf(index);
      expect(x).toBeGreaterThanOrEqual(23);
      expect(x).toBeLessThanOrEqual(377);
      expect(y).toBeGreaterThanOrEqual(23);
      expect(y).toBeLessThanOrEqual(277);
    }
    expect(placeOf(4)[1] - placeOf(3)[1]).toBeCloseTo(252);
    expect(placeOf(2)[0] - placeOf(1)[0]).toBeCloseTo(252);
  });
  it('has an answer for no picture and for one', () => {
    expect(fitView({ x: [], y: [], classIndexes: [] }, size).scale).toBeGreaterThan(0);
    const one = { x: [0.2], y: [0.9], classIndexes: [0] };
    expect(toScreen(fitView(one, size), size, 0.2, 0.9)).toEqual([200, 150]);
  });
});

describe('zoomAt', () => {
  it('keeps what lies under the pointer there', () => {
    const [px, py] = placeOf(2);
    const near = zoomAt(fitted, fitted, size, px, py, 3);
    expect(near.scale).toBeCloseTo(3 * fitted.scale);
    const [x, y] = toScreen(near, size, cross.x[2]!, cross.y[2]!);
    expect([x, y]).toEqual([expect.closeTo(px, 6), expect.closeTo(py, 6)]);
  });
  it('stops at all, and at very near', () => {
    expect(zoomAt(fitted, fitted, size, 10, 10, 0.1)).toEqual(fitted);
    expect(zoomAt(fitted, fitted, size, 10, 10, 1e9).scale).toBe(60 * fitted.scale);
  });
});

describe('panBy', () => {
  it('moves what is drawn by as many pixels', () => {
    const [x, y] = placeOf(0);
    expect(toScreen(panBy(fitted, 30, -20), size, 0.5, 0.5)).toEqual([
      expect.closeTo(x + 30, 6),
      expect.closeTo(y - 20, 6),
    ]);
  });
});

describe('viewWith', () => {
  it('moves only for a place that is not seen', () => {
    expect(viewWith(fitted, size, 0.5, 0.5)).toBe(fitted);
    const away = panBy(fitted, 5000, 0);
    expect(toScreen(viewWith(away, size, 0.5, 0.5), size, 0.5, 0.5)).toEqual([200, 150]);
  });
});

describe('pointAt', () => {
  it('finds the nearest within reach, none that is gone', () => {
    const [x, y] = placeOf(2);
    expect(pointAt(cross, fitted, size, x + 3, y - 2)).toBe(2);
    expect(pointAt(cross, fitted, size, x + 30, y)).toBeNull();
    expect(pointInMiddle(cross, fitted, size)).toBe(0);
  });
});

describe('pointsIn', () => {
  it('finds what a box holds, drawn from any corner', () => {
    const [left, top] = placeOf(1);
    const [right, bottom] = placeOf(0);
    const corners = { fromX: right + 2, fromY: bottom + 2, toX: left - 2, toY: top - 2 };
    expect(pointsIn(cross, fitted, size, corners)).toEqual([0, 1]);
    expect(pointsIn(cross, fitted, size, { fromX: 0, fromY: 0, toX: 400, toY: 300 })).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('pointTowards', () => {
  it('goes to the nearest ahead, and nowhere where there is none', () => {
    expect((['left', 'right', 'up', 'down'] as const).map((way) => pointTowards(cross, 0, way))).toEqual([1, 2, 3, 4]);
    expect(pointTowards(cross, 1, 'left')).toBeNull();
    expect(pointTowards(cross, 1, 'right')).toBe(0);
  });
});
