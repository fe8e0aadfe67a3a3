import { describe, expect, it } from 'vitest';
import { drawMap, markOf, markPolygon, type MapCanvas, type MapDrawing } from './map-marks.ts';

/** Writes down how many shapes and rings were drawn in which colour. */
function notes() {
  const drawn: { color: string; alpha: number; numShapes: number; kind: 'fill' | 'ring' }[] = [];
  let numShapes = 0;
  const canvas = {
    fillStyle: '',
    strokeStyle: '',
    globalAlpha: 1,
    lineWidth: 1,
    clearRect: () => undefined,
    beginPath: () => (numShapes = 0),
    moveTo: () => numShapes++,
    lineTo: () => undefined,
    closePath: () => undefined,
    arc: () => undefined,
    fill: () => drawn.push({ color: canvas.fillStyle, alpha: canvas.globalAlpha, numShapes, kind: 'fill' }),
    stroke: () => drawn.push({ color: canvas.strokeStyle, alpha: canvas.globalAlpha, numShapes, kind: 'ring' }),
  };
  return { drawn, canvas: canvas as unknown as MapCanvas };
}
const drawing: MapDrawing = {
  points: { x: [0.2, 0.4, 0.6, 0.8], y: [0.5, 0.5, 0.5, 0.5], classIndexes: [0, 1, 1, -1] },
  view: { x: 0.5, y: 0.5, scale: 300 },
  size: { width: 400, height: 300 },
  suspects: new Set([1]),
  selected: new Set(),
  colors: { classes: ['blue', 'red'], suspect: 'warn', selected: 'ink' },
};

describe('markOf', () => {
  it('tells 56 classes apart, and the first seven without any colour', () => {
    const keys = Array.from({ length: 56 }, (_, i) => JSON.stringify(markOf(i)));
    expect(new Set(keys).size).toBe(56);
    const shapes = Array.from({ length: 7 }, (_, i) => markPolygon(markOf(i), 5, 6));
    expect(new Set(shapes).size).toBe(7);
    expect(new Set(Array.from({ length: 56 }, (_, i) => markOf(i).color))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
  });
});

describe('drawMap', () => {
  it('draws each class in its colour, rings the suspects, and leaves out what is gone', () => {
    const { drawn, canvas } = notes();
    drawMap(canvas, drawing);
    expect(drawn).toEqual([
      { color: 'blue', alpha: 0.85, numShapes: 1, kind: 'fill' },
      { color: 'red', alpha: 0.85, numShapes: 2, kind: 'fill' },
      { color: 'warn', alpha: 1, numShapes: 1, kind: 'ring' },
      { color: 'ink', alpha: 1, numShapes: 0, kind: 'ring' },
    ]);
  });
  it('fades what is not selected, and does not draw what lies outside', () => {
    const { drawn, canvas } = notes();
    drawMap(canvas, { ...drawing, selected: new Set([2]) });
    expect(drawn.filter(({ color }) => color === 'red').map(({ alpha }) => alpha)).toEqual([0.3, 1]);
    expect(drawn.at(-1)).toMatchObject({ color: 'ink', numShapes: 1 });
    const away = notes();
    drawMap(away.canvas, { ...drawing, view: { x: 9, y: 9, scale: 300 } });
    expect(away.drawn.filter(({ kind }) => kind === 'fill').every(({ numShapes }) => numShapes === 0)).toBe(true);
  });
});
