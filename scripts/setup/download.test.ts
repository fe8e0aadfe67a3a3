import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { download } from './download.mjs';
import { proxyFor } from './http.mjs';

const content = randomBytes(300_000);
const sha256 = createHash('sha256').update(content).digest('hex');

type Answer = (request: IncomingMessage, response: ServerResponse, numRequest: number) => void;

let folder: string;
let file: string;
let servers: Server[] = [];
let ranges: (string | undefined)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graft-download-'));
  file = join(folder, 'sub', 'file.bin');
  ranges = [];
});

afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
  rmSync(folder, { recursive: true });
});

async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response, ranges.length);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`;
}

/** Answers as a good server does, Range and all. */
function sendProperly(request: IncomingMessage, response: ServerResponse): void {
  send(request, response, content);
}

function send(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= bytes.length) return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
  const headers = { 'content-length': bytes.length - start, etag: '"one"' };
  if (start === 0) response.writeHead(200, headers);
  else response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
  response.end(bytes.subarray(start));
}

/** Promises everything and breaks off after some bytes. */
function sendAndCut(response: ServerResponse, start: number, numBytes: number): void {
  const headers = { 'content-length': content.length - start };
  if (start === 0) response.writeHead(200, headers);
  else
    response.writeHead(206, {
      ...headers,
      'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
    });
  response.write(content.subarray(start, start + numBytes), () => setTimeout(() => response.destroy(), 50));
}

const quick = { retryDelayMs: 1, connectTimeoutMs: 2_000, stallTimeoutMs: 2_000 };

describe('download', () => {
  it('writes the whole file and tells how far it is', async () => {
    const url = await serve(sendProperly);
    const seen: number[] = [];
    await download({ url, file, sha256, ...quick, onProgress: (done: number) => seen.push(done) });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(seen.at(-1)).toBe(content.length);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  it('goes on where the connection broke, as often as it breaks', async () => {
    const url = await serve((request, response, numRequest) => {
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (numRequest <= 6) sendAndCut(response, start, 20_000);
      else sendProperly(request, response);
    });
    await download({ url, file, sha256, ...quick, idleAttempts: 2 });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(ranges[0]).toBeUndefined();
    expect(ranges.length).toBe(7);
    expect(new Set(ranges).size).toBe(7);
  });

  it('goes on with what an interrupted start left', async () => {
    const url = await serve(sendProperly);
    await download({ url: await serve(sendProperly), file, sha256, ...quick });
    rmSync(file);
    writeFileSync(`${file}.part`, content.subarray(0, 100_000));
    ranges = [];
    await download({ url, file, sha256, ...quick });
    expect(ranges).toEqual(['bytes=100000-']);
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('starts over when the server ignores Range', async () => {
    const url = await serve((_request, response, numRequest) => {
      if (numRequest === 1) sendAndCut(response, 0, 50_000);
      else response.writeHead(200, { 'content-length': content.length }).end(content);
    });
    await download({ url, file, sha256, ...quick });
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('starts over when the server sends another part than the one asked for', async () => {
    const url = await serve((request, response, numRequest) => {
      if (numRequest === 1) return sendAndCut(response, 0, 50_000);
      if (request.headers.range === undefined) return sendProperly(request, response);
      response.writeHead(206, { 'content-range': `bytes 10-${content.length - 1}/${content.length}` });
      response.end(content.subarray(10));
    });
    await download({ url, file, sha256, ...quick });
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('refuses wrong bytes and leaves nothing of them', async () => {
    const url = await serve((request, response) => send(request, response, randomBytes(1_000)));
    await expect(download({ url, file, sha256, ...quick })).rejects.toThrow(`expected ${sha256}`);
    expect(existsSync(file)).toBe(false);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  it('throws a rotten half away and fetches the whole', async () => {
    await download({ url: await serve(sendProperly), file, sha256, ...quick });
    rmSync(file);
    writeFileSync(`${file}.part`, randomBytes(100_000));
    await download({ url: await serve(sendProperly), file, sha256, ...quick });
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('takes a part that is whole already without a second copy', async () => {
    await download({ url: await serve(sendProperly), file, sha256, ...quick });
    rmSync(file);
    writeFileSync(`${file}.part`, content);
    await download({ url: await serve(sendProperly), file, sha256, ...quick });
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('does not build on an old half when no checksum is known', async () => {
    await download({ url: await serve(sendProperly), file, sha256, ...quick });
    writeFileSync(`${file}.part`, randomBytes(100_000));
    await download({ url: await serve(sendProperly), file, sha256: null, ...quick });
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('asks again after 503, and not after 404', async () => {
    const busy = await serve((request, response, numRequest) => {
      if (numRequest < 3) response.writeHead(503).end();
      else sendProperly(request, response);
    });
    await download({ url: busy, file, sha256, ...quick });
    ranges = [];
    const missing = await serve((_request, response) => response.writeHead(404).end());
    await expect(download({ url: missing, file, sha256, ...quick })).rejects.toThrow('answered 404');
    expect(ranges.length).toBe(1);
  });

  it('gives up when nothing comes any more', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1_000));
    });
    const impatient = { ...quick, stallTimeoutMs: 100, idleAttempts: 1 };
    const silent = await serve(() => undefined);
    await expect(download({ url: silent, file, sha256, ...impatient, connectTimeoutMs: 100 })).rejects.toThrow(
      'no answer in 0.1 s',
    );
    await expect(download({ url, file, sha256: null, ...impatient, idleAttempts: 2 })).rejects.toThrow('stalled');
  });

  it('follows redirects', async () => {
    const target = await serve(sendProperly);
    const url = await serve((_request, response) => response.writeHead(302, { location: target }).end());
    await download({ url, file, sha256, ...quick });
    expect(readFileSync(file).equals(content)).toBe(true);
  });
});

describe('proxyFor', () => {
  const address = new URL('https://example.org/file');

  it('reads the variables that other tools read', () => {
    expect(proxyFor(address, { HTTPS_PROXY: 'http://proxy:3128' })?.port).toBe('3128');
    expect(proxyFor(address, { https_proxy: 'proxy:3128' })?.hostname).toBe('proxy');
    expect(proxyFor(address, { HTTP_PROXY: 'http://proxy:3128' })).toBeNull();
    expect(proxyFor(address, {})).toBeNull();
  });

  it('leaves out what NO_PROXY names', () => {
    const env = { HTTPS_PROXY: 'http://proxy:3128' };
    for (const NO_PROXY of ['example.org', '*', 'localhost, .org', '*.org']) {
      expect(proxyFor(address, { ...env, NO_PROXY })).toBeNull();
    }
    expect(proxyFor(address, { ...env, NO_PROXY: 'ample.org' })).not.toBeNull();
  });

  it('is used: plain http by the full address, https through a tunnel', async () => {
    const target = await serve(sendProperly);
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '');
      sendProperly(request, response);
    });
    proxy.on('connect', (request, socket) => {
      asked.push(`CONNECT ${request.url}`);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    servers.push(proxy);
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const names = ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY'];
    const before = names.map((name) => process.env[name]);
    Object.assign(process.env, { http_proxy: `http://127.0.0.1:${port}`, https_proxy: `127.0.0.1:${port}` });
    delete process.env['no_proxy'];
    delete process.env['NO_PROXY'];
    try {
      await download({ url: target, file, sha256, ...quick });
      const https = download({ url: 'https://example.invalid/file', file, sha256, ...quick, idleAttempts: 1 });
      await expect(https).rejects.toThrow('answered 403');
    } finally {
      for (const [i, name] of names.entries()) {
        if (before[i] === undefined) delete process.env[name];
        else process.env[name] = before[i];
      }
    }
    expect(asked).toEqual([target, 'CONNECT example.invalid:443']);
  });
});
