import { describe, expect, it } from 'vitest';
import { fitsFloat16, fromFloat16, toFloat16 } from './float16.ts';

const rounded = (...numbers: number[]) => [...fromFloat16(toFloat16(Float32Array.from(numbers)))];

describe('toFloat16', () => {
  it('keeps every number that float16 has', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    expect(toFloat16(fromFloat16(all))).toEqual(all);
    expect(rounded(Infinity, -Infinity, NaN)).toEqual([Infinity, -Infinity, NaN]);
  });

  it('rounds to the nearest, in the middle to the even one', () => {
    expect(rounded(1 + 1 / 2048, 1 + 3 / 2048, 1 + 1.01 / 2048, 0.1)).toEqual([1, 1 + 2 / 1024, 1 + 1 / 1024, 0.0999755859375]); // prettier-ignore
    expect(rounded(2 ** -25, 2 ** -25 * 1.01, 3 * 2 ** -25, 1e-9)).toEqual([0, 2 ** -24, 2 * 2 ** -24, 0]);
    expect(rounded(65_519)).toEqual([65_504]);
  });

  it('refuses a number beyond what float16 can say', () => {
    expect(() => toFloat16(Float32Array.of(65_520))).toThrow(RangeError);
    expect(() => toFloat16(Float32Array.of(-1e9))).toThrow(RangeError);
    expect([65_519, -65_520, Infinity].map((value) => fitsFloat16(Float32Array.of(value)))).toEqual([
      true,
      false,
      true,
    ]);
  });
});
