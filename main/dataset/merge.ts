import type { ImageFacts, SkippedFile } from '../../contract/dataset.ts';
import { isAdded } from './added.ts';
import type { Manifest, ManifestImage } from './manifest.ts';
import { compareCodePoints } from './order.ts';

/** A file as it was when it was looked at: one of another size or time is another file. */
export type SeenFile = Pick<ManifestImage, 'path' | 'sizeBytes' | 'mtimeMs'>;

/**
 * A new listing with what is already known of files whose size and time are unchanged; added pictures are in no listing and stay.
 * What could only not be read says nothing about the picture: it is tried again.
 */
export function merge(
  known: Manifest,
  scanned: Pick<Manifest, 'labels' | 'layout' | 'classNames' | 'images' | 'skipped'>,
): Manifest {
  const before = new Map(known.images.map((image) => [image.path, image]));
  const broken = new Map(known.broken.map((file) => [file.path, file]));
  const stillBroken = scanned.images.flatMap((image) => {
    const file = broken.get(image.path);
    return file && isKept(file) && isSame(file, image) ? [file] : [];
  });
  stillBroken.push(...known.broken.filter(isAdded));
  const isBroken = new Set(stillBroken.map((file) => file.path));
  const found = scanned.images
    .filter((image) => !isBroken.has(image.path))
    .map((image) => {
      const old = before.get(image.path);
      return old && isSame(old, image) ? { ...image, sha256: old.sha256, facts: old.facts } : image;
    });
  const images = [...found, ...known.images.filter(isAdded)];
  const ownClassNames = known.ownClassNames ?? [];
  const skipped = [
    ...scanned.skipped,
    ...stillBroken.map(({ path: file, reason, detail }) => ({
      path: file,
      reason,
      ...(detail !== undefined && { detail }),
    })),
  ];
  return {
    ...known,
    labels: scanned.labels,
    layout: scanned.layout === 'unknown' && ownClassNames.length > 0 ? 'classes' : scanned.layout,
    classNames: [...new Set([...scanned.classNames, ...ownClassNames])].sort(compareCodePoints),
    images,
    skipped,
    broken: stillBroken,
    complete: known.complete && images.every(({ sha256 }) => sha256 !== null),
  };
}

/**
 * A manifest with the SHA-256 and the facts of decoded files, and without those that proved unusable. What was found about
 * a file that is another by now is left out. It is complete no more where a file, though of the same size and time, has other
 * bytes and was not decoded.
 *
 * @param seen the files as they were when they were looked at; by default as the manifest has them
 */
export function withVerdicts(
  manifest: Manifest,
  sha256ByPath: readonly (readonly [string, string])[],
  skipped: readonly SkippedFile[],
  factsByPath: readonly (readonly [string, ImageFacts])[] = [],
  seen: readonly SeenFile[] = manifest.images,
): Manifest {
  const hashes = new Map(sha256ByPath);
  const facts = new Map(factsByPath);
  const bad = new Map(skipped.map((file) => [file.path, file]));
  const seenByPath = new Map(seen.map((file) => [file.path, file]));
  const isAsSeen = (file: SeenFile) => isSame(seenByPath.get(file.path), file);
  const images: ManifestImage[] = [];
  const nowSkipped: SkippedFile[] = [];
  const nowBroken: Manifest['broken'] = [];
  for (const image of manifest.images) {
    const { path: file, sizeBytes, mtimeMs } = image;
    if (!isAsSeen(image)) {
      images.push(image);
      continue;
    }
    const verdict = bad.get(file);
    if (verdict) {
      nowSkipped.push(verdict);
      const broken = { ...verdict, sizeBytes, mtimeMs };
      if (isKept(broken)) nowBroken.push(broken);
    } else images.push(withFound(image, hashes.get(file), facts.get(file)));
  }
  const revived = manifest.broken.filter((file) => isToTryAgain(file) && hashes.has(file.path) && isAsSeen(file));
  for (const { path: file, sizeBytes, mtimeMs } of revived) {
    const found = { sha256: hashes.get(file)!, facts: facts.get(file) ?? null };
    images.push({ path: file, className: '', split: null, sizeBytes, mtimeMs, ...found }); // its class is in the edit that adds it
  }
  const isRevived = new Set(revived.map(({ path: file }) => file));
  const stays = ({ path: file }: SkippedFile) => !isRevived.has(file);
  return {
    ...manifest,
    images,
    skipped: [...manifest.skipped.filter(stays), ...nowSkipped],
    broken: [...manifest.broken.filter(stays), ...nowBroken],
    complete: manifest.complete && images.every(isKnown),
  };
}

/** Whether a file's bytes and what decoding them told are known. */
export const isKnown = ({ sha256, facts }: ManifestImage): boolean => sha256 !== null && facts !== null;

/** What was known of a picture is not true of other bytes: with a new hash it has the facts that were found now, or none. */
function withFound(image: ManifestImage, sha256 = image.sha256, found?: ImageFacts): ManifestImage {
  const known = sha256 === image.sha256 || image.sha256 === null ? image.facts : null;
  return { ...image, sha256, facts: found ?? known };
}

/** Whether a file that could not be used is one of Graft's own copies that could only not be read. No listing brings it back. */
export const isToTryAgain = (file: SkippedFile): boolean => isAdded(file) && file.reason === 'unreadable';

/** Whether it stays known why a file is not used: not where a disk or a share failed. Of Graft's own copies nothing else is kept. */
const isKept = (file: SkippedFile): boolean => isAdded(file) || file.reason !== 'unreadable';

const isSame = (
  one: { sizeBytes: number; mtimeMs: number } | undefined,
  other: { sizeBytes: number; mtimeMs: number },
): boolean => one !== undefined && one.sizeBytes === other.sizeBytes && one.mtimeMs === other.mtimeMs;
