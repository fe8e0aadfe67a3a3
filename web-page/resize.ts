/** Pixels as a canvas gives them: [height, width, 4], RGBA, 0..255. */
export interface Pixels {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

/**
 * Resizes without keeping the aspect ratio, as Graft does: a triangle ("bilinear") filter, widened when shrinking, first
 * along the rows, then along the columns, rounded to whole numbers after each.
 *
 * @returns RGB, 0..255, [height, width, 3]; a picture of that size already comes out as it is.
 * @see Pillow's BILINEAR, which this follows
 */
export function resizeRgb(
  { data, width, height }: Pixels,
  [toHeight, toWidth]: readonly [number, number],
): Float32Array {
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) rgb.set(data.subarray(from, from + 3), to);
  const rows = resizeAxis(rgb, { length: width, to: toWidth, numLines: height });
  const columns = transpose(rows, height, toWidth);
  const both = resizeAxis(columns, { length: height, to: toHeight, numLines: toWidth });
  return Float32Array.from(transpose(both, toWidth, toHeight));
}

interface Axis {
  /** Pixels of a line, before and after. */
  length: number;
  to: number;
  numLines: number;
}

/** @param source [numLines, length, 3] @returns [numLines, to, 3] */
function resizeAxis(source: Uint8ClampedArray, { length, to, numLines }: Axis): Uint8ClampedArray {
  const result = new Uint8ClampedArray(numLines * to * 3); // rounds what is stored
  for (const [index, { first, weights }] of windows(length, to).entries()) {
    for (let line = 0; line < numLines; line++) {
      let [red, green, blue] = [0, 0, 0];
      let at = (line * length + first) * 3;
      for (const weight of weights) {
        red += weight * source[at]!;
        green += weight * source[at + 1]!;
        blue += weight * source[at + 2]!;
        at += 3;
      }
      const place = (line * to + index) * 3;
      result[place] = red;
      result[place + 1] = green;
      result[place + 2] = blue;
    }
  }
  return result;
}

/** Which pixels, with which weights (together 1), make each pixel of the result. */
function windows(length: number, to: number): { first: number; weights: number[] }[] {
  const scale = length / to;
  const radius = Math.max(1, scale);
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - radius + 0.5));
    const end = Math.min(length, Math.floor(centre + radius + 0.5));
    const weights = Array.from({ length: end - first }, (_weight, offset) =>
      Math.max(0, 1 - Math.abs((first + offset + 0.5 - centre) / radius)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** [height, width, 3] to [width, height, 3]. */
function transpose(source: Uint8ClampedArray, height: number, width: number): Uint8ClampedArray {
  const result = new Uint8ClampedArray(source.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      const to = (x * height + y) * 3;
      result[to] = source[from]!;
      result[to + 1] = source[from + 1]!;
      result[to + 2] = source[from + 2]!;
    }
  }
  return result;
}
