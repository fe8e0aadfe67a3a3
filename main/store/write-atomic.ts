import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';

/** Errors by which a virus scanner or an indexer on Windows holds a file for a moment. */
const passing = new Set(['EPERM', 'EACCES', 'EBUSY']);

/**
 * Writes a file so that after any crash the old or the new content is there, whole. Pieces are written one after the other.
 *
 * @throws disk-full, cannot-write
 */
export async function writeFileAtomic(
  file: string,
  data: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      await writeFile(handle, data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameDurably(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first failure is the one to tell
    throw asWriteError(error, file);
  }
}

/** Renames; retries for half a second on Windows. Also for folders. */
export async function renamePatiently(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (process.platform !== 'win32' || !passing.has(code) || attempt === 5) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * 2 ** attempt));
    }
  }
}

/** The same, and makes the new name durable. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await renamePatiently(from, to);
  if (process.platform === 'win32') return; // a folder cannot be opened there; NTFS journals the rename
  const folder = await open(path.dirname(to), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Turns a failed write into the error a person can mend. */
export function asWriteError(error: unknown, file: string): unknown {
  if (error instanceof GraftError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new GraftError('disk-full', { path: file }, { cause: error });
  if (typeof code === 'string') return new GraftError('cannot-write', { path: file, problem: code }, { cause: error });
  return error;
}
