import fs from 'node:fs';
import { pictureFile } from './added.ts';
import type { Manifest } from './manifest.ts';
import { createBreather, walk } from './walk.ts';

/** How a folder differs from its manifest; paths relative to the root, in the manifest's order. */
export interface DiskDifference {
  /** Same place, another size or time of change. */
  changed: string[];
  missing: string[];
  /** On disk, unknown to the manifest; only with `findNew`. */
  added: string[];
}

/**
 * Compares a manifest's pictures with the disk by size and time of change, reading no contents.
 *
 * @param options.findNew also walks the folder for files that the manifest does not know.
 */
export async function compareWithDisk(
  manifest: Pick<Manifest, 'root' | 'addedFolder' | 'images' | 'skipped'>,
  options: { signal?: AbortSignal | undefined; findNew?: boolean } = {},
): Promise<DiskDifference> {
  const breathe = createBreather(options.signal);
  const difference: DiskDifference = { changed: [], missing: [], added: [] };
  for (const image of manifest.images) {
    await breathe();
    const stat = statOf(pictureFile(manifest, image.path));
    if (!stat?.isFile()) difference.missing.push(image.path);
    else if (stat.size !== image.sizeBytes || stat.mtimeMs !== image.mtimeMs) difference.changed.push(image.path);
  }
  if (options.findNew && fs.existsSync(manifest.root)) {
    const known = new Set([...manifest.images, ...manifest.skipped].map((file) => file.path));
    for await (const entry of walk(manifest.root, { signal: options.signal })) {
      if (entry.kind === 'file' && !known.has(entry.path)) difference.added.push(entry.path);
    }
  }
  return difference;
}

function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined; // out of reach is missing, for whoever wants to read it
  }
}
