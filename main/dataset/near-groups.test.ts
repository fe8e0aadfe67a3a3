import { describe, expect, it } from 'vitest';
import { groupsOf } from './near-groups.ts';

describe('groupsOf', () => {
  it('joins pairs that share a picture, whatever their order', () => {
    const pairs = [
      { a: 6, b: 7 },
      { a: 2, b: 5 },
      { a: 1, b: 6 },
      { a: 0, b: 5 },
    ];
    expect(groupsOf(pairs, 9)).toEqual([
      [0, 2, 5],
      [1, 6, 7],
    ]);
    expect(groupsOf(pairs.toReversed(), 9)).toEqual(groupsOf(pairs, 9));
  });

  it('has no group where there is no pair', () => expect(groupsOf([], 3)).toEqual([]));

  it('follows a long chain', () => {
    const chain = Array.from({ length: 50_000 }, (_, i) => ({ a: i, b: i + 1 })).reverse();
    expect(groupsOf(chain, 50_001)[0]).toHaveLength(50_001);
  });
});
