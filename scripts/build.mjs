import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sourceDigest } from './build/digest.mjs';
import { ensureSetup, isStarted, runScript } from './setup.mjs';
import { root } from './setup/paths.mjs';
import { say } from './setup/progress.mjs';

/** The parts are built and dated apart: the command line never waits for the renderer. */
const parts = {
  main: {
    sources: ['contract', 'strings', 'main', 'preload', 'bench', 'scripts/build', 'package.json', 'package-lock.json'],
    build: async () => (await import('./build/main.mjs')).buildMain(),
  },
  // Goes along with a TensorFlow.js export, whoever asks for one.
  webPage: {
    sources: ['strings', 'web-page', 'scripts/build', 'package-lock.json'],
    build: async () => (await import('./build/web-page.mjs')).buildWebPage(),
  },
  renderer: {
    sources: ['contract', 'strings', 'renderer', 'vite.config.ts', 'package.json', 'package-lock.json'],
    build: async () => (await import('./build/renderer.mjs')).buildRenderer(),
  },
};

/** Builds what is older than its sources. Takes a few milliseconds when nothing is. */
export async function ensureBuilt({ renderer }) {
  for (const name of renderer ? ['main', 'webPage', 'renderer'] : ['main', 'webPage']) {
    if (!isFresh(name)) await buildPart(name);
  }
}

async function buildPart(name) {
  const { withLock } = await import('./setup/lock.mjs');
  await withLock(join(root, 'out', `build-${name}.lock`), `the build of ${name}`, async () => {
    if (isFresh(name)) return; // the one we waited for did it
    const startedAt = Date.now();
    const digest = digestOf(name); // before the build: what is saved meanwhile is built next time
    await parts[name].build();
    mkdirSync(dirname(stampFile(name)), { recursive: true });
    writeFileSync(`${stampFile(name)}.new`, digest);
    renameSync(`${stampFile(name)}.new`, stampFile(name));
    say(`Built ${name} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
  });
}

function isFresh(name) {
  try {
    return readFileSync(stampFile(name), 'utf8') === digestOf(name);
  } catch {
    return false; // never built
  }
}

function digestOf(name) {
  return sourceDigest(root, parts[name].sources);
}

function stampFile(name) {
  return join(root, 'out', `${name}.stamp`);
}

if (isStarted(import.meta.url)) {
  await runScript(async () => {
    await ensureSetup();
    await ensureBuilt({ renderer: true });
  });
}
