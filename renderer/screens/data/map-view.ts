/** Pictures on a map; lists of one length. */
export interface MapPoints {
  /** 0..1 */
  x: readonly number[];
  y: readonly number[];
  /** -1: not in use, and not shown. */
  classIndexes: readonly number[];
}
/** What of the map is seen: the place in the middle, and pixels a unit. */
export interface MapView {
  x: number;
  y: number;
  scale: number;
}
export interface Size {
  width: number;
  height: number;
}
/** In pixels of the drawing, any two corners. */
export interface Box {
  fromX: number;
  fromY: number;
  toX: number;
  toY: number;
}
export type Direction = 'left' | 'right' | 'up' | 'down';

const marginPx = 24;
const largestZoom = 60;

/** The view that shows all pictures. */
export function fitView(points: MapPoints, size: Size): MapView {
  const shown = indexesOf(points);
  if (shown.length === 0) return { x: 0.5, y: 0.5, scale: Math.max(1, Math.min(size.width, size.height)) };
  const span = (values: readonly number[]): [number, number] =>
    shown.reduce<[number, number]>(
      ([low, high], index) => [Math.min(low, values[index] ?? low), Math.max(high, values[index] ?? high)],
      [Infinity, -Infinity],
    );
  const [left, right] = span(points.x);
  const [top, bottom] = span(points.y);
  const room = (px: number): number => Math.max(1, px - 2 * marginPx);
  const scale = Math.min(
    room(size.width) / Math.max(right - left, 0.01),
    room(size.height) / Math.max(bottom - top, 0.01),
  );
  return { x: (left + right) / 2, y: (top + bottom) / 2, scale };
}

/** Where a place is drawn, in pixels from the top left. */
export function toScreen(view: MapView, size: Size, x: number, y: number): [number, number] {
  return [(x - view.x) * view.scale + size.width / 2, (y - view.y) * view.scale + size.height / 2];
}

/** Zooms so that what lies at a pixel stays there; between all and very near. @param fitted the view that shows all */
export function zoomAt(view: MapView, fitted: MapView, size: Size, px: number, py: number, factor: number): MapView {
  const scale = Math.max(fitted.scale, Math.min(fitted.scale * largestZoom, view.scale * factor));
  if (scale === fitted.scale) return fitted;
  const [dx, dy] = [px - size.width / 2, py - size.height / 2];
  const by = 1 / view.scale - 1 / scale;
  return { x: view.x + dx * by, y: view.y + dy * by, scale };
}

/** Moves the map along with a pointer. */
export function panBy(view: MapView, dxPx: number, dyPx: number): MapView {
  return { ...view, x: view.x - dxPx / view.scale, y: view.y - dyPx / view.scale };
}

/** The view with a place in it, moved only if the place lies outside. */
export function viewWith(view: MapView, size: Size, x: number, y: number): MapView {
  const [px, py] = toScreen(view, size, x, y);
  const isInside =
    px >= marginPx / 2 && py >= marginPx / 2 && px <= size.width - marginPx / 2 && py <= size.height - marginPx / 2;
  return isInside ? view : { ...view, x, y };
}

/** The picture nearest to a pixel, within a reach; null where there is none. */
export function pointAt(
  points: MapPoints,
  view: MapView,
  size: Size,
  px: number,
  py: number,
  reachPx = 10,
): number | null {
  let nearest: number | null = null;
  let least = reachPx * reachPx;
  for (const index of indexesOf(points)) {
    const [x, y] = toScreen(view, size, points.x[index] ?? 0, points.y[index] ?? 0);
    const squared = (x - px) ** 2 + (y - py) ** 2;
    if (squared > least) continue;
    least = squared;
    nearest = index;
  }
  return nearest;
}

/** The pictures within a box, in their order. */
export function pointsIn(points: MapPoints, view: MapView, size: Size, { fromX, fromY, toX, toY }: Box): number[] {
  const isBetween = (value: number, one: number, other: number): boolean =>
    value >= Math.min(one, other) && value <= Math.max(one, other);
  return indexesOf(points).filter((index) => {
    const [x, y] = toScreen(view, size, points.x[index] ?? 0, points.y[index] ?? 0);
    return isBetween(x, fromX, toX) && isBetween(y, fromY, toY);
  });
}

/** The nearest picture in a direction: what lies aside counts as twice as far, and what lies more aside than ahead not at all. */
export function pointTowards(points: MapPoints, from: number, direction: Direction): number | null {
  const [fromX, fromY] = [points.x[from] ?? 0, points.y[from] ?? 0];
  let nearest: number | null = null;
  let least = Infinity;
  for (const index of indexesOf(points)) {
    const [dx, dy] = [(points.x[index] ?? 0) - fromX, (points.y[index] ?? 0) - fromY];
    const ahead = { left: -dx, right: dx, up: -dy, down: dy }[direction];
    const aside = Math.abs(direction === 'left' || direction === 'right' ? dy : dx);
    if (index === from || ahead <= 0 || aside > ahead) continue;
    const far = ahead + aside;
    if (far >= least) continue;
    least = far;
    nearest = index;
  }
  return nearest;
}

/** The picture nearest to the middle of what is seen. */
export function pointInMiddle(points: MapPoints, view: MapView, size: Size): number | null {
  return pointAt(points, view, size, size.width / 2, size.height / 2, Infinity);
}

/** Pictures that are shown. */
export function indexesOf({ classIndexes }: MapPoints): number[] {
  const shown: number[] = [];
  classIndexes.forEach((classIndex, index) => {
    if (classIndex >= 0) shown.push(index);
  });
  return shown;
}
