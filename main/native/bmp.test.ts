import { describe, expect, it } from 'vitest';
import { decodeBmp } from './bmp.ts';
import { ImageProblem } from './image-problem.ts';

/** A BMP from its parts; `header` are the fields after width and height. */
function bmp(
  width: number,
  height: number,
  bitCount: number,
  compression: number,
  extra: number[],
  data: number[],
  core = false,
): Buffer {
  const head = Buffer.alloc(14 + (core ? 12 : 40));
  head.write('BM');
  head.writeUInt32LE(head.length + extra.length, 10);
  head.writeUInt32LE(core ? 12 : 40, 14);
  if (core) {
    head.writeUInt16LE(width, 18);
    head.writeUInt16LE(height, 20);
    head.writeUInt16LE(bitCount, 24);
  } else {
    head.writeInt32LE(width, 18);
    head.writeInt32LE(height, 22);
    head.writeUInt16LE(bitCount, 28);
    head.writeUInt32LE(compression, 30);
  }
  return Buffer.concat([head, Buffer.from(extra), Buffer.from(data)]);
}
const twoColours = [10, 20, 30, 0, 110, 120, 130, 0];
const palette = (numBits: number): number[] => [...twoColours, ...new Array<number>(4 * (2 ** numBits - 2)).fill(0)];
const dark = [30, 20, 10];
const light = [130, 120, 110];
const decode = (bytes: Buffer): number[] => [...decodeBmp(bytes, 1e6).pixels];
const reason = (bytes: Buffer): string => {
  try {
    decodeBmp(bytes, 1e6);
    return 'used';
  } catch (error) {
    if (error instanceof ImageProblem) return error.reason;
    throw error;
  }
};

describe('decodeBmp', () => {
  it('reads 1, 4 and 8 bits through the palette', () => {
    expect(decode(bmp(2, 1, 1, 0, palette(1), [0b01000000, 0, 0, 0]))).toEqual([...dark, ...light]);
    expect(decode(bmp(2, 1, 4, 0, palette(4), [0x01, 0, 0, 0]))).toEqual([...dark, ...light]);
    expect(decode(bmp(2, 1, 8, 0, palette(8), [0, 1, 0, 0]))).toEqual([...dark, ...light]);
  });
  it('reads 16 bits as 5-5-5, and as its bit fields say', () => {
    expect(decode(bmp(1, 1, 16, 0, [], [0x1f, 0x7c, 0, 0]))).toEqual([255, 0, 255]);
    const fields565 = [0, 0xf8, 0, 0, 0xe0, 7, 0, 0, 0x1f, 0, 0, 0];
    expect(decode(bmp(1, 1, 16, 3, fields565, [0xe0, 0x07, 0, 0]))).toEqual([0, 255, 0]);
  });
  it('reads 32 bits in the order its bit fields say', () => {
    const rgbx = [255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0];
    expect(decode(bmp(1, 1, 32, 3, rgbx, [1, 2, 3, 4]))).toEqual([1, 2, 3]);
    const withTopBit = [0, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0];
    expect(decode(bmp(1, 1, 32, 3, withTopBit, [9, 1, 2, 200]))).toEqual([200, 2, 1]);
  });
  it('reads the OS/2 header with palette entries of three bytes', () => {
    expect(decode(bmp(2, 1, 1, 0, [10, 20, 30, 110, 120, 130], [0b01000000, 0, 0, 0], true))).toEqual([
      ...dark,
      ...light,
    ]);
  });
  it('reads rows bottom-up, or top-down where the height is negative', () => {
    const rows = [1, 2, 3, 0, 4, 5, 6, 0];
    expect(decode(bmp(1, 2, 24, 0, [], rows))).toEqual([6, 5, 4, 3, 2, 1]);
    expect(decode(bmp(1, -2, 24, 0, [], rows))).toEqual([3, 2, 1, 6, 5, 4]);
  });
  it('reads runs of RLE8 and RLE4', () => {
    expect(decode(bmp(3, 1, 8, 1, palette(8), [2, 1, 1, 0, 0, 1]))).toEqual([...light, ...light, ...dark]);
    expect(decode(bmp(3, 1, 4, 2, palette(4), [3, 0x10, 0, 1]))).toEqual([...light, ...dark, ...light]);
  });
  it('says what is wrong instead of reading outside', () => {
    expect(reason(bmp(4, 4, 24, 0, [], [1, 2, 3]))).toBe('truncated');
    expect(reason(bmp(0, 4, 24, 0, [], []))).toBe('corrupt');
    expect(reason(bmp(4, 4, 7, 0, [], []))).toBe('corrupt');
    expect(reason(bmp(4, 4, 24, 5, [], []))).toBe('unsupported-format');
    expect(reason(bmp(100_000, 100_000, 24, 0, [], []))).toBe('too-large');
    expect(reason(bmp(1, 1, 8, 1, palette(8), [200, 1]))).toBe('corrupt');
    expect(reason(bmp(1000, 1000, 8, 1, palette(8), [0, 1]))).toBe('corrupt');
    expect(reason(Buffer.from('BM'))).toBe('truncated');
  });
});
