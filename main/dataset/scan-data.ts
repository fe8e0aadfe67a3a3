import fs from 'node:fs';
import path from 'node:path';
import { isGraftError } from '../../contract/errors.ts';
import { labelFileNames } from './label-file.ts';
import type { LabelList, Manifest } from './manifest.ts';
import { scanFolder, type ScannedFolder, type ScanOptions } from './scan.ts';
import { scanLabels } from './scan-labels.ts';
import { isIgnored } from './walk.ts';

/** A data set as its folders or a list of labels give it. */
export type ScannedData = ScannedFolder & { labels: LabelList | null };

/** Whether a path is of a file that lists labels. */
export const isLabelFile = (file: string): boolean =>
  labelFileNames.test(file) && fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;

/**
 * Reads a data set: by the list of labels that it came with or was opened by, else by its folders. A list is taken for
 * one when it is the only one at the top, and the folders beside it are not two classes or more.
 *
 * @throws what `scanFolder` and `scanLabels` throw
 */
export async function scanData(
  { root, kind, labels }: Pick<Manifest, 'root' | 'kind' | 'labels'>,
  options: ScanOptions = {},
): Promise<ScannedData> {
  const withLabels = (file: string) => scanLabels(root, file, { ...options, takesAbsolute: kind === 'folder' });
  if (labels !== null) return withLabels(labels.file);
  const file = findLabelFile(root);
  if (file === null) return { ...(await scanFolder(root, options)), labels: null };
  const folders = await scanFolder(root, options).catch((error: unknown) => {
    if (isGraftError(error) && error.code === 'split-without-train') return null;
    throw error;
  });
  const numClasses = folders === null ? 0 : folders.classNames.length - folders.emptyClasses.length;
  if (folders !== null && numClasses > 1) return { ...folders, labels: null };
  try {
    return await withLabels(file);
  } catch (error) {
    if (folders !== null && numClasses > 0 && isNoList(error)) return { ...folders, labels: null };
    throw error;
  }
}

/** Whether a file with the name of a list seems none at all: it names no pictures or no labels. */
const isNoList = (error: unknown): boolean =>
  isGraftError(error) &&
  error.code === 'labels-not-readable' &&
  ['encoding', 'json', 'json-shape', 'no-path-column', 'no-label-column'].includes(
    (error.params as { problem: string }).problem,
  );

/** The only list at the top of a folder, or of the one folder around everything; relative, with forward slashes. */
function findLabelFile(root: string): string | null {
  const top = namesIn(root);
  const [only] = top.folders;
  if (top.files.length === 0 && top.folders.length === 1) {
    const file = onlyList(namesIn(path.join(root, only!)).files);
    return file === null ? null : `${only}/${file}`;
  }
  return onlyList(top.files);
}

function onlyList(files: readonly string[]): string | null {
  const lists = files.filter((name) => labelFileNames.test(name));
  return lists.length === 1 ? lists[0]! : null;
}

function namesIn(folder: string): { files: string[]; folders: string[] } {
  try {
    const entries = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => !isIgnored(entry.name));
    const names = (wanted: boolean) =>
      entries.filter((entry) => entry.isDirectory() === wanted).map(({ name }) => name);
    return { files: names(false), folders: names(true) };
  } catch {
    return { files: [], folders: [] }; // whoever scans it says why
  }
}
