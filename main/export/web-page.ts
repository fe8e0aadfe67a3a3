import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../store/write-atomic.ts';

/** Where the built page lies: beside the folder of a bundle in `out/`; below the root of a checkout where sources run. */
function pageFolder(): string {
  const candidates = ['../web-page', '../../out/web-page'].map((folder) => path.resolve(import.meta.dirname, folder));
  const found = candidates.find((folder) => existsSync(path.join(folder, 'index.html')));
  if (!found) throw new Error('The web page of the TensorFlow.js export is not built: npm run build');
  return found;
}

/**
 * Writes the page that runs an exported TensorFlow.js model: `index.html` and what it loads, licences included.
 *
 * @returns the names of the files written.
 * @throws GraftError disk-full, cannot-write
 */
export async function writeWebPage(folder: string): Promise<string[]> {
  const from = pageFolder();
  const names = (await readdir(from)).sort();
  for (const name of names) await writeFileAtomic(path.join(folder, name), await readFile(path.join(from, name)));
  return names;
}
