import { constants, copyFile, mkdir, statfs } from 'node:fs/promises';
import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';
import { writeNewFolder } from '../store/new-folder.ts';
import { pictureFile, type PicturePlaces } from './added.ts';
import type { FolderPlan } from './folder-plan.ts';
import type { ManifestImage } from './manifest.ts';
import { compareCodePoints } from './order.ts';
import { compareWithDisk } from './verify.ts';

export interface WriteOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((numDone: number, numTotal: number) => void) | undefined;
}

/** Enough to keep a disk busy; the rest of the pool is for others. */
const numParallelCopies = 3;
/** Bytes of the disk that stay free. */
const minFreeBytes = 256 * 2 ** 20;
const maxNamed = 5;

/**
 * Looks whether pictures are those that were scanned.
 *
 * @returns their bytes together
 * @throws dataset-changed where some are gone or have another size or time
 */
export async function expectUnchanged(
  name: string,
  places: PicturePlaces,
  images: ManifestImage[],
  signal?: AbortSignal,
): Promise<number> {
  const { changed, missing } = await compareWithDisk({ ...places, images, skipped: [] }, { signal });
  const files = [...changed, ...missing].sort(compareCodePoints);
  if (files.length > 0)
    throw new GraftError('dataset-changed', { name, numFiles: files.length, files: files.slice(0, maxNamed) });
  return images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/**
 * Copies pictures as planned into a folder that appears whole or not at all.
 *
 * @param places where the pictures lie, which are only read
 * @param out a new or empty folder outside of it
 * @throws out-not-empty, not-a-folder, disk-full, cannot-write; the signal's reason
 */
export async function writeFolders(
  plan: FolderPlan,
  places: PicturePlaces,
  out: string,
  numBytes: number,
  { signal, onProgress }: WriteOptions = {},
): Promise<void> {
  await writeNewFolder(out, async (folder) => {
    const { bavail, bsize } = await statfs(folder);
    if (numBytes > bavail * bsize - minFreeBytes) throw new GraftError('disk-full', { path: out });
    await makeFolders(plan, folder);
    let hasFailed = false;
    let numDone = 0;
    const waiting = plan.files.values();
    const carry = async (): Promise<void> => {
      for (const { from, to } of waiting) {
        if (hasFailed) return;
        signal?.throwIfAborted();
        // A clone where the disk can do that; never over a file that is there.
        const mode = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
        await copyFile(pictureFile(places, from), path.join(folder, to), mode);
        onProgress?.(++numDone, plan.files.length);
      }
    };
    const noteFailure = (error: unknown): never => {
      hasFailed = true;
      throw error;
    };
    // All have let go of the folder before it is put in its place or taken away.
    const ends = await Promise.allSettled(Array.from({ length: numParallelCopies }, () => carry().catch(noteFailure)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    signal?.throwIfAborted();
  });
}

async function makeFolders({ folders, files }: FolderPlan, inside: string): Promise<void> {
  const needed = new Set([...folders, ...files.map(({ to }) => to.slice(0, to.lastIndexOf('/')))]);
  for (const folder of needed) await mkdir(path.join(inside, folder), { recursive: true });
}
