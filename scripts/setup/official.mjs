import { createRequire } from 'node:module';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { download } from './download.mjs';
import { cacheFolder, tfjsNode } from './paths.mjs';
import { createBar, say } from './progress.mjs';
import { unzip } from './unzip.mjs';

/** What tfjs-node 4.22.0's scripts/install.js asks for, by platform and processor. */
const archives = {
  'linux-x64': { version: '2.9.1', path: 'tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz' },
  'darwin-x64': { version: '2.9.1', path: 'tensorflow/libtensorflow/libtensorflow-cpu-darwin-x86_64-2.9.1.tar.gz' },
  'win32-x64': { version: '2.9.1', path: 'tensorflow/libtensorflow/libtensorflow-cpu-windows-x86_64-2.9.1.zip' },
  'linux-arm64': { version: '2.7', path: 'tf-builds/libtensorflow_r2_7_linux_arm64.tar.gz' },
  'darwin-arm64': { version: '2.7', path: 'tf-builds/libtensorflow_r2_7_darwin_arm64_cpu.tar.gz' },
};

/**
 * The archives' SHA-256. TensorFlow publishes none for them and tfjs-node carries none, so for these TLS is all that
 * vouches: the checksums of what was unpacked are written down, and compared from then on.
 */
const checksums = {
  'linux-x64': null,
  'darwin-x64': null,
  'win32-x64': null,
  'linux-arm64': null,
  'darwin-arm64': null,
};

const platform = `${process.platform}-${process.arch}`;
const archive = archives[platform];

/** The download that tfjs-node's own install script makes. */
export const officialSource = {
  id: `official-${archive?.version ?? 'none'}`,
  title: 'official libtensorflow',
  isForThisMachine: () => archive !== undefined,
  async unpackInto(folder) {
    const url = addressOf(archive.path);
    const file = join(cacheFolder(), 'downloads', basename(archive.path));
    await fetchOnce(url, file, checksums[platform], this.title);
    try {
      await unpack(file, folder);
    } catch (error) {
      rmSync(file, { force: true }); // an archive that does not unpack is not the archive
      throw new Error(`the archive does not unpack (${error.message})`, { cause: error });
    }
  },
};

/**
 * Fetches the addon that tfjs-node's authors built for this platform.
 *
 * @returns the file, or null where there is none to be had.
 */
export async function fetchOfficialAddon(napiVersion, folder) {
  const { name, version, binary } = readPackage();
  const system = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[process.platform];
  const fileName = `CPU-${system}-${version}.${process.platform === 'win32' ? 'zip' : 'tar.gz'}`;
  // The archive's name carries no processor; what lies there is for x64.
  if (process.arch !== 'x64') return null;
  const url = addressOf(`tf-builds/pre-built-binary/napi-v${napiVersion}/${version}/${fileName}`);
  const file = join(cacheFolder(), 'downloads', `napi-v${napiVersion}-${fileName}`);
  try {
    await fetchOnce(url, file, null, `addon of ${name}`);
    await unpack(file, folder);
    const addon = findFile(folder, `${binary.module_name}.node`);
    if (addon === null) throw new Error('no addon in it');
    return addon;
  } catch (error) {
    say(`The ready-made addon of ${name} is not to be had (${error.message}); building it here.`);
    rmSync(file, { force: true });
    return null;
  }
}

async function fetchOnce(url, file, sha256, label) {
  if (existsSync(file)) return;
  const bar = createBar(label);
  try {
    // One second try at most: where this host is refused, another source is waiting.
    await download({ url, file, sha256, idleAttempts: 2, onProgress: bar.update });
  } catch (error) {
    throw new Error(`${new URL(url).host}: ${error.code ?? error.message}`, { cause: error });
  } finally {
    bar.end();
  }
}

/** Builds an address as scripts/install.js does, with the same variables for mirrors. */
function addressOf(path) {
  const { env } = process;
  const storage = env.TFJS_NODE_CDN_STORAGE || env.npm_config_TFJS_NODE_CDN_STORAGE || env.CDN_STORAGE;
  const host = storage || `${new URL(readPackage().binary.host).origin}/`;
  const base = env.TFJS_NODE_BASE_URI || env.npm_config_TFJS_NODE_BASE_URI;
  const prefix = 'tensorflow/libtensorflow/libtensorflow-';
  return base && path.startsWith(prefix) ? base + path.slice(prefix.length) : host + path;
}

function readPackage() {
  return JSON.parse(readFileSync(join(tfjsNode, 'package.json'), 'utf8'));
}

async function unpack(file, folder) {
  if (file.endsWith('.zip')) await unzip(file, folder, (name) => name);
  else await createRequire(join(tfjsNode, 'package.json'))('tar').x({ file, cwd: folder, strict: true });
  // Some of the Windows archives hold the library at the top.
  const loose = join(folder, 'tensorflow.dll');
  if (existsSync(loose)) {
    mkdirSync(join(folder, 'lib'), { recursive: true });
    renameSync(loose, join(folder, 'lib', 'tensorflow.dll'));
  }
}

function findFile(folder, name) {
  for (const entry of readdirSync(folder, { recursive: true })) {
    if (basename(entry) === name && lstatSync(join(folder, entry)).isFile()) return join(folder, entry);
  }
  return null;
}
