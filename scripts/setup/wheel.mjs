import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { download } from './download.mjs';
import { sha256OfFile } from './checksum.mjs';
import { cacheFolder } from './paths.mjs';
import { createBar, say } from './progress.mjs';
import { canInstallDebianPackages, findProgram, installDebianPackages, lastLines, run } from './run.mjs';
import { unzip } from './unzip.mjs';

const requirement = 'tensorflow-cpu==2.15.1';
const fileName = 'tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl';
/** As the package index states it, for this file. */
const sha256 = '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26';

/** The wheel is for Python 3.11, whichever Python is here: only its libraries and headers are of use. */
const forWheel = [
  ...['--no-deps', '--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp'],
  ...['--platform', 'manylinux_2_17_x86_64', '--platform', 'manylinux2014_x86_64'],
];

const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** The names under which tfjs-node's build and the addon look for the libraries. */
const links = {
  'libtensorflow.so': 'libtensorflow_cc.so.2',
  'libtensorflow.so.2.9.1': 'libtensorflow_cc.so.2',
  'libtensorflow_framework.so': 'libtensorflow_framework.so.2',
};

/** TensorFlow's Python package, which carries the C library: for networks that refuse the official download's host. */
export const wheelSource = {
  id: 'wheel-2.15.1',
  title: 'TensorFlow from the Python package index',
  isForThisMachine: () => process.platform === 'linux' && process.arch === 'x64',
  async unpackInto(folder) {
    const file = join(cacheFolder(), 'downloads', fileName);
    if (!existsSync(file) || (await sha256OfFile(file)) !== sha256) await fetchWheel(file);
    say('Unpacking TensorFlow ...');
    await unzip(file, folder, (name) => {
      if (libraries.includes(basename(name))) return join('lib', basename(name));
      return name.startsWith('tensorflow/include/') ? name.slice('tensorflow/'.length) : null;
    });
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, 'lib', name));
  },
};

/** Downloads by ourselves, for the bar and to go on after an interruption; where that fails pip may still know a way. */
async function fetchWheel(file) {
  const python = (await findPython()) ?? (await installPython());
  const bar = createBar('TensorFlow');
  try {
    await download({ url: await askForAddress(python), file, sha256, onProgress: bar.update });
  } catch (error) {
    bar.end();
    say(`${error.message}; trying pip's own download ...`);
    await downloadWithPip(python, file, error);
  } finally {
    bar.end();
  }
}

/** Returns a Python that has pip, or null. */
async function findPython() {
  const python = findProgram('python3', 'python');
  if (python === null) return null;
  return (await run(python, ['-m', 'pip', '--version'])).code === 0 ? python : null;
}

async function installPython() {
  if (canInstallDebianPackages()) {
    say('Installing Python and pip (apt-get install python3-pip) ...');
    const failure = await installDebianPackages(['python3', 'python3-pip']);
    const python = await findPython();
    if (python !== null) return python;
    say(failure ?? 'no pip appeared');
  }
  const advice = 'Debian, Ubuntu: apt-get install python3-pip; Fedora: dnf install python3-pip';
  throw new Error(`Python 3 with pip is missing (${advice})`);
}

/** Lets pip find the wheel, with whatever index, mirror and proxy it is set up for. */
async function askForAddress(python) {
  const folder = mkdtempSync(join(tmpdir(), 'graft-setup-'));
  const report = join(folder, 'report.json');
  const dryRun = ['install', '--dry-run', '--quiet', '--report', report, '--target', join(folder, 'packages')];
  try {
    const { code, output } = await run(python, ['-m', 'pip', ...dryRun, ...forWheel, requirement]);
    if (code !== 0) throw new Error(`pip does not find ${requirement} (${lastLines(output, 1)})`);
    return JSON.parse(readFileSync(report, 'utf8')).install[0].download_info.url;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function downloadWithPip(python, file, cause) {
  const folder = join(file, '..');
  const args = ['-m', 'pip', 'download', '--quiet', '--dest', folder, ...forWheel, requirement];
  const { code, output } = await run(python, args);
  if (code !== 0) throw new Error(`${cause.message}; pip: ${lastLines(output, 1)}`, { cause });
  const actual = await sha256OfFile(file);
  if (actual !== sha256) {
    rmSync(file);
    throw new Error(`wrong bytes from pip: SHA-256 is ${actual}, expected ${sha256}`, { cause });
  }
}
