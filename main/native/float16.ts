/**
 * Rounds numbers to float16, to the nearest, ties to even.
 *
 * @returns their bits
 * @throws RangeError for a finite number beyond what float16 can say
 */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < halves.length; index++) halves[index] = halfOf(bits[index]!);
  return halves;
}

/** Whether `toFloat16` takes them all. */
export const fitsFloat16 = (values: Float32Array): boolean =>
  values.every((value) => Math.abs(value) < 65_520 || !Number.isFinite(value));

/** @param bits of a float32 */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fff_ffff;
  if (size >= 0x7f80_0000) return sign | 0x7c00 | (size > 0x7f80_0000 ? 0x200 : 0); // infinite, or no number
  if (size >= 0x477f_f000) throw new RangeError('a number that float16 cannot say'); // it would round to 65,536
  if (size < 0x3880_0000) {
    // Below 2^-14 the steps stay 2^-24, and so the number counts them.
    const steps = Math.abs(float32Of(size)) * 2 ** 24;
    return sign | roundToEven(steps);
  }
  // The exponent counts from 15, not from 127; thirteen bits of the fraction go.
  return sign | (((size - 0x3800_0000 + 0xfff + ((size >>> 13) & 1)) >>> 13) & 0x7fff);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

const scratch = new DataView(new ArrayBuffer(4));
function float32Of(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** The number of each of the 65,536 halves; made when first asked for. */
let numbers: Float32Array | undefined;

/** The numbers that float16 bits say, exactly. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  numbers ??= Float32Array.from({ length: 0x10000 }, (_, half) => numberOf(half));
  const values = new Float32Array(halves.length);
  for (let index = 0; index < values.length; index++) values[index] = numbers[halves[index]!]!;
  return values;
}

function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
