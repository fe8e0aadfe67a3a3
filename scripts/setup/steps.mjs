import { join } from 'node:path';
import { ensureAddon } from './addon.mjs';
import { ensureLibtensorflow } from './libtensorflow.mjs';
import { withLock } from './lock.mjs';
import { ensurePackages } from './packages.mjs';
import { cacheFolder, root } from './paths.mjs';
import { say } from './progress.mjs';
import { lastLines, run } from './run.mjs';
import { noteSetupDone } from './stamp.mjs';

/** Goes through all steps of the set-up; each finds out by itself what is left to do. */
export async function setUp() {
  const startedAt = Date.now();
  say('Setting Graft up; this happens once.');
  await ensurePackages();
  await withLock(join(cacheFolder(), 'cache.lock'), 'the shared cache', async () => {
    await ensureAddon(await ensureLibtensorflow());
  });
  await verify();
  noteSetupDone();
  say(`Set-up done in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}

async function verify() {
  const script = join(root, 'scripts', 'setup', 'verify.mjs');
  const { code, output } = await run(process.execPath, [script], { cwd: root });
  if (code !== 0)
    throw new Error(`TensorFlow is in place and does not work (exit code ${code}):\n${lastLines(output)}`);
}
