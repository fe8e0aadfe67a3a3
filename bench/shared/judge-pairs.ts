import type { NearPair } from '../../main/dataset/near-duplicates.ts';
import { copyKinds, type CopyKind, type KnownPicture } from './known-duplicates.ts';

/**
 * - known: a copy and its photograph;
 * - own: two photographs as they came, of which nobody has said whether they show the same;
 * - kin: what must be true if such a pair is: a copy of one and the other, copies of both, the same quarter of both;
 * - false: all others.
 */
export type Verdict = 'known' | 'own' | 'kin' | 'false';

export interface Judged {
  /** In the order of the pairs. */
  verdicts: Verdict[];
  /** Copies that are paired with their photograph. */
  numFound: Record<CopyKind, number>;
  /** Pictures with a false pair. */
  falsePictures: number;
}

/** Compares the pairs that were found with what is known about the pictures. */
export function judgePairs(pictures: readonly KnownPicture[], pairs: readonly NearPair[]): Judged {
  const isCopy = ({ kind }: KnownPicture): boolean => (copyKinds as readonly string[]).includes(kind);
  const filesOf = ({ a, b }: NearPair): string => [pictures[a]!.file, pictures[b]!.file].sort().join('\n');
  const isOwn = ({ a, b }: NearPair): boolean =>
    pictures[a]!.kind === 'photograph' && pictures[b]!.kind === 'photograph';
  const own = new Set(pairs.filter(isOwn).map(filesOf));
  const verdictOf = (pair: NearPair): Verdict => {
    const [a, b] = [pictures[pair.a]!, pictures[pair.b]!];
    if (isOwn(pair)) return 'own';
    if (a.file === b.file) return a.kind !== 'quarter' && b.kind !== 'quarter' ? 'known' : 'false';
    return own.has(filesOf(pair)) && a.quarter === b.quarter ? 'kin' : 'false';
  };
  const verdicts = pairs.map(verdictOf);
  const found = new Set<KnownPicture>();
  const mistaken = new Set<number>();
  for (const [i, { a, b }] of pairs.entries()) {
    if (verdicts[i] === 'known') for (const index of [a, b]) if (isCopy(pictures[index]!)) found.add(pictures[index]!);
    if (verdicts[i] === 'false') mistaken.add(a).add(b);
  }
  const numFound = Object.fromEntries(
    copyKinds.map((kind) => [kind, [...found].filter((picture) => picture.kind === kind).length]),
  ) as Record<CopyKind, number>;
  return { verdicts, numFound, falsePictures: mistaken.size };
}
