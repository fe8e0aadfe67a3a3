import type { PictureSizes, SizeRange } from '../../../contract/dataset.ts';
import type { Words } from '../../../strings/index.ts';

/** A mark of the plot, in its own units. */
export interface PlottedSize {
  x: number;
  y: number;
  radius: number;
  range: SizeRange;
  numImages: number;
}
export interface SizePlot {
  marks: PlottedSize[];
  /** Powers of two along each side, with their place. */
  xTicks: { at: number; px: number }[];
  yTicks: { at: number; px: number }[];
  /** From where to where pictures as wide as high lie; null where that is out of sight. */
  square: { x1: number; y1: number; x2: number; y2: number } | null;
}

/** Side of the plot within its margins, in units of the drawing. */
export const plotSide = { width: 420, height: 260 };
const smallestRadius = 3;
const largestRadius = 16;

/** "500 × 375", or "476 to 565 × 337 to 399" where sizes are taken together. */
export function sizeText(words: Words, { minWidth, maxWidth, minHeight, maxHeight }: SizeRange): string {
  const side = (from: number, to: number): string =>
    from === to
      ? words.format.integer(from)
      : words.data.charts.range(words.format.integer(from), words.format.integer(to));
  return `${side(minWidth, maxWidth)} × ${side(minHeight, maxHeight)}`;
}

/** Lays out sizes on two logarithmic axes, the most common first, so that small marks lie over large ones. Area tells how many. */
export function layOutSizes(marks: PictureSizes['marks']): SizePlot {
  const x = axisOf(
    marks.flatMap(({ minWidth, maxWidth }) => [minWidth, maxWidth]),
    plotSide.width,
  );
  const y = axisOf(
    marks.flatMap(({ minHeight, maxHeight }) => [minHeight, maxHeight]),
    plotSide.height,
  );
  const most = Math.max(1, ...marks.map(({ numImages }) => numImages));
  const down = (px: number): number => plotSide.height - px;
  const from = Math.max(x.from, y.from);
  const to = Math.min(x.to, y.to);
  return {
    marks: marks.map(({ numImages, ...range }) => ({
      x: x.place(Math.sqrt(range.minWidth * range.maxWidth)),
      y: down(y.place(Math.sqrt(range.minHeight * range.maxHeight))),
      radius: Math.max(smallestRadius, largestRadius * Math.sqrt(numImages / most)),
      range,
      numImages,
    })),
    xTicks: x.ticks,
    yTicks: y.ticks.map(({ at, px }) => ({ at, px: down(px) })),
    square: from < to ? { x1: x.place(from), y1: down(y.place(from)), x2: x.place(to), y2: down(y.place(to)) } : null,
  };
}

function axisOf(sides: readonly number[], lengthPx: number) {
  const known = sides.filter((side) => side > 0);
  const first = Math.floor(Math.log2(Math.min(64, ...known)));
  const last = Math.max(first + 1, Math.ceil(Math.log2(Math.max(128, ...known) * 1.02)));
  const place = (side: number): number => ((Math.log2(Math.max(1, side)) - first) / (last - first)) * lengthPx;
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => 2 ** (first + i)).map((at) => ({
    at,
    px: place(at),
  }));
  return { from: 2 ** first, to: 2 ** last, place, ticks };
}
