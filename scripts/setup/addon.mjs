import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { buildTools, headersAdvice } from './build-tools.mjs';
import { sha256OfFile } from './checksum.mjs';
import { fetchOfficialAddon } from './official.mjs';
import { cacheFolder, tfjsNode } from './paths.mjs';
import { placeFile, placeTree } from './place.mjs';
import { say } from './progress.mjs';
import { lastLines, run } from './run.mjs';

/**
 * Puts libtensorflow and the addon into the tfjs-node package: both from the shared cache when they are there, else the
 * addon is fetched or compiled first.
 */
export async function ensureAddon(library) {
  const { name, binary, version } = JSON.parse(readFileSync(join(tfjsNode, 'package.json'), 'utf8'));
  // node-pre-gyp's choice: the newest Node-API version that both the package and this Node know.
  const napiVersion = Math.max(...binary.napi_versions.filter((known) => known <= Number(process.versions.napi)));
  const placed = join(tfjsNode, 'lib', `napi-v${napiVersion}`, `${binary.module_name}.node`);
  // Node-API is the same for every Node, and Electron loads this very file: no part of the name is Node's own version.
  const build = `tfjs-node-${version}-${library.id}-${process.platform}-${process.arch}`;
  const cached = join(cacheFolder(), 'addon', build, `napi-v${napiVersion}.node`);

  placeTree(join(library.folder, 'lib'), join(tfjsNode, 'deps', 'lib'));
  if (!(await isRecorded(cached))) {
    const scratch = mkdtempSync(makeFolder(join(cacheFolder(), 'addon', 'new-')));
    try {
      const ready = library.id.startsWith('official-') ? await fetchOfficialAddon(napiVersion, scratch) : null;
      if (ready === null) await compile(library, placed, `the addon of ${name} ${version}`);
      await record(ready ?? placed, cached);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  placeFile(cached, placed);
  // Windows finds a library beside the addon only.
  const dll = join(library.folder, 'lib', 'tensorflow.dll');
  if (process.platform === 'win32') placeFile(dll, join(dirname(placed), 'tensorflow.dll'));
}

async function compile(library, placed, what) {
  placeTree(join(library.folder, 'include'), join(tfjsNode, 'deps', 'include'));
  rmSync(placed, { force: true });
  const { nodedir, fetchesHeaders } = await buildTools();
  say(`Compiling ${what}${fetchesHeaders ? ' (node-gyp fetches the headers of Node first)' : ''} ...`);
  const script = join(dirname(dirname(tfjsNode)), '@mapbox', 'node-pre-gyp', 'bin', 'node-pre-gyp');
  const args = [script, 'install', '--build-from-source', ...(nodedir === null ? [] : [`--nodedir=${nodedir}`])];
  const { code, output } = await run(process.execPath, args, { cwd: tfjsNode });
  if (code === 0 && existsSync(placed)) return;
  const log = join(cacheFolder(), 'addon-build.log');
  writeFileSync(log, output);
  const advice = fetchesHeaders ? `\n${headersAdvice}` : '';
  throw new Error(`${what} could not be compiled. All output is in ${log}; its end:\n${lastLines(output)}${advice}`);
}

/** Keeps the addon with its checksum; the file appears last and whole. */
async function record(file, cached) {
  makeFolder(cached);
  const unfinished = `${cached}.unfinished`;
  copyFileSync(file, unfinished);
  writeFileSync(`${cached}.sha256`, await sha256OfFile(unfinished));
  renameSync(unfinished, cached);
}

async function isRecorded(cached) {
  if (!existsSync(cached) || !existsSync(`${cached}.sha256`)) return false;
  return readFileSync(`${cached}.sha256`, 'utf8') === (await sha256OfFile(cached));
}

function makeFolder(file) {
  mkdirSync(dirname(file), { recursive: true });
  return file;
}
