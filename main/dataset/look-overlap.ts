import type { Template } from './look-template.ts';

/** How another picture is laid over a fixed one: stretched about the middle, then shifted, in parts of a side. */
export type Placement = Float64Array; // [stretch across, shift right, stretch down, shift down]

/** The part that two pictures have in common once one lies over the other, in pixels of the fixed one, and its statistics. */
export interface Overlap {
  left: number;
  right: number;
  top: number;
  bottom: number;
  meanFixed: number;
  meanMoved: number;
  varianceFixed: number;
  varianceMoved: number;
  covariance: number;
}

/** Variance, in squared grey levels, up to which a picture is as good as blank. */
const noiseVariance = 36;

/**
 * Draws the other picture, bilinear, where the fixed one has its pixels.
 *
 * @param moving the other picture, shape [side, side].
 * @param moved receives it as placed, shape [side, side]; outside of the overlap nothing is written.
 */
export function overlay(
  { side, pixels }: Template,
  moving: Float32Array,
  placement: Placement,
  moved: Float32Array,
): Overlap {
  const x = axisMap(side, placement[0]!, placement[1]!);
  const y = axisMap(side, placement[2]!, placement[3]!);
  const last = side - 1;
  let sumFixed = 0;
  let sumMoved = 0;
  let squaresFixed = 0;
  let squaresMoved = 0;
  let products = 0;
  for (let row = y.from; row < y.to; row++) {
    const v = Math.min(last, Math.max(0, y.scale * row + y.start));
    const above = Math.min(last - 1, Math.floor(v));
    const shareBelow = v - above;
    for (let column = x.from; column < x.to; column++) {
      const u = Math.min(last, Math.max(0, x.scale * column + x.start));
      const before = Math.min(last - 1, Math.floor(u));
      const shareAfter = u - before;
      const i = above * side + before;
      const high = moving[i]! + (moving[i + 1]! - moving[i]!) * shareAfter;
      const low = moving[i + side]! + (moving[i + side + 1]! - moving[i + side]!) * shareAfter;
      const value = high + (low - high) * shareBelow;
      const fixed = pixels[row * side + column]!;
      moved[row * side + column] = value;
      sumFixed += fixed;
      sumMoved += value;
      squaresFixed += fixed * fixed;
      squaresMoved += value * value;
      products += fixed * value;
    }
  }
  const area = (x.to - x.from) * (y.to - y.from);
  const meanFixed = sumFixed / area;
  const meanMoved = sumMoved / area;
  return {
    ...{ left: x.from, right: x.to, top: y.from, bottom: y.to, meanFixed, meanMoved },
    varianceFixed: Math.max(0, squaresFixed / area - meanFixed ** 2),
    varianceMoved: Math.max(0, squaresMoved / area - meanMoved ** 2),
    covariance: products / area - meanFixed * meanMoved,
  };
}

/** Correlation coefficient; blank pictures, of noise alone, correlate too. */
export function correlation({ varianceFixed, varianceMoved, covariance }: Overlap): number {
  return (covariance + noiseVariance) / Math.sqrt((varianceFixed + noiseVariance) * (varianceMoved + noiseVariance));
}

/** What makes the other picture as bright and as rich in contrast as the fixed one: gain·value + offset. */
export function exposure(overlap: Overlap): { gain: number; offset: number } {
  const gain = Math.sqrt((overlap.varianceFixed + noiseVariance) / (overlap.varianceMoved + noiseVariance));
  return { gain, offset: overlap.meanFixed - gain * overlap.meanMoved };
}

interface AxisMap {
  scale: number;
  start: number;
  from: number;
  to: number;
}

/** Where pixel x of the fixed picture lies in the other: at scale·x + start. Pixels from..to-1 lie inside. */
function axisMap(side: number, stretch: number, shift: number): AxisMap {
  const scale = 1 + stretch;
  const start = (0.5 + shift) * side - 0.5 + (0.5 - 0.5 * side) * scale;
  const from = Math.max(0, Math.ceil((-0.5 - start) / scale));
  const to = Math.min(side, Math.floor((side - 0.5 - start) / scale) + 1);
  return { scale, start, from, to };
}
