import { describe, expect, it } from 'vitest';
import { orderedByPath } from './order.ts';

describe('orderedByPath', () => {
  const pathsOf = (files: readonly { path: string }[]) => files.map(({ path }) => path).join(' ');
  const files = ['b', 'a', '\u{1f600}', '\uffee'].map((path) => ({ path }));

  it('orders by code point, what is in order already too, and leaves what it was given', () => {
    const ordered = orderedByPath(files);
    expect(pathsOf(ordered)).toBe('a b \uffee \u{1f600}');
    expect(pathsOf(files)).toBe('b a \u{1f600} \uffee');
    expect(orderedByPath(ordered)).toEqual(ordered);
    expect(orderedByPath(ordered)).not.toBe(ordered);
  });
});
