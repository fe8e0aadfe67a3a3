import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { note } from '../shared/table.ts';

/** What the environment holds; the same as the project's other comparisons use, so that one environment serves all. */
const packages = ['tensorflow-cpu==2.21.0', 'keras==3.15.1', 'onnx', 'onnxruntime', 'pillow', 'h5py'];

/** Finds the Python that has Keras, or makes its environment from PyPI, once. @returns its path */
export function kerasPython(): string {
  const cache = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
  const folder = process.env['GRAFT_PEERS'] || path.join(cache, 'graft-peers');
  const python =
    process.platform === 'win32' ? path.join(folder, 'Scripts', 'python.exe') : path.join(folder, 'bin', 'python');
  const stamp = path.join(folder, '.ok');
  if (existsSync(stamp)) return python;
  note(`Installing ${packages.slice(0, 2).join(' and ')} into ${folder} ...`);
  rmSync(folder, { recursive: true, force: true }); // what an interrupted installation left
  const options = { stdio: ['ignore', 2, 2] as ['ignore', number, number] };
  execFileSync(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', folder], options);
  execFileSync(python, ['-m', 'pip', 'install', '-q', ...packages], options);
  writeFileSync(stamp, '');
  return python;
}
