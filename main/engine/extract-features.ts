import { stat } from 'node:fs/promises';
import type { SkippedFile } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import { pictureFile, type PicturePlaces } from '../dataset/added.ts';
import type { ManifestImage } from '../dataset/manifest.ts';
import { atATime } from '../native/at-a-time.ts';
import { decodeByLibvips, ImageProblem } from '../native/image.ts';
import { PictureReader } from '../native/picture-reader.ts';
import type { ReadPicture } from '../native/read-picture.ts';
import type { FeatureSpace, FeatureWriter } from './feature-cache.ts';
import { spacesIn, type FeatureSpaces } from './feature-spaces.ts';
import { FROZEN_BATCH_SIZE } from './frozen-batch.ts';
import type { FrozenPart } from './frozen-part.ts';

/** One view of the pictures: where its features go, and how it is made from the decoded picture. */
export interface View {
  spaces: FeatureSpaces;
  /** Null: the picture itself. Gives pixels of the same size. */
  augment: ((pixels: Uint8Array, sha256: string) => Uint8Array) | null;
}

/** What a pass over the files found out. */
export interface Extracted {
  /** SHA-256 of each usable picture, by path. */
  sha256ByPath: Map<string, string>;
  skipped: SkippedFile[];
  /** Of the skipped, those that were read before and are gone or others by now. */
  changed: string[];
  /** SHA-256, by path, of those among them whose size and time do not tell that they are others. */
  unnoticed: [string, string][];
  /** Pictures that had to be computed. */
  numComputed: number;
}

/** Files that libvips decodes at a time: they may be of a hundred megapixels. */
const numByLibvips = 4;
const byLibvips = atATime(numByLibvips);

/** A file without features. */
interface Undecoded extends SkippedFile {
  /** It was read before, and is gone or another by now. */
  isChanged: boolean;
  /** SHA-256 of one that is another though its size and time are as they were. */
  unnoticed?: string;
}

interface Decoded {
  image: ManifestImage;
  sha256: string;
  /** Null when nothing has to be computed. */
  pixels: Uint8Array | null;
}

/**
 * Makes sure that the features of all views of all pictures are in the cache: each picture is decoded once, each view computed
 * once, in the order given. A file that cannot be used is skipped with its reason.
 *
 * @param openFrozenPart called only when there is something to compute
 * @param beforeBatch awaited before each batch: holds a paused run
 */
export async function extractFeatures(
  places: PicturePlaces,
  images: readonly ManifestImage[],
  size: readonly [number, number],
  views: readonly View[],
  openFrozenPart: () => Promise<FrozenPart>,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
  beforeBatch: () => Promise<void> = async () => undefined,
): Promise<Extracted> {
  const result: Extracted = { sha256ByPath: new Map(), skipped: [], changed: [], unnoticed: [], numComputed: 0 };
  const isViewCached = ({ spaces }: View, sha256: string) => spacesIn(spaces).every((space) => space.has(sha256));
  const isCached = (sha256: string) => views.every((view) => isViewCached(view, sha256));
  const missing: ManifestImage[] = [];
  for (const image of images) {
    if (image.sha256 && isCached(image.sha256)) result.sha256ByPath.set(image.path, image.sha256);
    else missing.push(image);
  }
  let done = images.length - missing.length;
  onProgress(done, images.length);
  if (missing.length === 0) return result;

  // Opened with the first picture to compute, while the next are decoded: files that turn out broken or known need neither.
  let opened: { frozen: Promise<FrozenPart>; writers: Map<FeatureSpace, FeatureWriter> } | null = null;
  const open = () => {
    if (!opened) {
      const spaces = views.flatMap((view) => spacesIn(view.spaces));
      opened = { frozen: openFrozenPart(), writers: new Map(spaces.map((space) => [space, space.writer()])) };
      opened.frozen.catch(() => undefined); // awaited with the batch
    }
    return opened;
  };
  const claimed = new Set<string>(); // exact duplicates are computed once
  const pictureBytes = size[0] * size[1] * 3;
  let batch: { sha256: string; view: View; pixels: Uint8Array }[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    await beforeBatch();
    signal.throwIfAborted();
    const pixels = new Uint8Array(batch.length * pictureBytes);
    batch.forEach((task, i) => pixels.set(task.pixels, i * pictureBytes));
    const { frozen, writers } = open();
    const features = await (await frozen).run(pixels, batch.length);
    batch.forEach(({ sha256, view: { spaces } }, i) => {
      const keep = (space: FeatureSpace | null, values: Float32Array | undefined) => {
        if (space && !space.has(sha256))
          writers.get(space)!.append(sha256, values!.subarray(i * space.rowLength, (i + 1) * space.rowLength));
      };
      keep(spaces.pooled, features.pooled);
      keep(spaces.maps, features.maps);
      spaces.layers.forEach((space, layer) => keep(space, features.layers?.[layer]));
    });
    result.numComputed += batch.length;
    batch = [];
  };
  try {
    for await (const item of decodeInOrder(places, missing, size, isCached, signal)) {
      signal.throwIfAborted();
      if ('reason' in item) {
        const { isChanged, unnoticed, ...file } = item;
        result.skipped.push(file);
        if (isChanged) result.changed.push(file.path);
        if (unnoticed) result.unnoticed.push([file.path, unnoticed]);
      } else {
        const { sha256, pixels } = item;
        result.sha256ByPath.set(item.image.path, sha256);
        if (pixels && !claimed.has(sha256)) {
          claimed.add(sha256);
          open();
          for (const view of views) {
            if (isViewCached(view, sha256)) continue;
            batch.push({ sha256, view, pixels: view.augment ? view.augment(pixels, sha256) : pixels });
            if (batch.length === FROZEN_BATCH_SIZE) await flush();
          }
        }
      }
      done++;
      onProgress(done, images.length);
    }
    await flush();
  } finally {
    await closeAll(opened);
  }
  onProgress(done, images.length);
  return result;
}

