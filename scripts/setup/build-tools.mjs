import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { say } from './progress.mjs';
import { canInstallDebianPackages, findProgram, installDebianPackages } from './run.mjs';

/** What to install where something that the build of the addon needs is missing. */
const advice = {
  linux: [
    'Debian, Ubuntu:  apt-get install build-essential python3',
    'Fedora:          dnf install gcc-c++ make python3',
  ],
  darwin: ['macOS:           xcode-select --install'],
  win32: [
    'Windows:         winget install Python.Python.3.12 Microsoft.VisualStudio.2022.BuildTools',
    '                 with the workload "Desktop development with C++"',
  ],
};

/** For a Node that comes without its headers, on a network where node-gyp cannot fetch them. */
export const headersAdvice = [
  "If Node's headers are what is missing: they come with Node's official archives, nvm and NodeSource;",
  'Debian, Ubuntu: apt-get install libnode-dev; Fedora: dnf install nodejs-devel.',
].join('\n');

/** Checks that the addon can be compiled here. @returns the folder with Node's headers, or null: node-gyp fetches them. */
export async function buildTools() {
  let missing = missingTools();
  if (missing.length > 0 && canInstallDebianPackages()) {
    say(`Installing ${missing.join(', ')} (apt-get install build-essential python3) ...`);
    const failure = await installDebianPackages(['build-essential', 'python3']);
    if (failure !== null) say(failure);
    missing = missingTools();
  }
  if (missing.length > 0) {
    const lines = advice[process.platform] ?? advice.linux;
    throw new Error(
      [`TensorFlow's addon must be compiled here. Missing: ${missing.join(', ')}. Install:`, ...lines].join('\n'),
    );
  }
  const nodedir = headersFolder();
  return { nodedir, fetchesHeaders: nodedir === null };
}

function missingTools() {
  if (process.platform === 'win32') return findProgram('python3', 'python', 'py') ? [] : ['Python 3'];
  const tools = {
    'a C++ compiler': ['g++', 'c++', 'clang++'],
    make: ['make', 'gmake'],
    'Python 3': ['python3', 'python'],
  };
  return Object.keys(tools).filter((tool) => findProgram(...tools[tool]) === null);
}

/** Node's headers as most packages of Node lay them out: beside its bin folder. */
function headersFolder() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? prefix : null;
}
