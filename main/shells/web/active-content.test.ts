import { existsSync } from 'node:fs';
import { chromium } from 'playwright';
import { describe, expect, it, onTestFinished } from 'vitest';
import { activeContent, payload } from '../../testing/active-content.ts';
import { testBackend, until } from '../../testing/backend.ts';
import { openDoor } from '../../testing/web-door.ts';

const executablePath = process.env['GRAFT_CHROMIUM'] ?? '/usr/bin/chromium';
if (!existsSync(executablePath)) process.stderr.write(`No Chromium at ${executablePath}: its tests are left out.\n`);

/** The real backend behind the door, with every file of active content uploaded as a picture. */
async function uploaded() {
  const { backend, client } = await testBackend();
  const { server, bearer } = await openDoor({ backend });
  const origin = server.url.slice(0, -1);
  const send = (method: string, target: string, body: Buffer): Promise<Response> =>
    fetch(origin + target, {
      method,
      headers: { ...bearer, 'content-type': 'image/svg+xml' },
      body: new Uint8Array(body),
    });
  const files = await activeContent();
  const pictures = await Promise.all(
    files.map(async ({ name, bytes, isPicture }) => {
      const response = await send('POST', `/api/pictures?name=${encodeURIComponent(name)}`, bytes);
      const { value } = (await response.json()) as { value: { imageId: string } };
      return { name, isPicture, target: `/api/image/${encodeURIComponent(value.imageId)}?size=64` };
    }),
  );
  return { client, server, bearer, origin, send, files, pictures };
}

describe('what somebody uploads', () => {
  it('comes back encoded anew, sandboxed and never sniffed, or not at all', async () => {
    const { origin, bearer, pictures } = await uploaded();
    for (const { name, isPicture, target } of pictures) {
      const response = await fetch(origin + target, { headers: { ...bearer, accept: 'text/html,*/*' } });
      const { headers } = response;
      const body = Buffer.from(await response.arrayBuffer()).toString('latin1');
      expect([name, body.includes(payload), headers.get('x-content-type-options')]).toEqual([name, false, 'nosniff']);
      const picture = body.startsWith('\xff\xd8\xff') ? 'image/jpeg' : 'image/webp';
      const type = isPicture ? picture : 'application/json; charset=utf-8';
      expect([name, response.ok, headers.get('content-type')]).toEqual([name, isPicture, type]);
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'/);
      if (!isPicture) continue;
      if (picture === 'image/webp') expect([name, body.slice(0, 4), body.slice(8, 12)]).toEqual([name, 'RIFF', 'WEBP']);
      expect(headers.get('content-security-policy')).toMatch(/; sandbox$/);
    }
  });

  it('into a data set is not there at any address of the server', async () => {
    const { client, server, origin, bearer, send, files } = await uploaded();
    const { datasetId } = await client.call('dataset.beginUpload', { name: 'set', numFiles: files.length });
    for (const { name, bytes } of files)
      await send('PUT', `/api/datasets/${datasetId}/files?path=${encodeURIComponent(`cats/${name}`)}`, bytes);
    await client.call('dataset.finishUpload', { datasetId });
    expect((await until(client, datasetId)).numImages).toBeGreaterThan(0);
    const names = files.flatMap(({ name }) =>
      [name, `cats/${name}`, `${datasetId}/cats/${name}`].map(encodeURIComponent),
    );
    const gets = server.routes.filter(({ method }) => method === 'GET').map(({ url }) => url);
    expect(gets.length).toBeGreaterThan(3);
    for (const url of gets)
      for (const name of names) {
        const target = url.includes(':') || url.includes('*') ? url.replace(/:\w+|\*/g, name) : `${url}${name}`;
        const response = await fetch(`${origin}${target}?size=64`, { headers: bearer });
        expect([target, (await response.text()).includes(payload)]).toEqual([target, false]);
      }
  });

  it.skipIf(!existsSync(executablePath))('runs no script when Chromium goes to it', async () => {
    const { server, origin, pictures } = await uploaded();
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    let numDialogs = 0;
    page.on('dialog', (dialog) => void (numDialogs++, dialog.dismiss()));
    await page.goto(server.launchUrl);
    for (const { name, target } of pictures) {
      await page.goto(origin + target);
      expect([name, (await page.title()).includes(payload)]).toEqual([name, false]);
    }
    expect(numDialogs).toBe(0);
  });
});
