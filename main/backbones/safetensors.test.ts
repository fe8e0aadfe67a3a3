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
    ['another number format', file({ a: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, 2), 'a is F16'],
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
