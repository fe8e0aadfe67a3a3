import fs from 'node:fs';
import path from 'node:path';
import type { SkippedFile, Split } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import { LabelPlaces } from './label-places.ts';
import { maxLabelBytes, readLabels, type LabelRow } from './label-file.ts';
import type { LabelList, ManifestImage } from './manifest.ts';
import { compareCodePoints } from './order.ts';
import { readStart, type ScannedFolder, type ScanOptions } from './scan.ts';
import { createBreather, errorCode } from './walk.ts';

export interface LabelScanOptions extends ScanOptions {
  /** Whether paths from the root of the disk mean something: not in a list that came from elsewhere with its pictures. */
  takesAbsolute: boolean;
}

const rowsPerReport = 500;

/**
 * Reads the pictures that a list names, as `scanFolder` reads those of a folder: sizes, times and first bytes. Each row
 * gets a verdict: the picture is used, or why not. Nothing outside the list's folder is looked at, but what absolute
 * paths name where the caller may go. A picture with two labels, or in two parts, is not used.
 *
 * @param root absolute and real folder
 * @param labelFile relative to it, forward slashes
 * @throws labels-not-readable, path-not-found, path-not-allowed, split-without-train; the signal's reason
 */
export async function scanLabels(
  root: string,
  labelFile: string,
  options: LabelScanOptions,
): Promise<ScannedFolder & { labels: LabelList }> {
  const name = path.posix.basename(labelFile);
  const places = new LabelPlaces(root, path.posix.dirname(labelFile), options);
  const skipped: SkippedFile[] = [];
  const breathe = createBreather(options.signal);
  const groups = new Map<string, LabelRow[]>();
  const classNames = new Set<string>();
  for (const row of readLabels(name, readListed(places, root, labelFile))) {
    await breathe();
    if (row.className !== '') classNames.add(row.className);
    const file = places.find(row.path);
    if (file === null) {
      skipped.push({ path: `${name}:${row.line}`, reason: 'outside', detail: row.path.slice(0, 200) });
      continue;
    }
    const before = groups.get(file);
    if (before) before.push(row);
    else groups.set(file, [row]);
  }
  const images: ManifestImage[] = [];
  let numFiles = 0;
  const report = (): void => options.onProgress?.({ numFiles, numImages: images.length });
  for (const [file, rows] of groups) {
    await breathe();
    if (++numFiles % rowsPerReport === 0) report();
    const verdict = verdictOf(rows, name) ?? places.check(file) ?? readStart(path.join(root, file));
    if ('reason' in verdict) {
      skipped.push({ path: file, detail: `${name}:${rows[0]!.line}`, ...verdict });
      continue;
    }
    const { className, split } = rows.find((row) => row.className !== '')!;
    images.push({ path: file, className, split, ...verdict, sha256: null, facts: null });
    for (const row of rows.slice(1))
      skipped.push({ path: `${name}:${row.line}`, reason: 'duplicate-row', detail: file });
  }
  options.signal?.throwIfAborted();
  report();
  const hasSplit = [...groups.values()].some(([first]) => first!.split !== null);
  if (hasSplit && images.length > 0 && !images.some(({ split }) => split === 'train'))
    throw new GraftError('split-without-train', { path: labelFile });
  const used = new Set(images.map(({ className }) => className));
  const sorted = [...classNames].sort(compareCodePoints);
  return {
    root,
    layout: hasSplit ? 'splits' : 'classes',
    classNames: sorted,
    images: images.sort((a, b) => compareCodePoints(a.path, b.path)),
    skipped: skipped.sort((a, b) => compareCodePoints(a.path, b.path)),
    emptyClasses: sorted.filter((className) => !used.has(className)),
    labels: { file: labelFile, numUnlisted: await places.countUnlisted([...groups.keys()], labelFile, breathe) },
  };
}

function readListed(places: LabelPlaces, root: string, labelFile: string): Buffer {
  const file = path.join(root, labelFile);
  const problem = places.check(labelFile);
  if (problem?.reason === 'missing-file') throw new GraftError('path-not-found', { path: file });
  if (problem !== null) throw new GraftError('path-not-allowed', { path: file, roots: [] });
  try {
    // One byte more than may be: then it is said to be too large, however it grows meanwhile.
    const bytes = Buffer.alloc(Math.min(fs.statSync(file).size, maxLabelBytes + 1));
    const handle = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    try {
      let numRead = 0;
      for (let now = 1; now > 0; numRead += now)
        now = fs.readSync(handle, bytes, numRead, bytes.length - numRead, null);
      return bytes.subarray(0, numRead);
    } finally {
      fs.closeSync(handle);
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new GraftError('path-not-found', { path: file }, { cause: error });
    throw new GraftError('path-not-allowed', { path: file, roots: [] }, { cause: error });
  }
}

/** What rows say of one picture that keeps it out, before it is looked at. */
function verdictOf(rows: readonly LabelRow[], name: string): Omit<SkippedFile, 'path'> | null {
  const labelled = rows.filter(({ className }) => className !== '');
  const [first] = labelled;
  if (first === undefined) return { reason: 'no-class' };
  const other = labelled.find(({ className, split }) => className !== first.className || split !== first.split);
  if (other === undefined) return null;
  const says = ({ line, className, split }: { line: number; className: string; split: Split | null }): string =>
    `${name}:${line} ${className}${split === null ? '' : `, ${split}`}`;
  return { reason: 'conflicting-rows', detail: `${says(first)} / ${says(other)}` };
}
