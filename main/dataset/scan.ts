import fs from 'node:fs';
import path from 'node:path';
import type { SkippedFile, Split } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import { headerBytes, sniffFormat } from './formats.ts';
import type { ManifestImage } from './manifest.ts';
import { compareCodePoints } from './order.ts';
import { createBreather, errorCode, isIgnored, walk } from './walk.ts';

/** What names and first bytes say about a folder; pictures may still turn out broken when they are decoded. */
export interface ScannedFolder {
  /** Absolute. */
  root: string;
  layout: 'classes' | 'splits' | 'unknown';
  /** By code point, those without a picture included. */
  classNames: string[];
  /** By path, by code point; `sha256` is null, `split` is null where the folders give none. */
  images: ManifestImage[];
  /** By path, by code point. */
  skipped: SkippedFile[];
  /** Class folders without one picture in any split. */
  emptyClasses: string[];
}

export interface ScanOptions {
  signal?: AbortSignal | undefined;
  /** Told now and then, and once at the end. */
  onProgress?: ((progress: { numFiles: number; numImages: number }) => void) | undefined;
  /** Whether the real path behind a link may be read; by default every link is followed. */
  isAllowed?: ((realPath: string) => boolean) | undefined;
}

const splitNames: Record<string, Split> = {
  train: 'train',
  validation: 'validation',
  val: 'validation',
  valid: 'validation',
  test: 'test',
};
const archiveNames = /\.(zip|tar|tgz|tbz2?|txz|gz|bz2|xz|7z|rar|zst)$/i;
const filesPerReport = 500;

/**
 * Reads a folder of pictures: names, sizes, times and the first bytes of every file, nothing decoded.
 *
 * Layouts: `train|validation|val|valid|test/<class>/…` in any case, or `<class>/…`. Sub-folders of a class belong to it. A
 * folder named like a split is one where it holds folders, or where all its neighbours are splits too; else it is a class of
 * that name. One folder that holds nothing but the data set (as archives often do) is looked through. Class names are
 * composed (NFC), so that two spellings of one name are one class. 100,000 files take seconds.
 *
 * @param root absolute folder.
 * @throws GraftError path-not-found, not-a-folder, data-kind-not-supported, path-not-allowed, split-without-train
 * @throws the signal's reason when called off, within 200 ms
 */
export async function scanFolder(root: string, options: ScanOptions = {}): Promise<ScannedFolder> {
  checkRoot(root);
  options.signal?.throwIfAborted();
  const base = findBase(root);
  const topFolders = foldersOf(path.join(root, base));
  const splitFolders = findSplitFolders(path.join(root, base), topFolders);
  if (splitFolders.size > 0 && ![...splitFolders.values()].includes('train'))
    throw new GraftError('split-without-train', { path: root });
  const layout = splitFolders.size > 0 ? 'splits' : topFolders.length > 0 ? 'classes' : 'unknown';

  const images: ManifestImage[] = [];
  const skipped: SkippedFile[] = [];
  const classes = new Map<string, number>();
  const breathe = createBreather(options.signal);
  let numFiles = 0;
  const report = (): void => options.onProgress?.({ numFiles, numImages: images.length });
  for await (const entry of walk(root, options)) {
    const place = placeOf(entry.path, base, splitFolders, layout, entry.kind === 'folder');
    if (entry.kind === 'folder') {
      if (place !== null && !classes.has(place.className)) classes.set(place.className, 0);
      continue;
    }
    if (entry.kind !== 'file') {
      skipped.push({ path: entry.path, reason: entry.kind, detail: entry.detail });
      continue;
    }
    await breathe();
    if (++numFiles % filesPerReport === 0) report();
    const read = readStart(path.join(root, entry.path));
    if ('reason' in read) {
      skipped.push({ path: entry.path, ...read });
    } else if (place === null) {
      skipped.push({ path: entry.path, reason: 'no-class' });
    } else {
      images.push({ path: entry.path, ...place, sizeBytes: read.sizeBytes, mtimeMs: read.mtimeMs, sha256: null });
      classes.set(place.className, (classes.get(place.className) ?? 0) + 1);
    }
  }
  options.signal?.throwIfAborted();
  report();
  const classNames = [...classes.keys()].sort(compareCodePoints);
  return {
    root,
    layout,
    classNames,
    images: images.sort((a, b) => compareCodePoints(a.path, b.path)),
    skipped: skipped.sort((a, b) => compareCodePoints(a.path, b.path)),
    emptyClasses: classNames.filter((className) => classes.get(className) === 0),
  };
}

