import { indexesOf, toScreen, type MapPoints, type MapView, type Size } from './map-view.ts';

/** How a class is drawn: a colour of the palette, 1..8, and a shape as corners around a circle of radius one. */
export interface Mark {
  color: number;
  corners: readonly (readonly [number, number])[];
}

const numColors = 8;

/** Corners on circles of one or two radii, in turn, beginning at an angle in degrees. */
function star(numCorners: number, fromDegrees: number, radii: readonly number[]): [number, number][] {
  return Array.from({ length: numCorners }, (_, i) => {
    const angle = ((fromDegrees + (360 * i) / numCorners) * Math.PI) / 180;
    const radius = radii[i % radii.length] ?? 1;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}
/** Round, square, triangle, diamond, star of four, triangle on its tip, star of five: their number shares no factor with that of the colours. */
const shapes = [
  star(16, 0, [1]),
  star(4, 45, [1.2]),
  star(3, -90, [1.35]),
  star(4, 0, [1.3]),
  star(8, 0, [1.5, 0.55]),
  star(3, 90, [1.35]),
  star(10, -90, [1.5, 0.65]),
];

/** The mark of a class: no two of the first 56 have both colour and shape in common, no two of the first 7 either. */
export function markOf(classIndex: number): Mark {
  return { color: (classIndex % numColors) + 1, corners: shapes[classIndex % shapes.length] ?? [] };
}

/** The corners as the `points` of an SVG polygon. */
export function markPolygon({ corners }: Mark, radius: number, middle: number): string {
  return corners.map(([x, y]) => `${(middle + x * radius).toFixed(2)},${(middle + y * radius).toFixed(2)}`).join(' ');
}

/** Pixels from a mark's middle to its edge: fewer pictures have room for larger ones. */
export const markRadius = (numShown: number): number => (numShown < 400 ? 5.5 : numShown < 3000 ? 4 : 2.5);

/** What is used of a canvas. */
export type MapCanvas = Pick<
  CanvasRenderingContext2D,
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'closePath'
  | 'arc'
  | 'fill'
  | 'stroke'
  | 'clearRect'
  | 'fillStyle'
  | 'strokeStyle'
  | 'globalAlpha'
  | 'lineWidth'
>;
export interface MapColors {
  /** By the number of the colour, from 1. */
  classes: readonly string[];
  suspect: string;
  selected: string;
}
export interface MapDrawing {
  points: MapPoints;
  view: MapView;
  size: Size;
  suspects: ReadonlySet<number>;
  selected: ReadonlySet<number>;
  colors: MapColors;
}

const fadedAlpha = 0.3;

/** Draws all pictures: a path a class, rings around suspects and the selected. While some are selected the others fade. */
export function drawMap(canvas: MapCanvas, { points, view, size, suspects, selected, colors }: MapDrawing): void {
  canvas.clearRect(0, 0, size.width, size.height);
  const shown = indexesOf(points);
  const radius = markRadius(shown.length);
  const byClass = new Map<number, number[]>();
  for (const index of shown) {
    const classIndex = points.classIndexes[index] ?? 0;
    const of = byClass.get(classIndex);
    if (of === undefined) byClass.set(classIndex, [index]);
    else of.push(index);
  }
  const placeOf = (index: number): [number, number] => toScreen(view, size, points.x[index] ?? 0, points.y[index] ?? 0);
  const isSeen = ([x, y]: [number, number]): boolean =>
    x > -radius * 2 && y > -radius * 2 && x < size.width + radius * 2 && y < size.height + radius * 2;
  const fill = (indexes: readonly number[], mark: Mark, alpha: number): void => {
    canvas.globalAlpha = alpha;
    canvas.fillStyle = colors.classes[mark.color - 1] ?? colors.selected;
    canvas.beginPath();
    for (const place of indexes.map(placeOf).filter(isSeen)) addCorners(canvas, mark, radius, place);
    canvas.fill();
  };
  for (const [classIndex, indexes] of [...byClass].sort(([one], [other]) => one - other)) {
    const mark = markOf(classIndex);
    if (selected.size === 0) fill(indexes, mark, 0.85);
    else {
      fill(
        indexes.filter((index) => !selected.has(index)),
        mark,
        fadedAlpha,
      );
      fill(
        indexes.filter((index) => selected.has(index)),
        mark,
        1,
      );
    }
  }
  canvas.globalAlpha = 1;
  ring(canvas, shown.filter((index) => suspects.has(index)).map(placeOf), radius + 3.5, 2, colors.suspect);
  ring(canvas, shown.filter((index) => selected.has(index)).map(placeOf), radius + 1.5, 1, colors.selected);
}

function addCorners(canvas: MapCanvas, { corners }: Mark, radius: number, [x, y]: [number, number]): void {
  corners.forEach(([cornerX, cornerY], i) => {
    if (i === 0) canvas.moveTo(x + cornerX * radius, y + cornerY * radius);
    else canvas.lineTo(x + cornerX * radius, y + cornerY * radius);
  });
  canvas.closePath();
}

function ring(
  canvas: MapCanvas,
  places: readonly [number, number][],
  radius: number,
  width: number,
  color: string,
): void {
  canvas.strokeStyle = color;
  canvas.lineWidth = width;
  canvas.beginPath();
  for (const [x, y] of places) {
    canvas.moveTo(x + radius, y);
    canvas.arc(x, y, radius, 0, 2 * Math.PI);
  }
  canvas.stroke();
}
