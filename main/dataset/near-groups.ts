import type { NearPair } from './near-duplicates.ts';

/**
 * Joins pairs that share a picture into groups, so that all copies of one picture can go to one side of a split.
 *
 * @param numImages how many pictures the pairs speak of.
 * @returns groups of two or more, each ascending, by their first picture.
 */
export function groupsOf(pairs: readonly Pick<NearPair, 'a' | 'b'>[], numImages: number): number[][] {
  const first = Int32Array.from({ length: numImages }, (_, i) => i); // somebody earlier of the same group, at last the first
  const firstOf = (i: number): number => {
    while (first[i] !== i) i = first[i] = first[first[i]!]!;
    return i;
  };
  for (const { a, b } of pairs) {
    const [one, other] = [firstOf(a), firstOf(b)];
    first[Math.max(one, other)] = Math.min(one, other);
  }
  const groups = new Map<number, number[]>();
  for (let i = 0; i < numImages; i++) {
    const start = firstOf(i);
    const group = groups.get(start);
    if (group) group.push(i);
    else groups.set(start, [i]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}
