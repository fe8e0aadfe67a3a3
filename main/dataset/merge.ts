import type { ImageFacts, SkippedFile } from '../../contract/dataset.ts';
import { isAdded } from './added.ts';
import type { Manifest } from './manifest.ts';
import { compareCodePoints } from './order.ts';

/** A new listing with what is already known of files whose size and time are unchanged; added pictures are in no listing and stay. */
export function merge(
  known: Manifest,
  scanned: Pick<Manifest, 'labels' | 'layout' | 'classNames' | 'images' | 'skipped'>,
): Manifest {
  const isSame = (
    one: { sizeBytes: number; mtimeMs: number } | undefined,
    other: { sizeBytes: number; mtimeMs: number },
  ) => one !== undefined && one.sizeBytes === other.sizeBytes && one.mtimeMs === other.mtimeMs;
  const before = new Map(known.images.map((image) => [image.path, image]));
  const broken = new Map(known.broken.map((file) => [file.path, file]));
  const stillBroken = scanned.images.flatMap((image) => {
    const file = broken.get(image.path);
    return file && isSame(file, image) ? [file] : [];
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

/** A manifest with the SHA-256 and the facts of decoded files, and without those that proved unusable. */
export function withVerdicts(
  manifest: Manifest,
  sha256ByPath: readonly (readonly [string, string])[],
  skipped: readonly SkippedFile[],
  factsByPath: readonly (readonly [string, ImageFacts])[] = [],
): Manifest {
  const hashes = new Map(sha256ByPath);
  const facts = new Map(factsByPath);
  const bad = new Map(skipped.map((file) => [file.path, file]));
  const images = manifest.images
    .filter((image) => !bad.has(image.path))
    .map((image) => ({
      ...image,
      sha256: hashes.get(image.path) ?? image.sha256,
      facts: facts.get(image.path) ?? image.facts,
    }));
  const broken = manifest.images.flatMap(({ path: file, sizeBytes, mtimeMs }) => {
    const verdict = bad.get(file);
    return verdict ? [{ ...verdict, sizeBytes, mtimeMs }] : [];
  });
  return { ...manifest, images, skipped: [...bad.values()], broken: [...manifest.broken, ...broken] };
}
