import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cutOnceKept } from '../testing/cut-connection.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { realNetwork } from './ask.ts';
import { downloadFile, maxDownloadBytes, type DownloadOptions, type WantedFile } from './download.ts';

const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
const md5 = createHash('md5').update(content).digest('hex');
const network = { ...realNetwork, stallMs: 1000, retryDelaysMs: [1, 1] };

interface Request {
  url: string;
  range: string | undefined;
  ifRange: string | undefined;
}

/** A server on this machine that answers the n-th request as told. */
async function server(
  answer: (response: ServerResponse, request: IncomingMessage, index: number) => void,
): Promise<{ url: string; requests: Request[] }> {
  const requests: Request[] = [];
  const listening = createServer((request, response) => {
    const { range, 'if-range': ifRange } = request.headers;
    requests.push({ url: request.url!, range, ifRange: ifRange as string | undefined });
    answer(response, request, requests.length - 1);
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/weights.h5`, requests };
}

/** Answers as a good server does, and cuts the connection after `cutAfter` bytes. */
function serve(response: ServerResponse, request: IncomingMessage, { cutAfter = Infinity, etag = '"v1"' } = {}): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const isContinued = from > 0 && request.headers['if-range'] === etag;
  const body = isContinued ? content.subarray(from) : content;
  response.writeHead(isContinued ? 206 : 200, {
    'content-length': body.length,
    etag,
    ...(isContinued && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
  });
  if (cutAfter >= body.length) response.end(body);
  else
    response.write(
      body.subarray(0, cutAfter),
      () => void cutOnceKept(response, content.length - body.length + cutAfter),
    );
}

async function download(
  url: string,
  over: Partial<WantedFile> = {},
  options: DownloadOptions = {},
  folder?: string,
): Promise<{ folder: string; file: string }> {
  const place = folder ?? path.join(await temporaryFolder(), 'downloads');
  const wanted: WantedFile = { url, file: 'weights.h5', sha256, trust: 'official', ...over };
  return { folder: place, file: await downloadFile(wanted, place, { network, ...options }) };
}
const left = (folder: string) =>
  ['weights.h5', 'weights.h5.part', 'weights.h5.part.json'].filter((name) => existsSync(path.join(folder, name)));

describe('downloadFile', () => {
  it('brings the file, says how far it is, and leaves nothing else', async () => {
    const { url } = await server((response, request) => serve(response, request));
    const seen: [number, number | null][] = [];
    const { file, folder } = await download(url, {}, { onProgress: (...progress) => seen.push(progress) });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(left(folder)).toEqual(['weights.h5']);
    expect(seen[0]).toEqual([0, content.length]);
    expect(seen.at(-1)).toEqual([content.length, content.length]);
  });

  it('goes on where the connection was cut, as long as the file is the same', async () => {
    const { url, requests } = await server((response, request, index) =>
      serve(response, request, { cutAfter: index < 3 ? 80_000 : Infinity }),
    );
    const { file } = await download(url);
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=80000-', 'bytes=160000-', 'bytes=240000-']);
    expect(requests.map(({ ifRange }) => ifRange)).toEqual([undefined, '"v1"', '"v1"', '"v1"']);
  });

  it('goes on in a later process', async () => {
    let cutAfter = 100_000;
    const { url, requests } = await server((response, request) => serve(response, request, { cutAfter }));
    const folder = await temporaryFolder();
    const once = { ...network, retryDelaysMs: [] };
    await expect(download(url, {}, { network: once }, folder)).rejects.toMatchObject({
      code: 'download-failed',
      params: { url, problem: 'the connection was cut' },
    });
    expect(left(folder)).toEqual(['weights.h5.part', 'weights.h5.part.json']);
    cutAfter = Infinity;
    const { file } = await download(url, {}, {}, folder);
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(requests.at(-1)!.range).toBe('bytes=100000-');
  });

  it('begins anew when the file has changed meanwhile', async () => {
    const { url } = await server((response, request, index) =>
      serve(response, request, index === 0 ? { cutAfter: 100_000, etag: '"v0"' } : {}),
    );
    const { file } = await download(url);
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('begins anew at a server that knows no parts', async () => {
    const { url, requests } = await server((response, _, index) => {
      response.writeHead(200, { 'content-length': content.length });
      if (index > 0) response.end(content);
      else response.write(content.subarray(0, 50_000), () => void cutOnceKept(response, 50_000));
    });
    const { file } = await download(url);
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=50000-']); // the checksum would tell
  });

  it('asks for no part of a file that has neither version nor checksum', async () => {
    const { url, requests } = await server((response, _, index) => {
      response.writeHead(200, { 'content-length': content.length });
      if (index > 0) response.end(content);
      else response.write(content.subarray(0, 50_000), () => void cutOnceKept(response, 50_000));
    });
    const { file } = await download(url, { sha256: undefined });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(requests.map(({ range }) => range)).toEqual([undefined, undefined]);
  });

  it('begins anew when another part comes than was asked for', async () => {
    const { url, requests } = await server((response, request, index) => {
      if (index === 0) return serve(response, request, { cutAfter: 50_000 });
      if (index > 1) return serve(response, request);
      response.writeHead(206, { 'content-range': `bytes 10-99/${content.length}`, etag: '"v1"' });
      response.end(content.subarray(10, 100));
    });
    const { file } = await download(url);
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=50000-', undefined]);
  });

  it('knows that all was here when the server has no more', async () => {
    const { url } = await server((response) => {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` });
      response.end();
    });
    const folder = await temporaryFolder();
    writeFileSync(path.join(folder, 'weights.h5.part'), content);
    writeFileSync(path.join(folder, 'weights.h5.part.json'), JSON.stringify({ url, validator: null }));
    expect(readFileSync((await download(url, {}, {}, folder)).file).equals(content)).toBe(true);
  });

  it('refuses wrong bytes by either checksum, and keeps nothing of them', async () => {
    const { url } = await server((response) => response.end(Buffer.from('other')));
    const folder = await temporaryFolder();
    const found = createHash('sha256').update('other').digest('hex');
    await expect(download(url, {}, {}, folder)).rejects.toMatchObject({
      code: 'checksum-differs',
      params: { file: 'weights.h5', expected: sha256, found },
    });
    await expect(download(url, { sha256: undefined, md5 }, {}, folder)).rejects.toMatchObject({
      code: 'checksum-differs',
      params: { expected: md5 },
    });
    expect(left(folder)).toEqual([]);
  });

  it('tries again after passing trouble, and not after what will not pass', async () => {
    const passing = await server((response, request, index) => {
      if (index < 2) response.writeHead(500).end();
      else serve(response, request);
    });
    await expect(download(passing.url)).resolves.toBeTruthy();
    expect(passing.requests).toHaveLength(3);
    const gone = await server((response) => response.writeHead(404).end());
    await expect(download(gone.url)).rejects.toMatchObject({
      code: 'download-failed',
      params: { problem: 'the server answered 404' },
    });
    expect(gone.requests).toHaveLength(1);
    const broken = await server((response) => response.writeHead(503).end());
    await expect(download(broken.url)).rejects.toMatchObject({ params: { problem: 'the server answered 503' } });
    expect(broken.requests).toHaveLength(3);
  });

  it('says when nobody listens', async () => {
    await expect(download('http://127.0.0.1:9/weights.h5')).rejects.toMatchObject({ code: 'download-failed' });
  });

  it('waits no longer than said for a server that falls silent', async () => {
    const { url, requests } = await server((response, request, index) => {
      if (index === 0) return; // no answer at all
      if (index > 1) return serve(response, request);
      response.writeHead(200, { 'content-length': content.length, etag: '"v1"' });
      response.write(content.subarray(0, 1000)); // and no more
    });
    const { file } = await download(url);
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(requests[2]!.range).toBe('bytes=1000-');
    const silent = await server(() => undefined);
    await expect(download(silent.url, {}, { network: { ...network, retryDelaysMs: [] } })).rejects.toMatchObject({
      params: { problem: 'no data for 1 s' },
    });
  });

  it('is not fooled by a length that is a lie', async () => {
    const longer = await server((response) => {
      response.writeHead(200, { 'content-length': content.length + 10, etag: '"v1"' });
      response.write(content, () => void cutOnceKept(response, content.length));
    });
    await expect(download(longer.url)).rejects.toMatchObject({ code: 'download-failed' });
    const shorter = await server((response) => {
      response.strictContentLength = false;
      response.writeHead(200, { 'content-length': 1000 });
      response.end(content);
    });
    await expect(download(shorter.url)).rejects.toMatchObject({ code: 'checksum-differs' });
  });

  it('takes a file whose length nobody said, and refuses one beyond all weights', async () => {
    const open = await server((response) => {
      response.write(content.subarray(0, 10));
      response.end(content.subarray(10));
    });
    await expect(download(open.url)).resolves.toBeTruthy();
    const huge = await server((response) => {
      response.writeHead(200, { 'content-length': maxDownloadBytes + 1 });
      response.write('x');
    });
    await expect(download(huge.url)).rejects.toMatchObject({
      code: 'download-too-large',
      params: { url: huge.url, maxBytes: maxDownloadBytes },
    });
    expect(huge.requests).toHaveLength(1);
    const endless = await server((response) => void response.write(content));
    const folder = await temporaryFolder();
    await expect(download(endless.url, {}, { maxBytes: 100_000 }, folder)).rejects.toMatchObject({
      code: 'download-too-large',
    });
    expect(left(folder)).toEqual([]);
  });

  it('follows decent redirects only', async () => {
    const target = await server((response, request) => serve(response, request));
    const decent = await server((response) => response.writeHead(302, { location: target.url }).end());
    await expect(download(decent.url)).resolves.toBeTruthy();
    for (const location of [
      'file:///etc/passwd',
      'data:text/plain,x',
      'ftp://127.0.0.1/x',
      'http://192.168.0.1/x',
      '',
    ]) {
      const { url } = await server((response) => response.writeHead(302, { location }).end());
      await expect(download(url)).rejects.toMatchObject({ code: 'download-failed', params: { url } });
    }
    const round = await server((response) => response.writeHead(307, { location: '/weights.h5' }).end());
    await expect(download(round.url)).rejects.toMatchObject({
      params: { problem: expect.stringContaining('without end') as string },
    });
    expect(round.requests).toHaveLength(6);
  });

  it('stops when told to, and keeps what has come', async () => {
    const controller = new AbortController();
    const { url } = await server((response) => {
      response.writeHead(200, { 'content-length': content.length, etag: '"v1"' });
      response.write(content.subarray(0, 1000));
    });
    const folder = await temporaryFolder();
    const options = { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) };
    await expect(download(url, {}, options, folder)).rejects.toThrow('enough');
    expect(left(folder)).toContain('weights.h5.part.json');
  });

  it('uses a whole file that an earlier process left, and no other', async () => {
    const { url, requests } = await server((response, request) => serve(response, request));
    const folder = await temporaryFolder();
    writeFileSync(path.join(folder, 'weights.h5'), content);
    await download(url, {}, {}, folder);
    expect(requests).toHaveLength(0);
    writeFileSync(path.join(folder, 'weights.h5'), 'damaged');
    expect(readFileSync((await download(url, {}, {}, folder)).file).equals(content)).toBe(true);
  });

  it('begins nothing that the disk has no room for', async () => {
    const { url } = await server((response, request, index) =>
      serve(response, request, { cutAfter: index === 0 ? 200_000 : Infinity }),
    );
    const folder = await temporaryFolder();
    const room = async () => 250_000;
    const options = { freeBytes: room, network: { ...network, retryDelaysMs: [] } };
    await expect(download(url, {}, options, folder)).rejects.toMatchObject({
      code: 'disk-full',
      params: { path: folder },
    });
    expect(left(folder)).toEqual([]);
    await expect(download(url, {}, { ...options, freeBytes: async () => null }, folder)).resolves.toBeTruthy();
  });

  it('needs room for the rest only', async () => {
    let cutAfter = 200_000;
    const { url } = await server((response, request) => serve(response, request, { cutAfter }));
    const folder = await temporaryFolder();
    const once = { ...network, retryDelaysMs: [] };
    await expect(download(url, {}, { network: once }, folder)).rejects.toMatchObject({ code: 'download-failed' });
    cutAfter = Infinity;
    await expect(download(url, {}, { freeBytes: async () => 100_000 }, folder)).resolves.toBeTruthy();
  });

  it('begins anew when a server goes on with another version, though asked not to', async () => {
    for (const other of [{ etag: '"v2"' }, { total: content.length + 1 }]) {
      const { url, requests } = await server((response, request, index) => {
        if (index === 0) return serve(response, request, { cutAfter: 50_000 });
        if (index > 1) return serve(response, request);
        const { etag = '"v1"', total = content.length } = other as { etag?: string; total?: number };
        response.writeHead(206, { 'content-range': `bytes 50000-${total - 1}/${total}`, etag });
        response.end(content.subarray(50_000));
      });
      const { file } = await download(url, { sha256: undefined });
      expect(readFileSync(file).equals(content)).toBe(true);
      expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=50000-', undefined]);
    }
  });

  it('gives up what takes for ever', async () => {
    const { url } = await server((response) => {
      response.writeHead(200, { etag: '"v1"' });
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    await expect(download(url, {}, { network: { ...network, maxDurationMs: 200 } })).rejects.toMatchObject({
      code: 'download-failed',
      params: { problem: expect.stringContaining('took longer') as string },
    });
  });

  it('says when it cannot write', async () => {
    const { url } = await server((response, request) => serve(response, request));
    const file = path.join(await temporaryFolder(), 'file');
    writeFileSync(file, '');
    await expect(download(url, {}, {}, path.join(file, 'downloads'))).rejects.toMatchObject({ code: 'cannot-write' });
  });
});
