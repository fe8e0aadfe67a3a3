import { defineConfig } from '@playwright/test';
import { findChromium } from './scripts/chromium.mjs';
import { findInstalledElectron, hasDisplay } from './scripts/electron.mjs';

/** Off: what a browser does of its own accord, and what a container cannot do. */
const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A moving picture in place of a webcam, allowed without asking.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

const web = {
  name: 'web',
  use: { launchOptions: { executablePath: findChromium() ?? undefined, args: chromiumArgs } },
};

const electron = { name: 'electron' };

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'out/test-results/stories',
  projects: findInstalledElectron() !== null && hasDisplay() ? [web, electron] : [web],
  workers: 1,
  retries: 0,
  timeout: 300_000, // generous: a story waits for conditions, and machines that test are busy
  expect: { timeout: 20_000 }, // for the same reason
  forbidOnly: Boolean(process.env.CI),
  use: { screenshot: 'only-on-failure' },
  reporter: [['list'], ['json', { outputFile: 'out/test-results/playwright.json' }]],
});
