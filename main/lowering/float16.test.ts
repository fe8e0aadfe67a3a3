import { describe, expect, it } from 'vitest';
import { isStoredAsFloat16, toFloat16 } from './float16.ts';

/** The number that 16 bits say. */
function numberOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
const rounded = (value: number) => numberOf(toFloat16(Float32Array.of(value))[0]!);

describe('toFloat16', () => {
  it('gives back every number that float16 has', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = numberOf(bits);
      if (Number.isNaN(value)) continue;
      expect(toFloat16(Float32Array.of(value))[0]).toBe(bits);
    }
  });

  it('rounds to the nearest of two neighbours, to the even one from the middle', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [numberOf(bits), numberOf(bits + 1)];
      const step = high - low;
      expect(rounded(low + step / 4)).toBe(low);
      expect(rounded(low + (3 * step) / 4)).toBe(high);
      expect(rounded(low + step / 2)).toBe(bits % 2 === 0 ? low : high);
    }
  });

  it('knows no number beyond its largest, and keeps what is none', () => {
    expect(rounded(65519)).toBe(65504);
    expect(rounded(65520)).toBe(Infinity);
    expect(rounded(-1e30)).toBe(-Infinity);
    expect(rounded(Infinity)).toBe(Infinity);
    expect(rounded(NaN)).toBeNaN();
    expect(rounded(2 ** -26)).toBe(0);
  });
});

describe('isStoredAsFloat16', () => {
  it('is for kernels, not for what is small or one number a channel', () => {
    expect(isStoredAsFloat16([3, 3, 64, 64])).toBe(true);
    expect(isStoredAsFloat16([1, 1, 3, 3])).toBe(false);
    expect(isStoredAsFloat16([4096])).toBe(false);
  });
});
