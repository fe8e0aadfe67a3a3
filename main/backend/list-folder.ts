import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';
import type { ShellOutput } from '../../contract/shell.ts';
import { allowedPath, isInside } from './allowed-path.ts';
import { labelFileNames } from '../dataset/label-file.ts';
import { archiveEnding } from './packed-data.ts';

type Listing = ShellOutput<'shell.list'>;

const maxEntries = 1000;
const pictureNames = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif)$/i;

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
  await allowedPath(given, roots);
  // As it was given: what allows a path asks for it below the root's own name, which may be a link.
  const folder = path.resolve(given);
  const found = await entriesIn(folder);
  const listed: Listing['entries'] = [];
  for (const entry of found) {
    const kind = await kindOf(folder, entry, roots);
    if (kind) listed.push({ name: entry.name, path: path.join(folder, entry.name), kind });
  }
  const above = path.dirname(folder);
  return {
    path: folder,
    parent: roots.some((root) => isInside(above, path.resolve(root))) ? above : null,
    entries: listed.slice(0, maxEntries),
    numMore: Math.max(0, listed.length - maxEntries),
    numPictures: found.filter((entry) => entry.isFile() && pictureNames.test(entry.name)).length,
  };
}

async function entriesIn(folder: string): Promise<Dirent[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    const { compare } = new Intl.Collator('en', { numeric: true });
    return found.filter(({ name }) => !name.startsWith('.')).sort((a, b) => compare(a.name, b.name));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') throw new GraftError('not-a-folder', { path: folder }, { cause });
    if (code === 'ENOENT') throw new GraftError('path-not-found', { path: folder }, { cause });
    throw new GraftError('path-not-allowed', { path: folder, roots: [] }, { cause });
  }
}

type Kind = Listing['entries'][number]['kind'];

/** Null for what cannot be opened. Only links are looked at one by one: a folder may hold a hundred thousand files. */
async function kindOf(folder: string, entry: Dirent, roots: readonly string[]): Promise<Kind | null> {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) return kindOfFile(entry.name);
  if (!entry.isSymbolicLink()) return null;
  try {
    const target = await stat(await allowedPath(path.join(folder, entry.name), roots));
    if (target.isDirectory()) return 'folder';
    return target.isFile() ? kindOfFile(entry.name) : null;
  } catch {
    return null; // it leads elsewhere, or is gone
  }
}

function kindOfFile(name: string): Kind | null {
  if (archiveEnding.test(name)) return 'archive';
  return labelFileNames.test(name) ? 'list' : null;
}
