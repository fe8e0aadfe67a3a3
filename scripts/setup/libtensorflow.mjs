import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { sha256OfFile } from './checksum.mjs';
import { officialSource } from './official.mjs';
import { cacheFolder } from './paths.mjs';
import { say } from './progress.mjs';
import { wheelSource } from './wheel.mjs';

/** Where libtensorflow can come from, the best first. */
const sources = [officialSource, wheelSource];

/**
 * Makes sure the shared cache holds a libtensorflow for this machine.
 *
 * @returns the source's id and the folder, which holds `lib/` and `include/` as the addon wants them.
 * @throws with every attempt and its reason when no source works.
 */
export async function ensureLibtensorflow() {
  const usable = sources.filter((source) => source.isForThisMachine());
  for (const source of usable) {
    const folder = folderOf(source);
    if (await isIntact(folder)) return { id: source.id, folder };
  }

  const attempts = [];
  for (const source of usable) {
    try {
      await fill(source, folderOf(source));
      return { id: source.id, folder: folderOf(source) };
    } catch (error) {
      attempts.push(`- ${source.title}: ${error.message}`);
      say(`${source.title}: ${error.message}`);
    }
  }
  if (usable.length === 0) attempts.push(`- there is no source for ${process.platform} ${process.arch}`);
  throw new Error(
    [
      'TensorFlow could not be set up. What was tried:',
      ...attempts,
      'Check the connection and start again: what has arrived is kept. Behind a proxy set HTTPS_PROXY, and',
      'NODE_EXTRA_CA_CERTS when the proxy has its own certificate. A mirror of the official download is named',
      'by TFJS_NODE_CDN_STORAGE, in place of the host.',
    ].join('\n'),
  );
}

function folderOf(source) {
  return join(cacheFolder(), 'libtensorflow', `${source.id}-${process.platform}-${process.arch}`);
}

/** Unpacks beside the final folder and renames: a folder that is there is complete. */
async function fill(source, folder) {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  try {
    await source.unpackInto(unfinished);
    writeFileSync(join(unfinished, 'libraries.json'), JSON.stringify(await describeLibraries(unfinished), null, 2));
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Compares the libraries with the checksums written down when they were unpacked. */
async function isIntact(folder) {
  const record = join(folder, 'libraries.json');
  if (!existsSync(record)) return false;
  try {
    return readFileSync(record, 'utf8') === JSON.stringify(await describeLibraries(folder), null, 2);
  } catch {
    return false;
  }
}

async function describeLibraries(folder) {
  const libraries = {};
  for (const name of readdirSync(join(folder, 'lib')).sort()) {
    const file = join(folder, 'lib', name);
    libraries[name] = lstatSync(file).isSymbolicLink()
      ? { link: readlinkSync(file) }
      : { sizeBytes: statSync(file).size, sha256: await sha256OfFile(file) };
  }
  return libraries;
}
