import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { SkippedFile } from '../../contract/dataset.ts';
import type { ManifestImage } from '../dataset/manifest.ts';
import { decodeImage, ImageProblem } from '../native/image.ts';
import type { FeatureSpace, FeatureWriter } from './feature-cache.ts';
import { FROZEN_BATCH_SIZE, type FrozenPart } from './frozen-part.ts';

/** Where the features of one pass go. Pooled features are always kept: they are small, and a later GAP head then gives the same curve. */
export interface FeatureSpaces {
  pooled: FeatureSpace;
  maps: FeatureSpace | null;
}

/** What a pass over the files found out. */
export interface Extracted {
  /** SHA-256 of each usable picture, by path. */
  sha256ByPath: Map<string, string>;
  skipped: SkippedFile[];
  /** Pictures that had to be computed. */
  numComputed: number;
}

/** Decoders that work at a time, and pictures decoded ahead of the frozen part: two batches bound the memory. */
const NUM_DECODERS = 4;

interface Task {
  image: ManifestImage;
  sha256: string;
  pixels: Uint8Array | null;
}

/**
 * Makes sure that the features of all pictures are in the cache: each is decoded and computed once, in the order given.
 * A file that cannot be used is skipped with its reason.
 *
 * @param openFrozenPart called only when there is something to compute
 */
export async function extractFeatures(
  root: string,
  images: readonly ManifestImage[],
  size: readonly [number, number],
  spaces: FeatureSpaces,
  openFrozenPart: () => Promise<FrozenPart>,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Extracted> {
  const result: Extracted = { sha256ByPath: new Map(), skipped: [], numComputed: 0 };
  const isCached = (sha256: string) => spaces.pooled.has(sha256) && (spaces.maps?.has(sha256) ?? true);
  const missing: ManifestImage[] = [];
  for (const image of images) {
    if (image.sha256 && isCached(image.sha256)) result.sha256ByPath.set(image.path, image.sha256);
    else missing.push(image);
  }
  let done = images.length - missing.length;
  onProgress(done, images.length);
  if (missing.length === 0) return result;

  // Opened with the first picture to compute, while the next are decoded: files that turn out broken or known need neither.
  let opened: { frozen: Promise<FrozenPart>; pooled: FeatureWriter; maps: FeatureWriter | undefined } | null = null;
  const open = () => {
    opened ??= { frozen: openFrozenPart(), pooled: spaces.pooled.writer(), maps: spaces.maps?.writer() };
    opened.frozen.catch(() => undefined); // awaited with the batch
    return opened;
  };
  const decoded = decodeInOrder(root, missing, size, isCached, signal);
  const claimed = new Set<string>(); // exact duplicates are computed once
  const [height, width] = size;
  const pictureBytes = height * width * 3;
  let batch: Task[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const pixels = new Uint8Array(batch.length * pictureBytes);
    batch.forEach((task, i) => pixels.set(task.pixels!, i * pictureBytes));
    const writers = open();
    const features = await (await writers.frozen).run(pixels, batch.length);
    batch.forEach((task, i) => {
      const row = (values: Float32Array, length: number) => values.subarray(i * length, (i + 1) * length);
      if (!spaces.pooled.has(task.sha256))
        writers.pooled.append(task.sha256, row(features.pooled!, spaces.pooled.rowLength));
      if (spaces.maps && !spaces.maps.has(task.sha256))
        writers.maps?.append(task.sha256, row(features.maps!, spaces.maps.rowLength));
    });
    result.numComputed += batch.length;
    batch = [];
  };
  try {
    for await (const item of decoded) {
      signal.throwIfAborted();
      if ('reason' in item) result.skipped.push(item);
      else {
        result.sha256ByPath.set(item.image.path, item.sha256);
        if (item.pixels && !claimed.has(item.sha256)) {
          claimed.add(item.sha256);
          batch.push(item);
          open();
        }
      }
      done++;
      if (batch.length === FROZEN_BATCH_SIZE) {
        await flush();
        onProgress(done, images.length);
      }
    }
    await flush();
  } finally {
    await closeAll(opened);
  }
  onProgress(done, images.length);
  return result;
}

async function closeAll(
  opened: { frozen: Promise<FrozenPart>; pooled: FeatureWriter; maps: FeatureWriter | undefined } | null,
): Promise<void> {
  if (!opened) return;
  opened.pooled.flush();
  opened.maps?.flush();
  const frozen = await opened.frozen.catch(() => null);
  await frozen?.dispose();
}

/** Reads and decodes several files at a time and gives them back in their order, never more than two batches ahead. */
async function* decodeInOrder(
  root: string,
  images: readonly ManifestImage[],
  size: readonly [number, number],
  isCached: (sha256: string) => boolean,
  signal: AbortSignal,
): AsyncGenerator<Task | SkippedFile> {
  const ahead = 2 * FROZEN_BATCH_SIZE;
  const results: Promise<Task | SkippedFile>[] = [];
  let active = 0;
  const waiting: (() => void)[] = [];
  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    if (active >= NUM_DECODERS) await new Promise<void>((resolve) => waiting.push(resolve));
    active++;
    try {
      return await work();
    } finally {
      active--;
      waiting.shift()?.();
    }
  };
  let next = 0;
  for (let i = 0; i < images.length; i++) {
    while (next < Math.min(images.length, i + ahead)) {
      const image = images[next++]!;
      results.push(
        limited(() => (signal.aborted ? Promise.reject(new Error('stopped')) : decodeOne(root, image, size, isCached))),
      );
      results.at(-1)!.catch(() => undefined); // awaited in its turn
    }
    yield await results.shift()!;
  }
}

async function decodeOne(
  root: string,
  image: ManifestImage,
  size: readonly [number, number],
  isCached: (sha256: string) => boolean,
): Promise<Task | SkippedFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path.join(root, image.path));
  } catch (error) {
    return { path: image.path, reason: 'unreadable', detail: (error as NodeJS.ErrnoException).code ?? '' };
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (isCached(sha256)) return { image, sha256, pixels: null };
  try {
    return { image, sha256, pixels: (await decodeImage(bytes, size)).pixels };
  } catch (error) {
    if (error instanceof ImageProblem) return { path: image.path, reason: error.reason, detail: error.detail ?? '' };
    throw error;
  }
}
