import { exposure, type Overlap, type Placement } from './look-overlap.ts';
import type { Template } from './look-template.ts';
import { CHROMA_SIDE, GREY_SIDE } from './looks.ts';

// What a copy keeps beside its light and shade. In brackets the farthest of 1,000 copies, first half of
// `npm run bench -- duplicates`.

/** Natural logarithm of the ratio of contrasts (0.08). */
const mostGain = 0.12;
/** Grey levels between the means (1.1). */
const farthestBrightness = 5;
/** Mean of the differences of colour (0.8 of copies that are not moved, else 6.9): so much, and more by the parts of a side moved. */
const farthestChroma = { still: 2.5, moved: 100 };
/** Grey levels, root mean square of a block (26): no thing is added or taken away. */
const farthestBlock = 32;
/**
 * Part of the detail that is another's (0.11). Most of what makes pictures of things on one background alike is light and
 * shade, over many blocks; the detail within blocks is each picture's own.
 */
const mostOtherDetail = 0.13;
/** Variance, in squared grey levels, that is no detail. */
const detailNoise = 12;
const blockSide = 8;
const blockArea = blockSide ** 2;

/** Tells whether two pictures are as bright and as rich in contrast, within `tolerance` times what a copy keeps. */
export function hasSameExposure(overlap: Overlap, tolerance: number): boolean {
  const { gain } = exposure(overlap);
  const brightness = Math.abs(overlap.meanMoved - overlap.meanFixed);
  return Math.abs(Math.log(gain)) <= tolerance * mostGain && brightness <= tolerance * farthestBrightness;
}

/**
 * Tells whether the pixels are the same too where two pictures correlate.
 *
 * @param moved the other picture as placed, shape [side, side].
 */
export function hasSamePixels({ side, pixels }: Template, moved: Float32Array, overlap: Overlap): boolean {
  const { gain, offset } = exposure(overlap);
  let detail = 0;
  let otherDetail = 0;
  for (let top = overlap.top; top + blockSide <= overlap.bottom; top += blockSide) {
    for (let left = overlap.left; left + blockSide <= overlap.right; left += blockSide) {
      let sumFixed = 0;
      let squaresFixed = 0;
      let sumMoved = 0;
      let squaresMoved = 0;
      let products = 0;
      for (let y = top; y < top + blockSide; y++) {
        for (let x = left; x < left + blockSide; x++) {
          const a = pixels[y * side + x]!;
          const b = gain * moved[y * side + x]! + offset;
          sumFixed += a;
          squaresFixed += a * a;
          sumMoved += b;
          squaresMoved += b * b;
          products += a * b;
        }
      }
      const difference = squaresFixed - 2 * products + squaresMoved;
      if (difference > blockArea * farthestBlock ** 2) return false;
      otherDetail += difference - (sumFixed - sumMoved) ** 2 / blockArea;
      detail += detailNoise * blockArea;
      detail += (squaresFixed + squaresMoved - (sumFixed ** 2 + sumMoved ** 2) / blockArea) / 2;
    }
  }
  return otherDetail <= mostOtherDetail * detail;
}

/** Tells whether two looks have the same colours, as far as can be seen without laying one over the other. */
export function hasSameColours(a: Uint8Array, b: Uint8Array, placement: Placement): boolean {
  const from = GREY_SIDE * GREY_SIDE;
  const numValues = 2 * CHROMA_SIDE * CHROMA_SIDE;
  let sum = 0;
  for (let i = from; i < from + numValues; i++) sum += Math.abs(a[i]! - b[i]!);
  const [stretchX, shiftX, stretchY, shiftY] = placement as unknown as [number, number, number, number];
  const across = Math.abs(stretchX) / 2 + Math.abs(shiftX);
  const down = Math.abs(stretchY) / 2 + Math.abs(shiftY);
  return sum / numValues <= farthestChroma.still + farthestChroma.moved * Math.max(across, down);
}
