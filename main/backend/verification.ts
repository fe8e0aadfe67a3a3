import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { DatasetSnapshot } from '../../contract/dataset.ts';
import type { Manifest } from '../dataset/manifest.ts';
import { isKnown, isToTryAgain, withVerdicts } from '../dataset/merge.ts';
import { asWriteError } from '../store/write-atomic.ts';
import type { WorkerHost } from '../workers/host.ts';
import { decodeFiles } from './decode-files.ts';
import type { CompareJob, VerifiedFiles, VerifyFilesJob } from '../workers/media.ts';

export interface VerifyOptions {
  /** The data set's place in the home: what pictures look like is kept there. */
  folder: string;
  newMedia: () => WorkerHost;
  signal: AbortSignal;
  onProgress: (progress: NonNullable<DatasetSnapshot['progress']>) => void;
}

/**
 * Decodes every file that is not yet known.
 *
 * @returns what there is to take into the manifest as it is by then; complete unless others have come or changed meanwhile
 */
export async function verifyFiles(
  { root, addedFolder, images, broken }: Manifest,
  { folder, newMedia, signal, onProgress }: VerifyOptions,
): Promise<(now: Manifest) => Manifest> {
  const seen = [...images.filter((image) => !isKnown(image)), ...broken.filter(isToTryAgain)];
  const paths = seen.map((file) => file.path);
  let found: VerifiedFiles = { sha256ByPath: [], factsByPath: [], skipped: [] };
  if (paths.length > 0) {
    onProgress({ done: 0, total: paths.length, step: 'files' });
    await makeFolder(folder);
    const job: VerifyFilesJob = { root, addedFolder, paths, looksFile: looksIn(folder) };
    const tell = (done: number, total: number) => onProgress({ done, total, step: 'files' });
    found = await decodeFiles(job, { newMedia, signal, onProgress: tell });
  }
  return (now) => {
    const judged = withVerdicts(now, found.sha256ByPath, found.skipped, found.factsByPath, seen);
    return { ...judged, complete: judged.images.every(isKnown) };
  };
}

/** Looks for pictures that are others made over, where that has not been done for these. @returns null where it has */
export async function compareContents(
  { root, addedFolder, images, comparedContents }: Manifest,
  { folder, newMedia, signal, onProgress }: VerifyOptions,
): Promise<Pick<Manifest, 'nearDuplicates' | 'comparedContents'> | null> {
  const pathOf = new Map<string, string>();
  for (const { sha256, path: relative } of images) {
    if (sha256 !== null && !pathOf.has(sha256)) pathOf.set(sha256, relative);
  }
  const contents = [...pathOf.keys()];
  const digest = createHash('sha256')
    .update([...contents].sort().join())
    .digest('hex');
  if (digest === comparedContents) return null;
  if (contents.length < 2) return { nearDuplicates: [], comparedContents: digest };
  onProgress({ done: 0, total: contents.length, step: 'comparing' }); // before anything waits: nobody may begin beside it
  await makeFolder(folder);
  const job: CompareJob = { root, addedFolder, looksFile: looksIn(folder), contents: [...pathOf] };
  const media = newMedia();
  try {
    const nearDuplicates = await media.call<Manifest['nearDuplicates']>('compare', job, {
      onProgress: (progress) => onProgress({ step: 'comparing', ...(progress as { done: number; total: number }) }),
      signal,
    });
    return { nearDuplicates, comparedContents: digest };
  } finally {
    media.close();
  }
}

const looksIn = (folder: string): string => path.join(folder, 'looks.bin');

/** @throws disk-full, cannot-write */
async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw asWriteError(error, folder);
  });
}
