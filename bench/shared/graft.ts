import { spawn } from 'node:child_process';
import path from 'node:path';
import { projectFolder } from './places.ts';
import { watchUsage } from './process-tree.ts';

/** One finished call of the command line. */
export interface GraftCall {
  /** What `--json` printed last. */
  done: Record<string, unknown>;
  /** All that it printed, in order. */
  lines: Record<string, unknown>[];
  /** Of the whole command, npm included. */
  wallMs: number;
  /** Highest sum of resident sizes of backend and workers; null where the system does not tell. */
  peakBytes: number | null;
  /** Processor time of backend and workers; null where the system does not tell. */
  cpuSeconds: number | null;
}

/** Calls `npm run graft` as a user does, with a home of its own. @throws what the command failed with */
export function graft(home: string, args: readonly string[]): Promise<GraftCall> {
  const startedAt = performance.now();
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const child = spawn(npm, ['run', '--silent', 'graft', '--', ...args, '--json'], {
    cwd: projectFolder,
    env: { ...process.env, GRAFT_HOME: home, INIT_CWD: projectFolder },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32', // Node starts no .cmd without a shell
  });
  // npm and its shell carry the same words: the backend is the node that runs the script.
  const usage = watchUsage(child.pid!, (command) => /^\S*node(\.exe)? .*scripts[/\\]graft\.mjs/.test(command));
  let out = '';
  let err = '';
  child.stdout.on('data', (bytes) => (out += String(bytes)));
  child.stderr.on('data', (bytes) => (err += String(bytes)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const { peakBytes, cpuSeconds } = usage.stop();
      const lines = out.split('\n').filter((line) => line.startsWith('{'));
      if (code !== 0 || lines.length === 0)
        return reject(
          new Error(`graft ${args.join(' ')} ended with ${code}:\n${lines.at(-1) ?? ''}\n${err.slice(-2000)}`),
        );
      const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      resolve({ done: parsed.at(-1)!, lines: parsed, wallMs: performance.now() - startedAt, peakBytes, cpuSeconds });
    });
  });
}

/** Where the built workers lie. */
export const workersFolder = path.join(projectFolder, 'out', 'workers');
export const assetsFolder = path.join(projectFolder, 'assets');