function checkRoot(root: string): void {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(root)) throw new GraftError('data-kind-not-supported', { path: root });
  let stat: fs.Stats;
  try {
    stat = fs.statSync(root);
    if (stat.isDirectory()) fs.accessSync(root, fs.constants.R_OK);
  } catch (error) {
    if (['EACCES', 'EPERM'].includes(errorCode(error)))
      throw new GraftError('path-not-allowed', { path: root, roots: [] }, { cause: error });
    throw new GraftError('path-not-found', { path: root }, { cause: error });
  }
  if (stat.isDirectory()) return;
  throw new GraftError(archiveNames.test(root) ? 'data-kind-not-supported' : 'not-a-folder', { path: root });
}

interface Listing {
  folders: string[];
  numOthers: number;
}
function list(folder: string): Listing {
  const listing: Listing = { folders: [], numOthers: 0 };
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return listing; // the walk reports it
  }
  for (const entry of entries) {
    if (isIgnored(entry.name)) continue;
    const isFolder =
      entry.isDirectory() ||
      (entry.isSymbolicLink() &&
        fs.statSync(path.join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() === true);
    if (isFolder) listing.folders.push(entry.name);
    else listing.numOthers++;
  }
  return listing;
}
const foldersOf = (folder: string): string[] => list(folder).folders;
const splitOf = (name: string): Split | undefined =>
  Object.hasOwn(splitNames, name.toLowerCase()) ? splitNames[name.toLowerCase()] : undefined;

/** Looks through a lone folder around the data set. Returns its name, or '' where the root itself holds the classes. */
function findBase(root: string): string {
  const outer = list(root);
  const [only] = outer.folders;
  if (only === undefined || outer.folders.length > 1 || outer.numOthers > 0 || splitOf(only) !== undefined) return '';
  const inner = list(path.join(root, only));
  const holdsTrain = inner.folders.some((name) => splitOf(name) === 'train');
  return holdsTrain || (inner.folders.length >= 2 && inner.numOthers === 0) ? only : '';
}

/** The folders that are splits and not classes, by name. */
function findSplitFolders(base: string, topFolders: string[]): Map<string, Split> {
  const named = topFolders.filter((name) => splitOf(name) !== undefined);
  const areAllSplits = named.length === topFolders.length;
  const isSplit = (name: string): boolean => areAllSplits || foldersOf(path.join(base, name)).length > 0;
  return new Map(named.filter(isSplit).map((name) => [name, splitOf(name)!]));
}

/** Class and split that a path's folders give, or null where they give no class. */
function placeOf(
  filePath: string,
  base: string,
  splitFolders: Map<string, Split>,
  layout: ScannedFolder['layout'],
  isFolder: boolean,
): { className: string; split: Split | null } | null {
  const parts = filePath.split('/');
  if (base !== '') parts.shift();
  const folders = isFolder ? parts : parts.slice(0, -1);
  if (layout === 'classes') return folders.length > 0 ? { className: folders[0]!.normalize('NFC'), split: null } : null;
  const split = splitFolders.get(folders[0] ?? '');
  if (split === undefined || folders.length < 2) return null;
  return { className: folders[1]!.normalize('NFC'), split };
}

const startBuffer = Buffer.alloc(headerBytes);

/** Reads size, time and magic bytes of one file, or says why it is no picture. */
export function readStart(file: string): { sizeBytes: number; mtimeMs: number } | Omit<SkippedFile, 'path'> {
  let handle: number | undefined;
  try {
    // Without O_NONBLOCK a pipe put in the file's place would keep us for ever.
    handle = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    const stat = fs.fstatSync(handle);
    if (!stat.isFile()) return { reason: 'unreadable', detail: 'not a file' };
    if (stat.size === 0) return { reason: 'empty' };
    const numRead = fs.readSync(handle, startBuffer, 0, headerBytes, 0);
    const sniffed = sniffFormat(startBuffer.subarray(0, numRead));
    if (sniffed.kind === 'not-an-image') return { reason: 'not-an-image' };
    if (sniffed.kind === 'unsupported') return { reason: 'unsupported-format', detail: sniffed.format };
    return { sizeBytes: stat.size, mtimeMs: stat.mtimeMs };
  } catch (error) {
    return { reason: 'unreadable', detail: errorCode(error) };
  } finally {
    if (handle !== undefined) fs.closeSync(handle);
  }
}
