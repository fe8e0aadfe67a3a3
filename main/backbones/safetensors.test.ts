import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const tensors = new Map([
  ['a/kernel', { shape: [1, 2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-30, 5) }],
  ['a/bias', { shape: [], data: Float32Array.of(7) }],
  ['empty', { shape: [0, 4], data: new Float32Array(0) }],
]);

function file(header: unknown, numBytes = 0): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(numBytes)]);
}

describe('writeSafetensors and readSafetensors', () => {
  it('give back the same tensors in the same order', () => {
    const read = readSafetensors(writeSafetensors(tensors, { origin: 'here' }));
    expect([...read]).toEqual([...tensors]);
  });

  it('read numbers at any address', () => {
    const bytes = writeSafetensors(tensors);
    const moved = new Uint8Array(bytes.length + 1);
    moved.set(bytes, 1);
    expect([...readSafetensors(moved.subarray(1))]).toEqual([...tensors]);
  });

  it('write the same bytes for the same tensors', () => {
    expect(writeSafetensors(tensors)).toEqual(writeSafetensors(new Map(tensors)));
  });

  it('refuse to write numbers that do not fill their shape', () => {
    expect(() => writeSafetensors(new Map([['x', { shape: [2], data: new Float32Array(3) }]]))).toThrow(
      'x has 3 values',
    );
  });
});

describe('readSafetensors', () => {
  it.each([
    ['a file shorter than a header', new Uint8Array(7), 'too short'],
    ['a header longer than the file', Buffer.concat([Buffer.alloc(8, 0xff), Buffer.alloc(8)]), 'cut off'],
    ['a header that is not JSON', file('{"a":'), 'not JSON'],
    ['a header that is a list', file('[]'), 'not a list of tensors'],
    ['another number format', file({ a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1), 'a is F8_E4M3'],
    ['a half as long as a float', file({ a: { dtype: 'F16', shape: [1], data_offsets: [0, 4] } }, 4), 'does not fit'],
    ['a place beyond the end', file({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 4), 'does not fit'],
    [
      'a shape larger than its place',
      file({ a: { dtype: 'F32', shape: [1e9, 1e9], data_offsets: [0, 4] } }, 4),
      'does not fit',
    ],
    ['a negative place', file({ a: { dtype: 'F32', shape: [1], data_offsets: [-4, 0] } }, 4), 'no proper shape'],
    ['a negative size', file({ a: { dtype: 'F32', shape: [-1], data_offsets: [4, 0] } }, 4), 'no proper shape'],
    ['no entry', file({ a: null }), 'a is undefined'],
  ])('refuses %s', (_, bytes, problem) => {
    expect(() => readSafetensors(bytes)).toThrow(problem);
  });
});

describe('readSafetensors of other number formats', () => {
  it('gives float32', () => {
    const numbers = Buffer.alloc(2 * 6 + 2 * 3 + 8);
    [0x3c00, 0xc100, 0x7bff, 0x0001, 0x8000, 0x3555].forEach((bits, index) => numbers.writeUInt16LE(bits, 2 * index));
    [0x3f80, 0xc049, 0x0000].forEach((bits, index) => numbers.writeUInt16LE(bits, 12 + 2 * index));
    numbers.writeBigInt64LE(1_234_567n, 18);
    const bytes = file({
      half: { dtype: 'F16', shape: [6], data_offsets: [0, 12] },
      brain: { dtype: 'BF16', shape: [3], data_offsets: [12, 18] },
      count: { dtype: 'I64', shape: [], data_offsets: [18, 26] },
    });
    const read = readSafetensors(Buffer.concat([bytes, numbers]));
    expect([...read.get('half')!.data]).toEqual([1, -2.5, 65_504, 2 ** -24, -0, Math.fround(0.333251953125)]);
    expect([...read.get('brain')!.data]).toEqual([1, -3.140625, 0]);
    expect(read.get('count')).toEqual({ shape: [], data: Float32Array.of(1_234_567) });
  });

  it('looks at nothing that is not wanted', () => {
    const bytes = file({ strange: { dtype: 'F8_E4M3' }, a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, 4);
    expect([...readSafetensors(bytes, (name) => name === 'a').keys()]).toEqual(['a']);
  });
});
