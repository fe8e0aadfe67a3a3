import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup/paths.mjs';
import { say } from './setup/progress.mjs';
import { lastLines, run } from './setup/run.mjs';

const packageFolder = join(root, 'node_modules', 'electron');
/** Long enough for its 120 MB on a slow line; where its host is refused the installer ends by itself, at once. */
const downloadTimeoutMs = 300_000;

/** Returns Electron's binary and where it is from, or null and why the app cannot open a window of its own here. */
export async function findElectron() {
  const obstacle = whyNoWindow();
  if (obstacle !== null) return { path: null, reason: obstacle };
  const installed = findInstalledElectron();
  if (installed !== null) return installed;
  const failure = await downloadElectron();
  return findInstalledElectron() ?? { path: null, reason: failure };
}

/** The same without a download, for whoever only wants to know. @returns null when there is none. */
export function findInstalledElectron() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  const folder = override || join(packageFolder, 'dist');
  const path = join(folder, binaryName());
  if (!existsSync(path)) return null;
  return { path, reason: override ? 'ELECTRON_OVERRIDE_DIST_PATH' : 'the npm package' };
}

/** Says whether a window can appear here at all. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

function whyNoWindow() {
  if (!hasDisplay()) return 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)';
  const isRoot = process.platform === 'linux' && process.getuid() === 0;
  return isRoot ? 'Electron does not run as root with its sandbox on' : null;
}

/** Lets Electron's own installer fetch the binary. @returns why it could not, or null. */
async function downloadElectron() {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  say(`Downloading Electron ${version} ...`);
  const installer = join(packageFolder, 'install.js');
  const { code, output } = await run(process.execPath, [installer], { cwd: root, timeoutMs: downloadTimeoutMs });
  if (code === 0) return null;
  // The reason of a failed fetch is in its cause.
  const reason =
    (/\[cause\]: (.*?)(?: \{)?$/m.exec(output) ?? /^(\w*Error: .*)/m.exec(output))?.[1] ?? lastLines(output, 1);
  return `Electron's binary could not be downloaded (${reason})`;
}

function binaryName() {
  return { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform] ?? 'electron';
}
