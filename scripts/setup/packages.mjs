import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './paths.mjs';
import { say } from './progress.mjs';
import { run } from './run.mjs';

/** Installs the npm packages when node_modules is missing or is not what package-lock.json says. */
export async function ensurePackages() {
  const reason = whyPackagesAreStale();
  if (reason === null) return;
  say(`Installing the npm packages (${reason}) ...`);
  const [command, before] = npmCommand();
  // No package needs its install script: the one exception, tfjs-node, is what the rest of the set-up is about.
  const args = [...before, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code } = await run(command, args, { cwd: root, show: true });
  if (code !== 0) throw new Error('npm ci failed; its own words are above. Check the connection, then start again.');
}

/** Compares what npm recorded with the lock file; file times say nothing after a git checkout. */
function whyPackagesAreStale() {
  const recorded = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(recorded)) return 'node_modules is missing';
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(recorded);
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    if (!found && entry.optional) continue; // built for another platform
    if (found?.version !== entry.version || found?.integrity !== entry.integrity) return `${path} has changed`;
  }
  return null;
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/** Returns how npm is started: the npm that runs us, else the one beside this Node, else the one on PATH. */
export function npmCommand() {
  const folder = dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath?.endsWith('npm-cli.js') ? process.env.npm_execpath : '',
    join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'), // Windows
  ];
  const script = candidates.find((file) => file !== '' && existsSync(file));
  if (script) return [process.execPath, [script]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
}
