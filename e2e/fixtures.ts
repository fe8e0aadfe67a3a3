import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { _electron, test as base, type BrowserContext, type Page } from '@playwright/test';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GraftWindow } from './pages/window.ts';
import { repository, startServer } from './server.ts';
import { copyHome, makeTrainedHome } from './trained-home.ts';

interface Fixtures {
  /** Begin with the home that has the sample and two runs, instead of an empty one. */
  startsTrained: boolean;
  /** A folder of this test's own, which the app may open by path. */
  folder: string;
  /** The app, open on its first screen. */
  graft: GraftWindow;
  /** What the web answers to the backend; null where a story does not ask it. Web shell only. */
  site: { answer: RequestListener } | null;
  /** Console errors that a story causes on purpose. */
  expectedErrors: RegExp[];
  /** Where the window asked outside this machine: must stay empty. */
  outsideRequests: string[];
}

async function temporary(name: string): Promise<string> {
  return realpath(await mkdtemp(path.join(tmpdir(), `graft-e2e-${name}-`)));
}
const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });

/** Playwright's `test` with the app: each test has its own process, home and page. */
export const test = base.extend<Fixtures, { trainedHome: string }>({
  trainedHome: [
    async ({}, use) => {
      const home = await temporary('trained');
      await makeTrainedHome(home);
      await use(home);
      await remove(home);
    },
    { scope: 'worker', timeout: 400_000 },
  ],
  startsTrained: [false, { option: true }],

  folder: async ({}, use) => {
    const folder = await temporary('pictures');
    await use(folder);
    await remove(folder);
  },
  expectedErrors: [[], { option: true }],
  site: [null, { option: true }],

  outsideRequests: async ({}, use) => use([]),
  graft: async (
    { browser, contextOptions, startsTrained, trainedHome, folder, site, expectedErrors, outsideRequests },
    use,
    info,
  ) => {
    const home = await temporary('home');
    if (startsTrained) await copyHome(trainedHome, home);
    const problems: string[] = [];
    const web = site && createServer(site.answer);
    if (web) await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const port = web && (web.address() as AddressInfo).port;
    const opened =
      info.project.name === 'electron'
        ? await openElectron(home)
        : await openWeb(() => browser.newContext({ ...contextOptions, acceptDownloads: true }), home, folder, port);
    const { page, context } = opened;
    context.on('request', (request) => {
      if (!isOfThisMachine(request.url())) outsideRequests.push(request.url());
    });
    page.on('pageerror', (error) => problems.push(`page error: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
    });
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) =>
        globalThis.console.error(`Policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
      );
    });
    await opened.goto();
    await use(new GraftWindow(page, opened.kind, folder, opened.killAndStart));
    if (info.status !== info.expectedStatus) {
      await info.attach('window', { body: await page.screenshot(), contentType: 'image/png' });
    }
    await opened.close();
    web?.closeAllConnections();
    web?.close();
    await remove(home);
    const unexpected = problems.filter((problem) => !expectedErrors.some((pattern) => pattern.test(problem)));
    if (unexpected.length > 0) throw new Error(`The window complained:\n${unexpected.join('\n')}`);
  },
});
export { expect } from '@playwright/test';

interface Opened {
  kind: 'web' | 'electron';
  context: BrowserContext;
  page: Page;
  /** Loads the app, with the listeners in place. */
  goto: () => Promise<unknown>;
  /** @returns the page of the app started anew */
  killAndStart: () => Promise<Page>;
  close: () => Promise<void>;
}

async function openWeb(
  newContext: () => Promise<BrowserContext>,
  home: string,
  folder: string,
  web: number | null,
): Promise<Opened> {
  let server = await startServer(home, folder, web);
  const context = await newContext();
  const page = await context.newPage();
  return {
    kind: 'web',
    context,
    page,
    goto: () => page.goto(server.launchUrl),
    killAndStart: async () => {
      await server.kill();
      server = await startServer(home, folder, web);
      await page.goto(server.launchUrl);
      return page;
    },
    close: async () => {
      await context.close();
      await server.stop();
    },
  };
}

async function openElectron(home: string): Promise<Opened> {
  const env = { ...process.env, GRAFT_HOME: home } as Record<string, string>;
  const launch = () => _electron.launch({ args: [repository], cwd: repository, env });
  let app = await launch();
  const page = await app.firstWindow();
  return {
    kind: 'electron',
    context: app.context(),
    page,
    goto: () => page.reload(),
    killAndStart: async () => {
      const ended = new Promise((resolve) => app.process().once('exit', resolve));
      app.process().kill('SIGKILL');
      await ended;
      app = await launch();
      return app.firstWindow();
    },
    close: () => app.close(),
  };
}

function isOfThisMachine(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return ['blob:', 'data:', 'app:', 'graft-image:', 'devtools:'].includes(protocol) || hostname === '127.0.0.1';
}
