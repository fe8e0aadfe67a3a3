import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { npmCommand } from './setup/packages.mjs';
import { root } from './setup/paths.mjs';
import { say } from './setup/progress.mjs';
import { canInstallDebianPackages, findProgram, installDebianPackages, lastLines, run } from './setup/run.mjs';

/**
 * Returns the Chromium that is here, or null: the one CHROME names, one on PATH, one that Playwright installed.
 *
 * @returns {string | null}
 */
export function findChromium() {
  const { CHROME } = process.env;
  if (CHROME) return existsSync(CHROME) ? CHROME : findProgram(CHROME);
  const onPath = findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
  if (onPath !== null) return onPath;
  const { chromium } = createRequire(join(root, 'package.json'))('@playwright/test');
  return existsSync(chromium.executablePath()) ? chromium.executablePath() : null;
}

/** Makes sure that there is a Chromium for the stories. @returns its path. */
export async function ensureChromium() {
  const found = findChromium();
  if (found !== null) return found;
  if (process.env.CHROME) throw new Error(`CHROME names ${process.env.CHROME}, and there is no such program.`);

  const attempts = [];
  for (const [title, install] of installers()) {
    say(`Installing Chromium for the stories (${title}) ...`);
    const failure = await install();
    const installed = findChromium();
    if (installed !== null) return installed;
    attempts.push(`- ${title}: ${failure ?? 'no Chromium appeared'}`);
  }
  throw new Error(
    [
      'The stories need a Chromium, and none could be installed:',
      ...attempts,
      'Install Chromium or Chrome by your system’s means (Debian: apt-get install chromium; Fedora: dnf install chromium;',
      'macOS: brew install --cask chromium; Windows: winget install Hibbiki.Chromium), or name one in CHROME.',
    ].join('\n'),
  );
}

function installers() {
  const list = [];
  // The stories look at pictures of pages with Chinese and Japanese names.
  const packages = ['chromium', 'fonts-noto-cjk'];
  if (canInstallDebianPackages()) {
    list.push([`apt-get install ${packages.join(' ')}`, () => installDebianPackages(packages)]);
  }
  list.push(['npx playwright install chromium', installWithPlaywright]);
  return list;
}

async function installWithPlaywright() {
  const [command, before] = npmCommand();
  const args = [...before, 'exec', '--', 'playwright', 'install', 'chromium'];
  const { code, output } = await run(command, args, { cwd: root });
  return code === 0 ? null : lastLines(output, 5);
}
