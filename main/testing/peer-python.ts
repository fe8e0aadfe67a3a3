import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const cache = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
const peers = process.env['GRAFT_PEERS'] || path.join(cache, 'graft-peers');
const python =
  process.platform === 'win32' ? path.join(peers, 'Scripts', 'python.exe') : path.join(peers, 'bin', 'python');
const run = promisify(execFile);
/** As long as the longest test that waits for it: no process outlives its test by much. */
const timeoutMs = 300_000;

/** Whether there is a Python with Keras, TensorFlow, ONNX Runtime and Pillow, as `npm run bench -- peers` makes one. */
export const hasPeerPython = existsSync(python);
if (!hasPeerPython) process.stderr.write('no Python with Keras and TensorFlow here: nothing is run by it\n');

/**
 * Runs that Python, TensorFlow quiet and on the processor.
 *
 * @returns what it printed
 * @throws what it said of its failure
 */
export async function runPeerPython(cwd: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '', PYTHONIOENCODING: 'utf-8' };
  return (await run(python, args, { cwd, env, timeout: timeoutMs })).stdout;
}
