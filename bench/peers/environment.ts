import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { note } from '../shared/table.ts';

interface Environment {
  /** Folder in the user's cache, and the variable that names another. */
  folder: string;
  variable: string;
  packages: readonly string[];
  /** Minor versions of Python 3 that the packages have wheels for; null: any that is here. */
  pythons: readonly [number, number] | null;
}

/** What Graft is compared with, an environment each. One environment serves all comparisons that need its packages. */
const environments = {
  keras3: {
    folder: 'graft-peers',
    variable: 'GRAFT_PEERS',
    packages: ['tensorflow-cpu==2.21.0', 'keras==3.15.1', 'onnx', 'onnxruntime', 'pillow', 'h5py'],
    pythons: null,
  },
  /** The last TensorFlow whose `tf.keras` is Keras 2. */
  keras2: {
    folder: 'graft-peers-keras2',
    variable: 'GRAFT_PEERS_KERAS2',
    packages: ['tensorflow-cpu==2.15.1', 'pillow'],
    pythons: [9, 11],
  },
} as const satisfies Record<string, Environment>;

export type EnvironmentName = keyof typeof environments;

/** Finds the Python that has Keras 3, or makes its environment from PyPI, once. @returns its path */
export const kerasPython = (): string => peerPython('keras3')!;

/** Finds the Python of an environment, or makes it from PyPI, once. @returns its path; null when no Python here can have its packages */
export function peerPython(name: EnvironmentName): string | null {
  const { variable, packages, pythons, folder: ownFolder }: Environment = environments[name];
  const cache = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
  const folder = process.env[variable] || path.join(cache, ownFolder);
  const isWindows = process.platform === 'win32';
  const python = isWindows ? path.join(folder, 'Scripts', 'python.exe') : path.join(folder, 'bin', 'python');
  const stamp = path.join(folder, '.ok');
  if (existsSync(stamp)) return python;
  const base = pythons ? findPython(pythons) : isWindows ? 'python' : 'python3';
  if (base === null) return null;
  note(`Installing ${packages.slice(0, 2).join(' and ')} into ${folder} ...`);
  rmSync(folder, { recursive: true, force: true }); // what an interrupted installation left
  const options = { stdio: ['ignore', 2, 2] as ['ignore', number, number] };
  execFileSync(base, ['-m', 'venv', folder], options);
  execFileSync(python, ['-m', 'pip', 'install', '-q', ...packages], options);
  writeFileSync(stamp, '');
  return python;
}

/** The newest Python of a range of minor versions that can be started by its usual name. */
function findPython([oldest, newest]: readonly [number, number]): string | null {
  const names = Array.from({ length: newest - oldest + 1 }, (_, back) => `python3.${newest - back}`);
  return [...names, 'python3', 'python'].find((name) => within(minorVersion(name), oldest, newest)) ?? null;
}

const within = (minor: number, oldest: number, newest: number): boolean => minor >= oldest && minor <= newest;

function minorVersion(python: string): number {
  try {
    const program = 'import sys; print(sys.version_info[1] if sys.version_info[0] == 3 else 0)';
    return Number(execFileSync(python, ['-c', program], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }));
  } catch {
    return 0; // no such Python here
  }
}
