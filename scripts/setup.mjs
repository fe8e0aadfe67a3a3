import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup/paths.mjs';
import { say } from './setup/progress.mjs';
import { isSetupDone } from './setup/stamp.mjs';

/**
 * Does what a fresh clone needs before anything can be built or run: the npm packages, libtensorflow and its addon.
 * Does nothing when it is done; may be interrupted, repeated, and run twice at the same time.
 */
export async function ensureSetup() {
  if (isSetupDone()) return;
  // Loaded only now: every start of Graft comes through here, and nearly all of them need nothing of it.
  const [{ withLock }, { setUp }] = await Promise.all([import('./setup/lock.mjs'), import('./setup/steps.mjs')]);
  await withLock(join(root, 'out', 'setup.lock'), 'the set-up', async () => {
    if (!isSetupDone()) await setUp(); // else the one we waited for did it
  });
}

/** Runs what a script does and tells a failure in words, without a stack: these are for the person who started it. */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    say(`\n${error.message}`);
    process.exitCode = 1;
  }
}

/** Says whether a module is the script that Node was started with. */
export function isStarted(moduleUrl) {
  return moduleUrl === pathToFileURL(process.argv[1] ?? '').href;
}

if (isStarted(import.meta.url)) {
  await runScript(async () => {
    await ensureSetup();
    if (process.argv.includes('--chromium')) await (await import('./chromium.mjs')).ensureChromium();
  });
}
