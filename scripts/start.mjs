import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { findElectron } from './electron.mjs';
import { ensureSetup, runScript } from './setup.mjs';
import { root } from './setup/paths.mjs';
import { say } from './setup/progress.mjs';

await runScript(async () => {
  await ensureSetup();
  await ensureBuilt({ renderer: true });

  const args = process.argv.slice(2);
  // Arguments are for the web shell, so whoever gives some wants that.
  const electron =
    args.length > 0 ? { path: null, reason: 'the arguments are for the web shell' } : await findElectron();
  if (electron.path !== null) {
    say(`Opening Graft in its own window (Electron: ${electron.reason}).`);
    await follow(electron.path, [root]);
    return;
  }
  say(`Graft runs in the browser here: ${electron.reason}.`);
  await follow(process.execPath, [join(root, 'out', 'cli.js'), 'serve', ...serveArguments(args)]);
});

/** Opens a browser unless told not to, and lets the folder picker show the user's home folder unless told other roots. */
function serveArguments(args) {
  const passed = args.filter((arg) => arg !== '--no-open' && arg !== '--open');
  const open = args.includes('--no-open') ? [] : ['--open'];
  const hasRoot = passed.some((arg) => arg === '--root' || arg.startsWith('--root='));
  return [...open, ...(hasRoot ? [] : ['--root', homedir()]), ...passed];
}

/** Runs a program in the foreground and ends as it ends; it gets Ctrl-C and the like itself. */
function follow(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    // A terminal sends Ctrl-C to the child itself; then it only has to be outlived here.
    process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
      resolve();
    });
  });
}
