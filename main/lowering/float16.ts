/** Tensors of fewer numbers stay float32: they weigh nothing, and scales and biases are where rounding shows. */
const MIN_NUMBERS = 1024;

/** Whether a tensor is worth storing as float16: kernels, not biases, scales or what a normalisation divides by. */
export function isStoredAsFloat16(dims: readonly number[]): boolean {
  return dims.length >= 2 && dims.reduce((product, size) => product * size, 1) >= MIN_NUMBERS;
}

/**
 * Rounds to float16, nearest and ties to even; what is too large becomes infinite.
 *
 * @returns the 16 bits of each number
 * @see IEEE 754-2019, binary16
 */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < halves.length; index += 1) halves[index] = half(bits[index] as number);
  return halves;
}

function half(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // from 65,520 on
  if (magnitude >= 0x38800000) {
    const rebiased = magnitude - 0x38000000; // exponents count from 15, not from 127
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x33000000) return sign; // below half of the smallest
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - (magnitude >>> 23); // 14 to 24
  const floor = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return sign | (floor + (rest > tie || (rest === tie && floor % 2 === 1) ? 1 : 0));
}
