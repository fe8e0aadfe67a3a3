import { GREY_SIDE } from './looks.ts';

/** Stretch across, shift right, stretch down, shift down; as parts of a side. */
export const NUM_PARAMETERS = 4;

/** A grey picture of one size, and how it changes where it is stretched and moved. */
export interface Template {
  readonly side: number;
  /** Shape [side, side], 0..255. */
  readonly pixels: Float32Array;
  /** Grey levels by parameter, shape [4, side, side]. */
  readonly gradients: Float32Array;
  /** Inverse of the Gauss-Newton matrix, shape [4, 4]. */
  readonly inverse: Float64Array;
}

/** Keeps a stretch along an edge, which changes nothing, from running away; part of the mean diagonal. */
const damping = 1e-3;

/** Makes room for a template; `fillTemplate` gives it a picture. */
export function createTemplate(side: number): Template {
  return {
    side,
    pixels: new Float32Array(side * side),
    gradients: new Float32Array(NUM_PARAMETERS * side * side),
    inverse: new Float64Array(NUM_PARAMETERS * NUM_PARAMETERS),
  };
}

/** Puts a look into a template, in place of what it held. */
export function fillTemplate(template: Template, look: Uint8Array): void {
  shrinkGrey(look, template.side, template.pixels);
  differentiate(template);
  invertNormalMatrix(template);
}

/**
 * Shrinks the grey part of a look to means of squares.
 *
 * @param out receives shape [side, side].
 */
export function shrinkGrey(look: Uint8Array, side: number, out: Float32Array): void {
  const step = GREY_SIDE / side;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = y * step * GREY_SIDE + x * step;
      let sum = 0;
      for (let dy = 0; dy < step; dy++) for (let dx = 0; dx < step; dx++) sum += look[from + dy * GREY_SIDE + dx]!;
      out[y * side + x] = sum / (step * step);
    }
  }
}

function differentiate({ side, pixels, gradients }: Template): void {
  const area = side * side;
  const last = side - 1;
  for (let y = 0; y < side; y++) {
    const up = Math.max(0, y - 1);
    const down = Math.min(last, y + 1);
    const v = (y + 0.5) / side - 0.5;
    for (let x = 0; x < side; x++) {
      const left = Math.max(0, x - 1);
      const right = Math.min(last, x + 1);
      const u = (x + 0.5) / side - 0.5;
      const i = y * side + x;
      const across = ((pixels[y * side + right]! - pixels[y * side + left]!) * side) / (right - left);
      const along = ((pixels[down * side + x]! - pixels[up * side + x]!) * side) / (down - up);
      gradients[i] = across * u;
      gradients[area + i] = across;
      gradients[2 * area + i] = along * v;
      gradients[3 * area + i] = along;
    }
  }
}

function invertNormalMatrix({ side, gradients, inverse }: Template): void {
  const area = side * side;
  const n = NUM_PARAMETERS;
  const matrix = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let k = j; k < n; k++) {
      let sum = 0;
      for (let i = 0; i < area; i++) sum += gradients[j * area + i]! * gradients[k * area + i]!;
      matrix[j * n + k] = sum;
      matrix[k * n + j] = sum;
    }
  }
  let trace = 0;
  for (let k = 0; k < n; k++) trace += matrix[k * n + k]!;
  for (let k = 0; k < n; k++) matrix[k * n + k]! += damping * (trace + area); // a blank picture gives no trace
  invert(matrix, inverse);
}

/** Gauss-Jordan without pivoting: the matrix is positive definite. It is used up. */
function invert(matrix: Float64Array, inverse: Float64Array): void {
  const n = NUM_PARAMETERS;
  inverse.fill(0);
  for (let k = 0; k < n; k++) inverse[k * n + k] = 1;
  for (let k = 0; k < n; k++) {
    const pivot = matrix[k * n + k]!;
    for (let j = 0; j < n; j++) {
      matrix[k * n + j]! /= pivot;
      inverse[k * n + j]! /= pivot;
    }
    for (let row = 0; row < n; row++) {
      if (row === k) continue;
      const factor = matrix[row * n + k]!;
      for (let j = 0; j < n; j++) {
        matrix[row * n + j]! -= factor * matrix[k * n + j]!;
        inverse[row * n + j]! -= factor * inverse[k * n + j]!;
      }
    }
  }
}
