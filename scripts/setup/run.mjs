import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Runs a program to its end. Its output is collected, or with `show` passed on to standard error as it comes.
 *
 * @returns the exit code and the output; a program that cannot be started has the code 127.
 */
export function run(command, args, { cwd, env = process.env, show = false, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env,
      timeout: timeoutMs,
      stdio: ['ignore', show ? 2 : 'pipe', show ? 2 : 'pipe'],
      shell: process.platform === 'win32' && command.endsWith('.cmd'), // Node starts no .cmd without a shell
    });
    let output = '';
    child.stdout?.on('data', (bytes) => (output += bytes));
    child.stderr?.on('data', (bytes) => (output += bytes));
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Returns the first of these programs that PATH holds, with its folder, or null. */
export function findProgram(...names) {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      for (const ending of endings) {
        const file = join(folder, name + ending);
        try {
          accessSync(file, constants.X_OK);
          return file;
        } catch {
          // not in this folder
        }
      }
    }
  }
  return null;
}

/** The last lines of a program's output: where compilers and installers say what went wrong. */
export function lastLines(output, numLines = 15) {
  return output.trim().split(/\r?\n/).slice(-numLines).join('\n');
}

/** Says whether Debian packages can be installed here without asking anybody. */
export function canInstallDebianPackages() {
  return process.platform === 'linux' && process.getuid?.() === 0 && findProgram('apt-get') !== null;
}

/** Installs Debian packages. @returns null, or the end of apt-get's output when it failed. */
export async function installDebianPackages(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // The second update's failure matters only if the install then fails too: a stale list is often enough.
  await run('apt-get', ['update', '-q'], { env });
  const { code, output } = await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...names], { env });
  return code === 0 ? null : lastLines(output);
}
