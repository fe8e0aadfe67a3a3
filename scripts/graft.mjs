import { ensureBuilt } from './build.mjs';
import { ensureSetup, runScript } from './setup.mjs';

await runScript(async () => {
  await ensureSetup();
  await ensureBuilt({ renderer: false });
});
// In this very process: a second Node would cost more than everything before it. The command line reads process.argv.
if (!process.exitCode) await import('../out/cli.js');