/** @throws dataset-changed, when pictures are gone or others since they were read */
export function requireUnchanged(name: string, { changed }: Pick<Extracted, 'changed'>): void {
  if (changed.length === 0) return;
  throw new GraftError('dataset-changed', { name, numFiles: changed.length, files: changed.slice(0, 5) });
}

/** For pictures of which none may be missing. @throws dataset-changed; image-not-readable, when one cannot be read now */
export function requireAll(name: string, extracted: Pick<Extracted, 'changed' | 'skipped'>): void {
  requireUnchanged(name, extracted);
  const file = extracted.skipped[0];
  if (file) throw new GraftError('image-not-readable', { name: file.path, reason: file.reason });
}

async function closeAll(
  opened: { frozen: Promise<FrozenPart>; writers: Map<FeatureSpace, FeatureWriter> } | null,
): Promise<void> {
  if (!opened) return;
  for (const writer of opened.writers.values()) writer.flush();
  const frozen = await opened.frozen.catch(() => null);
  await frozen?.dispose();
}

/** Reads and decodes several files at a time and gives them back in their order, never more than two batches ahead. */
export async function* decodeInOrder(
  places: PicturePlaces,
  images: readonly ManifestImage[],
  size: readonly [number, number],
  isCached: (sha256: string) => boolean,
  signal: AbortSignal,
): AsyncGenerator<Decoded | Undecoded> {
  const ahead = 2 * FROZEN_BATCH_SIZE; // bounds the memory
  const results: Promise<Decoded | Undecoded>[] = [];
  const reader = new PictureReader(images.length);
  const limited = atATime(Math.max(numByLibvips, reader.numAtATime));
  let isOver = false;
  let next = 0;
  try {
    for (let i = 0; i < images.length; i++) {
      while (next < Math.min(images.length, i + ahead)) {
        const image = images[next++]!;
        results.push(
          limited(() =>
            signal.aborted || isOver
              ? Promise.reject(new Error('stopped'))
              : decodeOne(reader, places, image, size, isCached),
          ),
        );
        results.at(-1)!.catch(() => undefined); // awaited in its turn
      }
      yield await results.shift()!;
    }
  } finally {
    isOver = true;
    await reader.close();
  }
}

async function decodeOne(
  reader: PictureReader,
  places: PicturePlaces,
  image: ManifestImage,
  size: readonly [number, number],
  isCached: (sha256: string) => boolean,
): Promise<Decoded | Undecoded> {
  const undecoded = (reason: SkippedFile['reason'], detail: string, isChanged = false): Undecoded => ({
    path: image.path,
    reason,
    detail,
    isChanged,
  });
  let read: ReadPicture;
  try {
    read = await reader.read(pictureFile(places, image.path), size);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return undecoded('unreadable', code, image.sha256 !== null && (code === 'ENOENT' || code === 'ENOTDIR'));
  }
  const { sha256 } = read;
  if (image.sha256 !== null && image.sha256 !== sha256) {
    const changed = undecoded('unreadable', 'changed since it was read', true);
    const now = await stat(pictureFile(places, image.path)).catch(() => null);
    const isUnnoticed = now?.size === image.sizeBytes && now.mtimeMs === image.mtimeMs;
    return isUnnoticed ? { ...changed, unnoticed: sha256 } : changed;
  }
  if (isCached(sha256)) return { image, sha256, pixels: null };
  try {
    if (read.pixels) return { image, sha256, pixels: read.pixels };
    const { bytes } = read;
    return { image, sha256, ...(await byLibvips(() => decodeByLibvips(bytes, size))) };
  } catch (error) {
    if (error instanceof ImageProblem) return undecoded(error.reason, error.detail ?? '');
    throw error;
  }
}
