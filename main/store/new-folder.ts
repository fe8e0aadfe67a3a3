import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';
import { asWriteError, renameDurably } from './write-atomic.ts';

/**
 * Lets a folder be filled and puts it in its place, whole or not at all: until then it lies beside it, and after a
 * failure nothing is left of it.
 *
 * @param out a new or empty folder.
 * @throws out-not-empty, not-a-folder, disk-full, cannot-write; what `fill` throws
 */
export async function writeNewFolder<T>(out: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const target = path.resolve(out);
  await requireEmpty(target);
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  let firstMade: string | undefined;
  try {
    firstMade = await mkdir(path.dirname(target), { recursive: true });
    await mkdir(temporary);
    const value = await fill(temporary);
    await putInPlace(temporary, target);
    return value;
  } catch (error) {
    // The first failure is the one to tell.
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    if (firstMade !== undefined) await removeEmpty(path.dirname(target), firstMade).catch(() => undefined);
    throw asWriteError(error, target);
  }
}

/** Takes away folders that are empty, from the innermost up to the first that was made. */
async function removeEmpty(innermost: string, firstMade: string): Promise<void> {
  for (let folder = innermost; folder.length >= firstMade.length; folder = path.dirname(folder)) await rmdir(folder);
}

async function requireEmpty(target: string): Promise<void> {
  const facts = await stat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw asWriteError(error, target);
  });
  if (!facts) return;
  if (!facts.isDirectory()) throw new GraftError('not-a-folder', { path: target });
  if ((await readdir(target)).length > 0) throw new GraftError('out-not-empty', { path: target });
}

async function putInPlace(temporary: string, target: string): Promise<void> {
  try {
    await rmdir(target); // the empty folder of the user's: Windows renames onto nothing
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') throw new GraftError('out-not-empty', { path: target });
    if (code !== 'ENOENT') throw error;
  }
  await renameDurably(temporary, target);
}
