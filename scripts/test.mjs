import { ensureBuilt } from './build.mjs';
import { ensureChromium } from './chromium.mjs';
import { ensureSetup, runScript } from './setup.mjs';

const isFast = process.argv.includes('--fast');

await runScript(async () => {
  await ensureSetup();
  const { hasStories } = await import('./test/projects.mjs');
  const { stages } = await import('./test/stages.mjs');
  const withStories = !isFast && hasStories();
  if (withStories) process.env.CHROME = await ensureChromium();
  if (!isFast) process.env.GRAFT_LINT_COMPONENTS = '1'; // see eslint.config.js
  await ensureBuilt({ renderer: !isFast });

  const { text, parity, unit, stories } = stages(isFast);
  const summary = [];
  let numPassed = 0;
  let numFailed = 0;
  const slow = isFast ? [] : [parity]; // before the unit tests: some of them run lines in its Python
  for (const stage of [text, ...slow, unit, ...(withStories ? [stories] : [])]) {
    console.log(`\n=== ${stage.title} ===`);
    const startedAt = Date.now();
    const result = await stage.run();
    numPassed += result.numPassed ?? 0;
    // A stage that fails without a failed test (a type, a crash) still counts as one failure.
    numFailed += result.numFailed || (result.code === 0 ? 0 : 1);
    const outcome = result.code === 0 ? 'ok' : `FAILED (exit code ${result.code})`;
    summary.push(`${stage.title}: ${outcome}, ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    if (result.code !== 0) {
      process.exitCode = result.code;
      break;
    }
  }
  console.log(`\n${summary.join('\n')}\n${numPassed} passed, ${numFailed} failed`);
});
