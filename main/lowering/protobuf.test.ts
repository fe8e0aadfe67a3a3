import { BinaryReader } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { MessageWriter } from './protobuf.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('MessageWriter', () => {
  it('writes nested fields that a reader of protobuf reads back, with bytes made when they are written', () => {
    let numMade = 0;
    const make = () => {
      numMade += 1;
      return bytesOf('large');
    };
    const message = new MessageWriter()
      .int(1, 300)
      .message(2, (inner) => inner.text(1, 'name').later(4, { sizeBytes: 5, make }).float(3, 0.5))
      .ints(5, [1, 128, -1])
      .finish();
    expect(numMade).toBe(0);
    const { bytes } = message;
    expect(numMade).toBe(1);
    expect(bytes.length).toBe(message.sizeBytes);
    const reader = new BinaryReader(bytes);
    expect(reader.tag()[0]).toBe(1);
    expect(reader.int64()).toBe(300n);
    expect(reader.tag()[0]).toBe(2);
    const inner = new BinaryReader(reader.bytes());
    expect([inner.tag()[0], inner.string()]).toEqual([1, 'name']);
    expect([inner.tag()[0], inner.bytes()]).toEqual([4, bytesOf('large')]);
    expect([inner.tag()[0], inner.float()]).toEqual([3, 0.5]);
    expect(reader.tag()[0]).toBe(5);
    const packed = new BinaryReader(reader.bytes());
    expect([packed.int64(), packed.int64(), packed.int64()]).toEqual([1n, 128n, -1n]);
  });

  it('writes a map entry as name and value', () => {
    const { bytes } = new MessageWriter().entry(5, 'key', (value) => value.int(3, 7)).finish();
    const reader = new BinaryReader(bytes);
    expect(reader.tag()[0]).toBe(5);
    const entry = new BinaryReader(reader.bytes());
    expect([entry.tag()[0], entry.string(), entry.tag()[0]]).toEqual([1, 'key', 2]);
  });

  it('refuses bytes of another number than was announced', () => {
    const message = new MessageWriter().later(1, { sizeBytes: 4, make: () => bytesOf('large') }).finish();
    expect(() => message.bytes).toThrow('5 bytes where 4 were announced');
  });
});
