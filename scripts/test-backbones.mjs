import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ensureSetup, runScript } from './setup.mjs';
import { root } from './setup/paths.mjs';

// The features of every backbone against Keras's; `npm test` has those of the smallest of each family.
await runScript(async () => {
  await ensureSetup();
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = ['run', 'main/backbones/registry.table.test.ts', '--testTimeout=600000', ...process.argv.slice(2)];
  const child = spawn(process.execPath, [vitest, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, GRAFT_ALL_BACKBONES: '1' },
  });
  [process.exitCode] = await once(child, 'exit');
});
