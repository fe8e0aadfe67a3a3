import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/**
 * Unpacks a zip archive whose checksum was checked, or that came from where the code itself comes from.
 *
 * @param target gives the path in the folder for a name in the archive, or null for what is not wanted.
 */
export async function unzip(file, folder, target, onProgress = () => {}) {
  const yauzl = await import('yauzl'); // only there once the packages are installed
  const zip = await yauzl.openPromise(file);
  const folders = new Set();
  for await (const entry of zip.eachEntry()) {
    const path = entry.fileName.endsWith('/') ? null : target(entry.fileName);
    if (path === null) continue;
    const destination = join(folder, path);
    if (!folders.has(dirname(destination))) {
      mkdirSync(dirname(destination), { recursive: true });
      folders.add(dirname(destination));
    }
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(destination));
    onProgress(entry);
  }
}
