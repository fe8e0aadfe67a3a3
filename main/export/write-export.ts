import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';
import type { ExportFormat, Parity } from '../../contract/model.ts';
import { asWriteError, renameDurably } from '../store/write-atomic.ts';
import type { ExportContext } from './format.ts';
import { requireParity, writeParity } from './parity.ts';
import { formats } from './registry.ts';

export interface WrittenExport {
  files: { name: string; sizeBytes: number }[];
  parity: Parity;
}

/**
 * Writes a model in a format, lets it be checked and puts it in its place, whole or not at all: until then it lies in a
 * folder beside the target.
 *
 * @param out a new or empty folder.
 * @param verify loads the files of the folder it is given, best in a fresh process, and compares them with the app.
 * @throws GraftError out-not-empty, not-a-folder, export-differs, layer-not-supported, disk-full, cannot-write
 */
export async function writeExport(
  formatId: ExportFormat,
  context: ExportContext,
  out: string,
  verify: (folder: string) => Promise<Parity>,
): Promise<WrittenExport> {
  const target = path.resolve(out);
  await requireEmpty(target);
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(temporary, { recursive: true });
    const names = await formats[formatId].write(context, temporary);
    const parity = await verify(temporary);
    requireParity(parity);
    names.push(await writeParity(parity, temporary));
    const files = await Promise.all(
      names.map(async (name) => ({ name, sizeBytes: (await stat(path.join(temporary, name))).size })),
    );
    await putInPlace(temporary, target);
    return { files, parity };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined); // the first failure is the one to tell
    throw asWriteError(error, target);
  }
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
