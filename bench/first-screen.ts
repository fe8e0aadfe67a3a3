import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { projectFolder, temporaryFolder } from './shared/places.ts';
import { digits, note, quantile, say, table } from './shared/table.ts';

// From the web shell listening to the first contentful paint, in a Chromium that runs already.

/** Run by the page, so as text: this folder has no types of a browser. */
const paintedAtInPage = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [entry] = list.getEntriesByName('first-contentful-paint');
    if (entry) resolve(performance.timeOrigin + entry.startTime);
  }).observe({ type: 'paint', buffered: true });
})`;

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const executablePath = process.env['CHROME'];
const browser = await chromium.launch({
  ...(executablePath && { executablePath }),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [], // Chromium refuses to run as root with it
});
const times: { listeningMs: number; paintMs: number; totalMs: number }[] = [];
try {
  for (let run = 0; run <= Number(values.runs); run++) {
    note(run === 0 ? 'warming up ...' : `run ${run} ...`);
    const time = await openOnce();
    if (run > 0) times.push(time);
  }
} finally {
  await browser.close();
}
say(`milliseconds, ${times.length} runs, an empty home each`);
const row = (name: string, all: number[]) => [
  name,
  digits(quantile(all, 0.5)),
  digits(Math.min(...all)),
  digits(Math.max(...all)),
];
say(
  table(
    ['', 'median', 'least', 'most'],
    [
      row(
        'graft serve to listening',
        times.map((time) => time.listeningMs),
      ),
      row(
        'listening to first contentful paint',
        times.map((time) => time.paintMs),
      ),
    ],
  ),
);

async function openOnce() {
  const startedAt = Date.now();
  const server = spawn(process.execPath, [path.join(projectFolder, 'scripts', 'graft.mjs'), 'serve', '--json'], {
    cwd: projectFolder,
    env: { ...process.env, GRAFT_HOME: temporaryFolder() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  const context = await browser.newContext();
  const page = await context.newPage();
  try {
    const launchUrl = await listening(createInterface({ input: server.stdout }), exited);
    const listeningAt = Date.now();
    await page.goto(launchUrl);
    // A date of the browser's clock, which is this machine's.
    const paintedAt = await page.evaluate<number>(paintedAtInPage);
    return { listeningMs: listeningAt - startedAt, paintMs: paintedAt - listeningAt, totalMs: paintedAt - startedAt };
  } finally {
    await context.close();
    server.kill('SIGINT');
    await exited;
  }
}

/** @returns the launch address that `serve` says. @throws when it ends without saying one */
async function listening(lines: AsyncIterable<string>, exited: Promise<unknown>): Promise<string> {
  const first = (async () => {
    for await (const line of lines) {
      const said = JSON.parse(line) as { event: string; launchUrl: string };
      if (said.event === 'serving') return said.launchUrl;
    }
    return null;
  })();
  const launchUrl = await Promise.race([first, exited.then(() => null)]);
  if (launchUrl === null) throw new Error('graft serve ended before it was listening.');
  return launchUrl;
}
