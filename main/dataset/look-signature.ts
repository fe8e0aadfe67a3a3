import { CHROMA_SIDE, GREY_SIDE } from './looks.ts';

const side = GREY_SIDE / 2;
/** Frequencies on an axis, the constant included; pairs whose sum is larger than the last are left out. */
const numFrequencies = 6;
/** Axis windows, as fractions of the picture. The first is the whole axis. */
const axisWindows = [
  [0, 1],
  [0, 0.95],
  [0.025, 0.975],
  [0.05, 1],
  [0.05, 0.95],
] as const;
/** What a copy may show, as [across, down] indexes of `axisWindows`: all, corners, middle, less of it, a side less, sides. */
const windows = [
  [0, 0],
  [1, 1],
  [3, 1],
  [1, 3],
  [3, 3],
  [2, 2],
  [4, 4],
  [1, 0],
  [3, 0],
  [0, 1],
  [0, 3],
  [2, 1],
  [2, 3],
  [1, 2],
  [3, 2],
] as const;
/** Signatures of a picture: of the whole, then of its windows. */
export const NUM_WINDOWS = windows.length;

/**
 * Weights that make a signature's parts count alike: chosen so that 1,000 copies stay near their photographs while few
 * others do (first half of `npm run bench -- duplicates`). The exponent lifts high frequencies, of which pictures have less.
 */
const frequencyExponent = 0.25;
const contrastWeight = 0.5;
const brightnessWeight = 2.5;
const chromaWeight = 3.5;
/** Grey levels of contrast up to which a picture is as good as blank. */
const plainContrast = 3;

const bases = axisWindows.map(([start, end]) => cosines(start, end));
const frequencies = frequencyPairs();
/** Numbers of a signature: low frequencies, contrast, brightness, two colours. */
export const SIGNATURE_SIZE = frequencies.length + 4;

/**
 * Computes what the whole of a picture and its windows look like from afar: signatures of copies are close by Euclid.
 *
 * @param look of `lookOf`.
 * @param out receives `numWindows` × `SIGNATURE_SIZE` numbers from `at` on, the whole picture first.
 */
export function signaturesOf(look: Uint8Array, out: Float32Array, at: number, numWindows: number = NUM_WINDOWS): void {
  const small = halved(look);
  const colour = meanChroma(look);
  const rowsOf: Float32Array[] = []; // by axis window, made once for all windows that share it
  for (const [w, [x, y]] of windows.entries()) {
    if (w === numWindows) return;
    const rows = (rowsOf[x] ??= projectRows(small, bases[x]!));
    writeSignature(projectColumns(rows, bases[y]!), colour, out, at + w * SIGNATURE_SIZE);
  }
}

function writeSignature(
  coefficients: Float32Array,
  colour: readonly [number, number],
  out: Float32Array,
  at: number,
): void {
  let energy = plainContrast ** 2;
  for (const { place } of frequencies) energy += coefficients[place]! ** 2;
  const contrast = Math.sqrt(energy);
  for (const { place, weight } of frequencies) out[at++] = (weight * coefficients[place]!) / contrast;
  out[at++] = contrastWeight * Math.log(contrast);
  out[at++] = (brightnessWeight * coefficients[0]!) / 255;
  for (const mean of colour) out[at++] = (chromaWeight * mean) / 255;
}

/** Orthonormal cosines over a window, each integrated over every pixel's part in it, shape [numFrequencies, side]. */
function cosines(start: number, end: number): Float32Array {
  const basis = new Float32Array(numFrequencies * side);
  const length = end - start;
  for (let i = 0; i < side; i++) {
    const low = Math.max(start, i / side);
    const high = Math.min(end, (i + 1) / side);
    if (high <= low) continue;
    const a = (low - start) / length;
    const b = (high - start) / length;
    for (let u = 0; u < numFrequencies; u++) {
      const integral =
        u === 0 ? b - a : (Math.SQRT2 * (Math.sin(Math.PI * u * b) - Math.sin(Math.PI * u * a))) / (Math.PI * u);
      basis[u * side + i] = integral;
    }
  }
  return basis;
}

/** The frequencies of a signature, the constant left out: their places among the coefficients, and what they count. */
function frequencyPairs(): { place: number; weight: number }[] {
  const pairs = [];
  for (let v = 0; v < numFrequencies; v++)
    for (let u = 0; u + v < numFrequencies; u++)
      if (u + v > 0) pairs.push({ place: v * numFrequencies + u, weight: (u + v) ** frequencyExponent });
  return pairs;
}

/** The grey picture at half its size, shape [24, 24], 0..255. */
function halved(look: Uint8Array): Float32Array {
  const small = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = 2 * y * GREY_SIDE + 2 * x;
      small[y * side + x] = (look[from]! + look[from + 1]! + look[from + GREY_SIDE]! + look[from + GREY_SIDE + 1]!) / 4;
    }
  }
  return small;
}

/** Shape [side, numFrequencies]: each row by its cosines. */
function projectRows(small: Float32Array, basis: Float32Array): Float32Array {
  const rows = new Float32Array(side * numFrequencies);
  for (let y = 0; y < side; y++) {
    for (let u = 0; u < numFrequencies; u++) {
      let sum = 0;
      for (let x = 0; x < side; x++) sum += small[y * side + x]! * basis[u * side + x]!;
      rows[y * numFrequencies + u] = sum;
    }
  }
  return rows;
}

/** Shape [numFrequencies down, numFrequencies across]; places that `frequencyPairs` leaves out stay 0. */
function projectColumns(rows: Float32Array, basis: Float32Array): Float32Array {
  const coefficients = new Float32Array(numFrequencies * numFrequencies);
  for (let v = 0; v < numFrequencies; v++) {
    for (let u = 0; u + v < numFrequencies; u++) {
      let sum = 0;
      for (let y = 0; y < side; y++) sum += rows[y * numFrequencies + u]! * basis[v * side + y]!;
      coefficients[v * numFrequencies + u] = sum;
    }
  }
  return coefficients;
}

function meanChroma(look: Uint8Array): [number, number] {
  const area = CHROMA_SIDE * CHROMA_SIDE;
  let blue = 0;
  let red = 0;
  for (let i = 0; i < area; i++) {
    blue += look[GREY_SIDE * GREY_SIDE + i]!;
    red += look[GREY_SIDE * GREY_SIDE + area + i]!;
  }
  return [blue / area, red / area];
}
