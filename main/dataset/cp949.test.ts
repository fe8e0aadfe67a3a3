import { describe, expect, it } from 'vitest';
import { decodeCp949 } from './cp949.ts';

describe('decodeCp949', () => {
  // Written by Python 3.12: text.encode('cp949').
  it.each([
    ['고양이 cat.jpg', 'b0edbee7c0cc206361742e6a7067'],
    ['똠방각하', '8c63b9e6b0a2c7cf'],
    ['갂갋힣', '81418145c652'],
    ['뢔뢕쎧펲', '8f4f8f509bcebc84'],
    ['漢字①', 'f9d3edaea8e7'],
  ])('reads %s', (text, hex) => {
    expect(decodeCp949(Buffer.from(hex, 'hex'))).toBe(text);
  });
  it.each(['80', 'b0', 'b0ff', 'c653', 'c9a1', '8120', '82742e82', 'ffff', 'a080'])('does not read %s', (hex) => {
    expect(decodeCp949(Buffer.from(hex, 'hex'))).toBeNull();
  });
});
