import code from './resample.wat';

/** What an axis is resized with. */
interface Taps {
  /** First source element of each target element. */
  firsts: Int32Array;
  /** Of each target element as many, zeros behind those that count, in multiples of 2 to the power of -shift. */
  weights: Int16Array;
  pairs: number;
  shift: number;
}
/** Where they lie in the memory, in bytes. */
interface LaidTaps {
  starts: number;
  weights: number;
  pairs: number;
  shift: number;
  end: number;
}
interface Code {
  across(
    ...args: [
      from: number,
      fromStride: number,
      rows: number,
      to: number,
      toStride: number,
      width: number,
      starts: number,
      weights: number,
      pairs: number,
      shift: number,
    ]
  ): void;
  down(
    ...args: [
      from: number,
      stride: number,
      to: number,
      height: number,
      bytes: number,
      starts: number,
      weights: number,
      pairs: number,
      shift: number,
    ]
  ): void;
}
type Size = readonly [height: number, width: number];

const pageBytes = 65_536;
/** Bytes that the loops read and write beyond what they use. */
const slack = 16;
const maxWeight = 32_767;
let compiled: object | null = null;

/**
 * A place for one picture and for what resizing makes of it. Filter: triangle ("linear"), widened when shrinking, in the
 * places and with the weights of Pillow's BILINEAR; weights have 14 to 16 bits behind the point, Pillow's 22, so that a value
 * may differ from Pillow's by 1 where that rounds the other way.
 *
 * @see https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c
 */
export class Canvas {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #code: Code;

  /** @param numBytes as `bytesFor` says. */
  constructor(numBytes: number) {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(numBytes / pageBytes) });
    compiled ??= new WebAssembly.Module(code);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#code = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Code;
  }

  get numBytes(): number {
    return this.#bytes.length;
  }

  /** Where the pixels go before they are resized: RGB, uint8, shape [height, width, 3]. */
  pixels([height, width]: Size): Buffer {
    return Buffer.from(this.#bytes.buffer, 0, height * width * 3);
  }

  /**
   * Resizes what lies in `pixels`, across, then down.
   *
   * @returns RGB, uint8, shape [...to, 3]. Equal sizes: the pixels as they are.
   */
  resize(from: Size, to: Size): Uint8Array<ArrayBuffer> {
    const [height, width] = from;
    const [toHeight, toWidth] = to;
    if (height === toHeight && width === toWidth) return this.#bytes.slice(0, height * width * 3);
    const places = layOut(from, to);
    const across = this.#layTaps(tapsOf(width, toWidth), 3, places.taps);
    const down = this.#layTaps(tapsOf(height, toHeight), places.stride, across.end);
    this.#code.across(
      0,
      width * 3,
      height,
      places.between,
      places.stride,
      toWidth,
      across.starts,
      across.weights,
      across.pairs,
      across.shift,
    );
    this.#code.down(
      places.between,
      places.stride,
      places.result,
      toHeight,
      toWidth * 3,
      down.starts,
      down.weights,
      down.pairs,
      down.shift,
    );
    return this.#bytes.slice(places.result, places.result + toHeight * toWidth * 3);
  }

  /** @param stride bytes from one element of the source to the next. @returns where they lie, and where they end. */
  #layTaps({ firsts, weights, pairs, shift }: Taps, stride: number, at: number): LaidTaps {
    const begin = aligned(at + 4 * firsts.length);
    new Int32Array(this.#bytes.buffer).set(
      firsts.map((first) => first * stride),
      at / 4,
    );
    new Int16Array(this.#bytes.buffer).set(weights, begin / 2);
    return { starts: at, weights: begin, pairs, shift, end: aligned(begin + weights.byteLength) };
  }
}

/** Memory that resizing takes, all in all. */
export function bytesFor(from: Size, to: Size): number {
  return layOut(from, to).end;
}

/** Where everything lies: the picture at 0, taps, rows of the new width (`stride` bytes apart), and the result. */
function layOut(from: Size, to: Size): Record<'taps' | 'between' | 'stride' | 'result' | 'end', number> {
  const [height, width] = from;
  const [toHeight, toWidth] = to;
  const tapBytes = (of: number, into: number) => aligned(4 * into) + aligned(2 * into * even(maxTapsOf(of, into)));
  const stride = aligned(3 * toWidth + 1);
  const taps = aligned((height + 3) * width * 3 + 6 * even(maxTapsOf(width, toWidth)) + slack);
  const between = taps + tapBytes(width, toWidth) + tapBytes(height, toHeight);
  const result = between + (height + 3 + even(maxTapsOf(height, toHeight))) * stride;
  return { taps, between, stride, result, end: aligned(result + toHeight * toWidth * 3 + slack) };
}

/** Half the width of the triangle, in source elements. */
const supportOf = (from: number, to: number): number => Math.max(1, from / to);
const maxTapsOf = (from: number, to: number): number => 2 * Math.ceil(supportOf(from, to)) + 1;

const known = new Map<string, Taps>();
const maxKnown = 64;

/** Pictures of a data set are often of the same sizes. */
function tapsOf(from: number, to: number): Taps {
  const key = `${from} ${to}`;
  let taps = known.get(key);
  if (!taps) {
    if (known.size === maxKnown) known.clear();
    known.set(key, (taps = triangle(from, to)));
  }
  return taps;
}

function triangle(from: number, to: number): Taps {
  const scale = from / to;
  const support = supportOf(from, to);
  const firsts = new Int32Array(to);
  const exact: number[][] = [];
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const row: number[] = [];
    for (let k = first; k < end; k++) row.push(Math.max(0, 1 - Math.abs(k + 0.5 - centre) / support));
    const sum = row.reduce((total, weight) => total + weight, 0);
    firsts[i] = first;
    exact.push(row.map((weight) => weight / sum));
  }
  const shift = precision(exact);
  const numTaps = even(Math.max(...exact.map((row) => row.length)));
  const weights = new Int16Array(to * numTaps);
  exact.forEach((row, i) =>
    row.forEach((weight, k) => {
      weights[i * numTaps + k] = Math.round(weight * 2 ** shift);
    }),
  );
  return { firsts, weights, pairs: numTaps / 2, shift };
}

/** Bits behind the point with which the largest weight still fits into 16, and the sum of 255 of them into 32. */
function precision(weights: readonly number[][]): number {
  const max = Math.max(...weights.map((row) => Math.max(...row)));
  let bits = 0;
  while (bits < 20 && Math.round(max * 2 ** (bits + 1)) <= maxWeight) bits++;
  return bits;
}

const even = (count: number): number => count + (count % 2);
const aligned = (place: number): number => Math.ceil(place / 16) * 16;
