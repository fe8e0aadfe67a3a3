import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser } from 'playwright';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDoor } from '../../testing/web-door.ts';

const executablePath = process.env['GRAFT_CHROMIUM'] ?? '/usr/bin/chromium';
const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
]; // prettier-ignore

async function open(...more: string[]): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, args: [...flags, ...more] });
  onTestFinished(() => browser.close());
  return browser;
}

/** A page of somebody else on another port of this machine: the same site, another origin. */
async function otherSite(html: string): Promise<string> {
  const server = createServer((_request, response) => void response.setHeader('content-type', 'text/html').end(html));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

if (!existsSync(executablePath)) process.stderr.write(`No Chromium at ${executablePath}: its tests are left out.\n`);

describe.skipIf(!existsSync(executablePath))('in Chromium', () => {
  it('the launch address opens the app, which can call and listen', async () => {
    const door = await openDoor();
    const page = await (await open()).newPage();
    await page.goto(door.server.launchUrl);
    expect([page.url(), await page.title(), await page.textContent('body')]).toEqual([
      door.server.url,
      'Graft',
      'the app',
    ]);
    const call = await page.evaluate(`fetch('/api/call/app.info', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then((reply) => reply.json())`);
    expect(call).toEqual({ ok: true, value: { method: 'app.info' } });
    const opened = await page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/events');
      socket.onopen = () => resolve(true); socket.onerror = () => resolve(false); })`);
    expect(opened).toBe(true);
  });

  it('a name of somebody else that points here gets nothing', async () => {
    const door = await openDoor();
    const browser = await open('--host-resolver-rules=MAP evil.test 127.0.0.1');
    const page = await browser.newPage();
    const evil = `http://evil.test:${door.server.port}/`;
    const answer = await page.goto(evil);
    expect(answer?.status()).toBe(403);
    await page.goto(evil + new URL(door.server.launchUrl).search);
    expect(await page.context().cookies()).toEqual([]);
    const results = await page.evaluate(`Promise.all([
      fetch('/api/call/app.info', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then((r) => r.status),
      fetch('/image/cat?size=64').then((r) => r.status),
      new Promise((resolve) => {
        const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/events');
        socket.onopen = () => resolve('open'); socket.onerror = () => resolve('refused'); }),
    ])`);
    expect(results).toEqual([403, 403, 'refused']);
    expect([door.backend.calls, door.backend.thumbnails]).toEqual([[], []]);
  });

  it('a page on another port of this machine has no effect', async () => {
    const door = await openDoor();
    const page = await (await open()).newPage();
    await page.goto(door.server.launchUrl); // its cookie is sent with what follows: cookies ignore ports
    const target = door.server.url;
    await page.goto(
      await otherSite(`<form id="form" method="post" enctype="text/plain" target="frame" action="${target}api/call/run.stop">
        <input name='{"a":"' value='"}'></form><iframe name="frame"></iframe>`),
    );
    const results = await page.evaluate(`(async () => {
      const target = ${JSON.stringify(target)};
      document.getElementById('form').submit();
      const post = (init) => fetch(target + 'api/call/run.stop', { method: 'POST', credentials: 'include', body: '{}', ...init })
        .then((r) => r.type, () => 'failed');
      return Promise.all([
        post({ mode: 'no-cors' }),
        post({ headers: { 'content-type': 'application/json' } }),
        new Promise((resolve) => { const image = new Image(); image.onload = () => resolve('shown');
          image.onerror = () => resolve('failed'); image.src = target + 'image/cat?size=64'; }),
        new Promise((resolve) => { const socket = new WebSocket(target.replace('http', 'ws') + 'api/events');
          socket.onopen = () => resolve('open'); socket.onerror = () => resolve('refused'); }),
      ]);
    })()`);
    expect(results).not.toContain('open');
    expect(results).not.toContain('shown');
    expect([door.backend.calls, door.backend.files, door.backend.thumbnails]).toEqual([[], [], []]);
  });
});
