import { fitsFloat16 } from '../native/float16.ts';

/** Tensors of fewer numbers stay float32: they weigh nothing, and scales and biases are where rounding shows. */
const MIN_NUMBERS = 1024;

/**
 * Whether a tensor is worth storing as float16, and can be: kernels, not biases, scales or what a normalisation divides by.
 *
 * @param read asked only for a kernel
 */
export function isStoredAsFloat16(dims: readonly number[], read: () => Float32Array): boolean {
  return dims.length >= 2 && dims.reduce((product, size) => product * size, 1) >= MIN_NUMBERS && fitsFloat16(read());
}
