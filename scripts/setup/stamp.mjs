import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, tfjsNode } from './paths.mjs';

/** Raised when the set-up does something new that a finished one lacks. */
const setupVersion = 1;

/** Says whether the set-up is done for these packages, this Node and this machine. Takes milliseconds. */
export function isSetupDone() {
  return existsSync(stampFile()) && existsSync(join(tfjsNode, 'deps', 'lib'));
}

/** Notes that the set-up is done. It lies in node_modules, and goes when they go. */
export function noteSetupDone() {
  mkdirSync(dirname(stampFile()), { recursive: true });
  writeFileSync(stampFile(), `${new Date().toISOString()}\n`);
}

function stampFile() {
  const key = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update([setupVersion, process.version, process.versions.modules, process.platform, process.arch].join('\n'))
    .digest('hex')
    .slice(0, 16);
  return join(root, 'node_modules', '.graft', `setup-${key}`);
}
