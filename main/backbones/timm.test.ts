import { describe, expect, it } from 'vitest';
import { writeSafetensors } from './safetensors.ts';
import type { ExpectedLayer } from './tensor-plan.ts';
import { timmTensors, transpose } from './timm.ts';

const count = (length: number) => Float32Array.from({ length }, (_, index) => index);
const expected: ExpectedLayer[] = [
  { name: 'conv', weights: [{ name: 'kernel', shape: [1, 2, 3, 4] }] },
  { name: 'dw', weights: [{ name: 'depthwise_kernel', shape: [1, 2, 3, 1] }] },
  { name: 'fc', weights: [{ name: 'kernel', shape: [2, 3] }] },
  { name: 'bn', weights: [{ name: 'moving_mean', shape: [2] }] },
];
const names: Record<string, string> = {
  'conv/kernel': 'conv.weight',
  'dw/depthwise_kernel': 'dw.weight',
  'fc/kernel': 'fc.weight',
  'bn/moving_mean': 'bn.running_mean',
};
const file = (convShape: number[]) =>
  writeSafetensors(
    new Map([
      ['conv.weight', { shape: convShape, data: count(24) }],
      ['dw.weight', { shape: [3, 1, 1, 2], data: count(6) }],
      ['fc.weight', { shape: [3, 2], data: count(6) }],
      ['bn.running_mean', { shape: [2], data: count(2) }],
      ['bn.num_batches_tracked', { shape: [], data: count(1) }],
    ]),
  );

describe('timmTensors', () => {
  it('turns the axes of kernels and matrices, and leaves vectors and what is not asked for', () => {
    const tensors = timmTensors(file([4, 3, 1, 2]), expected, (name) => names[name]!)!;
    expect([...tensors.keys()]).toEqual(Object.keys(names));
    const kernel = tensors.get('conv/kernel')!;
    expect(kernel.shape).toEqual([1, 2, 3, 4]);
    // [h, w, in, out] = [0, 1, 2, 3] was [out, in, h, w] = [3, 2, 0, 1]
    expect(kernel.data[1 * 12 + 2 * 4 + 3]).toBe(3 * 6 + 2 * 2 + 1);
    expect([...tensors.get('dw/depthwise_kernel')!.data]).toEqual([0, 2, 4, 1, 3, 5]);
    expect([...tensors.get('fc/kernel')!.data]).toEqual([0, 2, 4, 1, 3, 5]);
    expect([...tensors.get('bn/moving_mean')!.data]).toEqual([0, 1]);
  });

  it('names what differs, and knows a file with other names', () => {
    expect(() => timmTensors(file([4, 3, 2, 1]), expected, (name) => names[name]!)).toThrow(
      expect.objectContaining({
        layer: 'conv/kernel',
        expected: '[4, 3, 1, 2]',
        found: '[4, 3, 2, 1] (conv.weight)',
      }) as Error,
    );
    expect(() =>
      timmTensors(file([4, 3, 1, 2]), expected, (name) => `${names[name]!}${name === 'fc/kernel' ? 's' : ''}`),
    ).toThrow(expect.objectContaining({ layer: 'fc/kernel', found: 'no fc.weights' }) as Error);
    expect(timmTensors(file([4, 3, 1, 2]), expected, (name) => name)).toBeNull();
  });
});

describe('transpose', () => {
  it('is undone by the inverse', () => {
    const tensor = { shape: [2, 3, 4], data: count(24) };
    expect(transpose(transpose(tensor, [2, 0, 1]), [1, 2, 0])).toEqual(tensor);
  });
});
