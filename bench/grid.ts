import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { chromium, type Page } from '@playwright/test';
import { dataFolder, pictureFiles, projectFolder, temporaryFolder } from './shared/places.ts';
import { digits, note, quantile, say, table } from './shared/table.ts';

// Frames while the grid of the Data screen is scrolled from end to end, with thumbnails of real files, in Chromium. Told are
// the time from one frame to the next, which on a machine without a graphics card holds the drawing by the processor too,
// and how long the page's own thread worked in one piece.

interface Frames {
  intervals: number[];
  /** Pieces of work of the page's thread above 50 ms, as the browser tells them. */
  longTasks: number[];
  numDrawn: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { pictures: { type: 'string', default: '100000' }, seconds: { type: 'string', default: '20' } },
});
const numPictures = Number(values.pictures);
const root = gather();

/** Run by the page, so as text: this folder has no types of a browser. Scrolls a fast wheel's way, then jumps as a dragged bar does. */
const scrollInPage = (seconds: number): string => `(async () => {
  const grid = document.querySelector('[role=listbox]');
  let box = grid;
  while (box && !(box.scrollHeight > box.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(box).overflowY))) box = box.parentElement;
  box ??= document.scrollingElement;
  const longTasks = [];
  const observer = new PerformanceObserver((list) => { for (const entry of list.getEntries()) longTasks.push(entry.duration); });
  observer.observe({ type: 'longtask' });
  const intervals = [];
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  let last = await frame();
  const from = last;
  const end = box.scrollHeight - box.clientHeight;
  while (last - from < ${seconds} * 1000) {
    const passed = (last - from) / (${seconds} * 1000);
    if (passed < 0.5) box.scrollTop += 120;
    else box.scrollTop = end * (passed - 0.5) * 2;
    const now = await frame();
    intervals.push(now - last);
    last = now;
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  observer.disconnect();
  return { intervals, longTasks, numDrawn: document.querySelectorAll('[role=option] img.here').length };
})()`;

const executablePath = process.env['CHROME'];
const browser = await chromium.launch({
  ...(executablePath && { executablePath }),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [], // Chromium refuses to run as root with it
});
try {
  const { page, close } = await openApp();
  try {
    note('scrolling ...');
    const threadTime = await threadTimeOf(page);
    const before = await threadTime();
    const frames = await page.evaluate<Frames>(scrollInPage(Number(values.seconds)));
    report(frames);
    const after = await threadTime();
    const perFrame = (name: string): string => digits((1000 * (after(name) - before(name))) / frames.intervals.length);
    say(
      `processor of the page’s thread, ms a frame: ${perFrame('TaskDuration')}, of it script ${perFrame('ScriptDuration')}, style ${perFrame('RecalcStyleDuration')}, layout ${perFrame('LayoutDuration')}`,
    );
  } finally {
    await close();
  }
} finally {
  await browser.close();
}

function report({ intervals, longTasks, numDrawn }: Frames): void {
  const over = intervals.filter((ms) => ms > 50).length;
  say(
    `${numPictures} pictures, ${intervals.length} frames in ${values.seconds} s; ${numDrawn} thumbnails on screen at the end`,
  );
  say(
    table(
      ['', 'median', '95 %', 'most', 'above 50 ms'],
      [
        [
          'ms from frame to frame',
          digits(quantile(intervals, 0.5)),
          digits(quantile(intervals, 0.95)),
          digits(Math.max(...intervals)),
          String(over),
        ],
        [
          'ms of the page’s thread in one piece',
          '–',
          '–',
          digits(longTasks.length === 0 ? 0 : Math.max(...longTasks)),
          String(longTasks.length),
        ],
      ],
    ),
  );
  if (longTasks.length === 0) say('no piece of work of the page’s thread took more than 50 ms');
}

/** Asks for what the page's thread has used of the processor so far, in seconds: it does not count while others have it. */
async function threadTimeOf(page: Page): Promise<() => Promise<(name: string) => number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (name) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  };
}

/** A folder of ten classes with as many files as asked for: photographs under other names, time and time again. */
function gather(): string {
  const photographs = pictureFiles(dataFolder(positionals[0]), 2000);
  const to = path.join(temporaryFolder(), 'pictures');
  for (let i = 0; i < numPictures; i++) {
    const folder = path.join(to, `class-${i % 10}`);
    if (i < 10) mkdirSync(folder, { recursive: true });
    const file = photographs[i % photographs.length]!;
    const copy = path.join(folder, `${String(i).padStart(6, '0')}${path.extname(file)}`);
    try {
      linkSync(file, copy);
    } catch {
      copyFileSync(file, copy); // on another disk
    }
  }
  return to;
}

/** The app with the pictures listed, on its Data screen; `close` ends it. */
async function openApp(): Promise<{ page: Page; close: () => Promise<void> }> {
  note(`${numPictures} pictures ...`);
  const server = spawn(
    process.execPath,
    [path.join(projectFolder, 'scripts', 'graft.mjs'), 'serve', '--root', root, '--json'],
    {
      cwd: projectFolder,
      env: { ...process.env, GRAFT_HOME: temporaryFolder() },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = once(server, 'exit');
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const close = async (): Promise<void> => {
    await page.close();
    server.kill('SIGINT');
    await exited;
  };
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      const said = JSON.parse(line) as { event: string; launchUrl: string };
      if (said.event !== 'serving') continue;
      await page.goto(said.launchUrl);
      break;
    }
    // Listed only: what is decoded behind the listing would take the processor from the frames.
    await page.evaluate(
      `fetch('/api/call/dataset.add', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(
        JSON.stringify({ path: root, quick: true }),
      )} })`,
    );
    await page.reload(); // a window goes on with what it shows; a new one begins with the newest
    await page.locator('[role=option] img.here').nth(10).waitFor({ timeout: 120_000 });
    return { page, close };
  } catch (error) {
    await close();
    throw error;
  }
}
