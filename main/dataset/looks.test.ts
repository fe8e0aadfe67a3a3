import { describe, expect, it } from 'vitest';
import { quarters } from '../testing/images.ts';
import { CHROMA_SIDE, GREY_SIDE, LOOK_BYTES, LOOK_SOURCE_SIDE, lookOf } from './looks.ts';

const side = LOOK_SOURCE_SIDE;

describe('lookOf', () => {
  it('keeps the grey and the colour of each place', () => {
    const look = lookOf(quarters(side, side), side);
    expect(look).toHaveLength(LOOK_BYTES);
    const grey = (y: number, x: number) => look[y * GREY_SIDE + x];
    expect([grey(0, 0), grey(0, 47), grey(47, 0), grey(47, 47)]).toEqual([76, 150, 29, 255]); // red, green, blue, white
    const area = CHROMA_SIDE * CHROMA_SIDE;
    const chroma = (place: number) => [look[GREY_SIDE * GREY_SIDE + place], look[GREY_SIDE * GREY_SIDE + area + place]];
    expect(chroma(0)).toEqual([85, 255]);
    expect(chroma(area - 1)).toEqual([128, 128]);
  });

  it('gives the same for a picture of half the size', () => {
    const half = GREY_SIDE;
    expect(lookOf(quarters(half, half), half)).toEqual(lookOf(quarters(side, side), side));
  });

  it('refuses pixels that do not fill the side', () => {
    expect(() => lookOf(new Uint8Array(12), side)).toThrow(/not of 12 bytes/);
  });
});
