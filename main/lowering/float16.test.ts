import { describe, expect, it } from 'vitest';
import { isStoredAsFloat16 } from './float16.ts';

describe('isStoredAsFloat16', () => {
  const zeros = () => new Float32Array(1);
  it('is for kernels, not for what is small or one number a channel', () => {
    expect(isStoredAsFloat16([3, 3, 64, 64], zeros)).toBe(true);
    expect(isStoredAsFloat16([1, 1, 3, 3], zeros)).toBe(false);
    expect(isStoredAsFloat16([4096], zeros)).toBe(false);
  });
  it('leaves a kernel alone that has a number beyond float16', () => {
    expect(isStoredAsFloat16([64, 64], () => Float32Array.of(1, -1e9))).toBe(false);
  });
});
