import type { ImageFacts, Split, Verdict, VerdictKind } from '../../contract/dataset.ts';

/** A picture as it is looked at here. */
interface Judged {
  path: string;
  className: string;
  split: Split;
  sha256: string | null;
  facts: ImageFacts | null;
}
/** A verdict before the other picture has its id. */
export type Finding = Omit<Verdict, 'other'> & { otherPath?: string };
/** Two contents by their SHA-256, and how alike they are. */
type ContentPair = readonly [string, string, number];
/** What is told of a near duplicate in each of its verdicts. */
type Likeness = Pick<Verdict, 'similarity' | 'byFeatures'>;

/**
 * Says what there is to know about each picture: how it was converted, whose copy it is, whether the same picture is in
 * another class or on the other side of the split. Pure; pictures about which there is nothing to say are left out.
 *
 * @param images in the order in which the first of equal pictures is the original.
 * @param nearDuplicates SHA-256 of both, and how alike they look.
 * @param featureDuplicates SHA-256 of both, and the cosine of their features; told where looks say nothing.
 * @returns findings by path.
 */
export function findingsOf(
  images: readonly Judged[],
  nearDuplicates: readonly ContentPair[],
  featureDuplicates: readonly ContentPair[] = [],
): Map<string, Finding[]> {
  const findings = new Map<string, Finding[]>();
  const add = (image: Judged, finding: Finding): void => {
    const known = findings.get(image.path);
    if (!known) findings.set(image.path, [finding]);
    else if (!known.some(({ kind }) => kind === finding.kind)) known.push(finding);
  };
  for (const image of images) for (const finding of ofConversions(image)) add(image, finding);

  const firsts = new Map<string, number>(); // of a content: its first picture's place
  const copies = new Map<string, Judged[]>(); // of a content that is there more than once; most are not
  images.forEach((image, place) => {
    if (image.sha256 === null) return;
    const first = firsts.get(image.sha256);
    if (first === undefined) {
      firsts.set(image.sha256, place);
      return;
    }
    const same = copies.get(image.sha256);
    if (same) same.push(image);
    else copies.set(image.sha256, [images[first]!, image]);
  });
  const allOf = (content: string): Judged[] => copies.get(content) ?? [images[firsts.get(content)!]!];
  for (const same of copies.values()) {
    for (const copy of same.slice(1)) add(copy, { kind: 'exact-duplicate', otherPath: same[0]!.path });
    judge(same, same, add);
  }
  const addNear = ([a, b, similarity]: ContentPair, found: Likeness): void => {
    const [placeOfA, placeOfB] = [firsts.get(a), firsts.get(b)];
    if (placeOfA === undefined || placeOfB === undefined) return; // out of the data set meanwhile
    const told = { similarity, ...found };
    const [first, second] = placeOfA < placeOfB ? [a, b] : [b, a];
    const [originals, remade] = [allOf(first), allOf(second)];
    for (const copy of remade) add(copy, { kind: 'near-duplicate', otherPath: originals[0]!.path, ...told });
    judge(originals, remade, add, told);
  };
  // The most alike first: a copy of several is told of the nearest. What the pixels say goes before what a backbone sees.
  for (const pair of mostAlikeFirst(nearDuplicates)) addNear(pair, {});
  for (const pair of mostAlikeFirst(featureDuplicates)) addNear(pair, { byFeatures: true });
  return findings;
}

const mostAlikeFirst = (pairs: readonly ContentPair[]): ContentPair[] =>
  [...pairs].sort((one, other) => other[2] - one[2]);

function ofConversions({ facts }: Judged): Finding[] {
  if (facts === null || facts.conversions.length === 0) return [];
  const conversions = facts.conversions.filter((conversion) => conversion !== 'turned');
  return [
    ...(facts.conversions.includes('turned') ? [{ kind: 'turned' as const }] : []),
    ...(conversions.length > 0 ? [{ kind: 'converted' as const, conversions }] : []),
  ];
}

/** One picture on both sides: of two classes, or of two parts of which one is train. */
function judge(
  these: readonly Judged[],
  those: readonly Judged[],
  add: (image: Judged, finding: Finding) => void,
  told: Likeness = {},
): void {
  const tell = (one: Judged, other: Judged, kind: 'two-classes' | 'leak'): void => {
    add(one, { kind, otherPath: other.path, ...told });
    add(other, { kind, otherPath: one.path, ...told });
  };
  const isSame = these === those;
  for (const [kind, sideOf] of [
    ['two-classes', ({ className }: Judged) => className],
    ['leak', ({ split }: Judged) => String(split === 'train')],
  ] as const) {
    // One of each side will do as the other of all that are not on it: linear, however many copies there are.
    const sides = new Map<string, Judged>();
    for (const image of isSame ? these : [...these, ...those]) {
      const side = sideOf(image);
      if (!sides.has(side)) sides.set(side, image);
    }
    if (sides.size < 2) continue;
    for (const image of isSame ? these : [...these, ...those]) {
      for (const [side, other] of sides) if (side !== sideOf(image)) tell(image, other, kind);
    }
  }
}

/** How many pictures have each verdict. */
export function countFindings(findings: ReadonlyMap<string, readonly Finding[]>): Map<VerdictKind, number> {
  const counts = new Map<VerdictKind, number>();
  for (const all of findings.values()) for (const { kind } of all) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/**
 * Names the group of each content: pictures that are the same, or one another made over. What is alike through a third is one
 * group.
 *
 * @returns by SHA-256; contents that are alone are left out.
 */
export function groupsOfContents(nearDuplicates: readonly ContentPair[]): Map<string, string> {
  const parents = new Map<string, string>();
  const rootOf = (content: string): string => {
    let root = content;
    while (parents.get(root) !== undefined && parents.get(root) !== root) root = parents.get(root)!;
    for (let at = content; at !== root;) {
      const above = parents.get(at)!;
      parents.set(at, root);
      at = above;
    }
    return root;
  };
  for (const [a, b] of nearDuplicates) {
    const [one, other] = [rootOf(a), rootOf(b)];
    const [low, high] = one < other ? [one, other] : [other, one];
    parents.set(high, low);
    if (!parents.has(low)) parents.set(low, low);
  }
  return new Map([...parents.keys()].map((content) => [content, rootOf(content)]));
}
