import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { GraftError } from '../../../contract/errors.ts';
import type { ShellOutput } from '../../../contract/shell.ts';
import { allowedPath, isInside } from '../../backend/allowed-path.ts';

type Listing = ShellOutput<'shell.list'>;

const maxEntries = 1000;
const archive = /\.(zip|tar|tgz|tar\.gz)$/i;
const list = /\.(csv|json)$/i;
const picture = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif)$/i;

/**
 * Lists what may be opened in a folder under the roots: its folders, archives and lists, in the order of their names. Hidden
 * ones are left out, and links that lead out of the roots.
 *
 * @param given null: the roots themselves
 * @throws path-not-allowed, path-not-found, not-a-folder
 */
export async function listFolder(given: string | null, roots: readonly string[]): Promise<Listing> {
  if (given === null) {
    const entries = roots.map((root) => ({ name: root, path: root, kind: 'folder' as const }));
    return { path: null, parent: null, entries, numMore: 0, numPictures: 0 };
  }
  const folder = await allowedPath(given, roots);
  const names = await namesIn(folder, given);
  const entries: Listing['entries'] = [];
  let numPictures = 0;
  for (const name of names) {
    if (picture.test(name)) numPictures++;
    const entry = picture.test(name) ? null : await entryOf(folder, name, roots);
    if (entry) entries.push(entry);
  }
  return {
    path: folder,
    parent: roots.some((root) => isInside(path.dirname(folder), root)) ? path.dirname(folder) : null,
    entries: entries.slice(0, maxEntries),
    numMore: Math.max(0, entries.length - maxEntries),
    numPictures,
  };
}

async function namesIn(folder: string, given: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    const byName = new Intl.Collator('en', { numeric: true }).compare;
    return names.filter((name) => !name.startsWith('.')).sort(byName);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') throw new GraftError('not-a-folder', { path: given }, { cause });
    if (code === 'ENOENT') throw new GraftError('path-not-found', { path: given }, { cause });
    throw new GraftError('path-not-allowed', { path: given, roots: [] }, { cause });
  }
}

/** Null for what cannot be opened. */
async function entryOf(
  folder: string,
  name: string,
  roots: readonly string[],
): Promise<Listing['entries'][number] | null> {
  const file = path.join(folder, name);
  try {
    const real = await allowedPath(file, roots);
    const found = await stat(real);
    if (found.isDirectory()) return { name, path: file, kind: 'folder' };
    if (!found.isFile()) return null;
    if (archive.test(name)) return { name, path: file, kind: 'archive' };
    return list.test(name) ? { name, path: file, kind: 'list' } : null;
  } catch {
    return null; // it leads elsewhere, or is gone
  }
}
