import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { EventMessage } from '../../contract/contract.ts';
import { GraftError, type Reply } from '../../contract/errors.ts';
import type { Backend, ExportFiles, NotSentReason } from '../backend/backend.ts';
import { filesOfFolder } from '../backend/export-files.ts';
import { temporaryFolder } from './temporary.ts';
import { startWebServer, type WebServer, type WebServerOptions } from '../shells/web/server.ts';
import { newToken } from '../shells/web/session.ts';

/** Bytes that no answer may ever hold. */
export const canary = 'CANARY-b7d1f0';

/** A backend that answers and remembers what came through the door. For tests only. */
export class FakeBackend implements Backend {
  calls: { method: string; input: unknown }[] = [];
  files: { datasetId: string; path: string; numBytes: number }[] = [];
  leftOut: { datasetId: string; path: string; reason: NotSentReason }[] = [];
  thumbnails: string[] = [];
  exports = new Map<string, string>();
  #listeners = new Set<(message: EventMessage) => void>();

  async call(method: string, input: unknown): Promise<Reply<unknown>> {
    this.calls.push({ method, input });
    return { ok: true, value: { method } };
  }
  subscribe(listener: (message: EventMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  emit(message: { seq: number; event: string; data: unknown }): void {
    for (const listener of this.#listeners) listener(message as EventMessage);
  }
  async thumbnail(imageId: string): Promise<Uint8Array> {
    this.thumbnails.push(imageId);
    if (imageId !== 'cat') throw new GraftError('image-not-found', { imageId });
    return new Uint8Array([1, 2, 3]);
  }
  async receiveFile(datasetId: string, path: string, bytes: Readable): Promise<void> {
    if (datasetId === 'gone') throw new GraftError('dataset-not-found', { datasetId });
    this.files.push({ datasetId, path, numBytes: await count(bytes) });
  }
  async leaveOutFile(datasetId: string, path: string, reason: NotSentReason): Promise<void> {
    if (datasetId === 'gone') throw new GraftError('dataset-not-found', { datasetId });
    this.leftOut.push({ datasetId, path, reason });
  }
  async receivePiece(datasetId: string, offset: number, bytes: Readable): Promise<void> {
    if (datasetId === 'gone') throw new GraftError('dataset-not-found', { datasetId });
    this.files.push({ datasetId, path: `archive from ${offset}`, numBytes: await count(bytes) });
  }
  async receivePicture(name: string, bytes: Readable): Promise<{ imageId: string; name: string }> {
    return { imageId: `p${await count(bytes)}`, name };
  }
  async downloadWeights(): Promise<never> {
    throw new Error('not by this door');
  }
  async receiveWeights(backboneId: string, _name: string, bytes: Readable): Promise<never> {
    await count(bytes);
    throw new GraftError('backbone-not-found', { backboneId, near: [] });
  }
  async receiveModel(name: string, bytes: Readable, options: object | null): Promise<never> {
    await count(bytes);
    throw new GraftError('model-not-readable', {
      path: name,
      problem: options ? JSON.stringify(options) : 'inspected',
    });
  }
  async receiveWholeModel(name: string, bytes: Readable, options: object): Promise<never> {
    await count(bytes);
    throw new GraftError('model-not-readable', { path: name, problem: `whole ${JSON.stringify(options)}` });
  }
  async exportFolder(exportId: string): Promise<string> {
    const folder = this.exports.get(exportId);
    if (folder === undefined) throw new GraftError('export-not-found', { exportId });
    return folder;
  }
  async exportFiles(exportId: string): Promise<ExportFiles> {
    return filesOfFolder(await this.exportFolder(exportId));
  }
  async close(): Promise<void> {}
}

async function count(bytes: Readable): Promise<number> {
  let numBytes = 0;
  for await (const chunk of bytes) numBytes += (chunk as Buffer).length;
  return numBytes;
}

export interface Door {
  server: WebServer;
  backend: FakeBackend;
  token: string;
  /** `Authorization` for a script. */
  bearer: Record<string, string>;
  /** The folder above the renderer's; holds the canary. */
  outside: string;
  log: string[];
}

/** A server of this test's own, with a renderer of two files, a canary beside them, and a bearer token. */
export async function openDoor(options: Partial<WebServerOptions> = {}): Promise<Door> {
  const outside = await temporaryFolder();
  const rendererFolder = path.join(outside, 'renderer');
  await mkdir(path.join(rendererFolder, 'assets'), { recursive: true });
  await writeFile(path.join(rendererFolder, 'index.html'), '<!doctype html><title>Graft</title>the app');
  await writeFile(path.join(rendererFolder, 'assets', 'app.js'), 'void 0;');
  await writeFile(path.join(rendererFolder, '.hidden'), canary);
  await writeFile(path.join(outside, 'secret.txt'), canary);
  const backend = new FakeBackend();
  const token = newToken();
  const log: string[] = [];
  const server = await startWebServer({
    backend,
    rendererFolder,
    port: 0,
    token,
    roots: [],
    log: (line) => log.push(line),
    ...options,
  });
  onTestFinished(() => server.close());
  return { server, backend, token, bearer: { authorization: `Bearer ${token}` }, outside, log };
}

export interface Answer {
  status: number;
  headers: string;
  body: string;
}

/** Sends bytes as they are, and reads until the other side ends: no client library mends them on the way. */
export function sendRaw(port: number, text: string, waitMs = 5000): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    const chunks: Buffer[] = [];
    const done = (): void => {
      socket.destroy();
      const all = Buffer.concat(chunks).toString('latin1');
      const [headers = '', body = ''] = all.split('\r\n\r\n', 2);
      resolve({ status: Number(headers.split(' ')[1] ?? 0), headers: headers.toLowerCase(), body });
    };
    socket.setTimeout(waitMs, done);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      // An upgrade that was let in never ends by itself.
      if (Buffer.concat(chunks).toString('latin1').startsWith('HTTP/1.1 101')) done();
    });
    socket.on('end', done);
    socket.on('error', (error: NodeJS.ErrnoException) => (chunks.length > 0 ? done() : reject(error)));
  });
}

/** A request line with headers, as text. */
export function request(
  target: string,
  method: string,
  headers: readonly (readonly [string, string])[],
  body = '',
): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  if (body !== '') lines.push(`content-length: ${Buffer.byteLength(body)}`, 'content-type: application/json');
  return `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}${lines.length > 0 ? '\r\n' : ''}\r\n${body}`;
}

export const upgradeHeaders: readonly (readonly [string, string])[] = [
  ['connection', 'Upgrade'],
  ['upgrade', 'websocket'],
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];

/** Uses the launch address as a browser does. @returns the cookie to send from then on */
export async function launch(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'manual' });
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}
