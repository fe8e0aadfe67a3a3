import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { GraftError } from '../../contract/errors.ts';
import { asWriteError, renameDurably, writeFileAtomic } from '../store/write-atomic.ts';
import { addressProblem, resolveHost, type AddressTrust, type Resolve } from './web-address.ts';

/** A file on the web: where it is, what it is called here, and what it must be. */
export interface WantedFile {
  url: string;
  /** A plain name. */
  file: string;
  md5?: string;
  sha256?: string;
  trust: AddressTrust;
}

/** The network, and how patient we are with it. */
export interface Network {
  fetch: typeof fetch;
  resolve: Resolve;
  /** Without a byte for this long the connection counts as dead. */
  stallMs: number;
  /** Pauses before each further attempt; attempts that brought something do not count. */
  retryDelaysMs: readonly number[];
}
export const realNetwork: Network = {
  fetch: (...request) => fetch(...request),
  resolve: resolveHost,
  stallMs: 30_000,
  retryDelaysMs: [500, 1500, 4000],
};

export interface DownloadOptions {
  signal?: AbortSignal;
  /** Bytes that are here, of how many; null while the server has not said it. A few times a second. */
  onProgress?: (receivedBytes: number, totalBytes: number | null) => void;
  network?: Network;
}

/** The largest weights have 1.4 GB. */
export const maxDownloadBytes = 3_000_000_000;
const maxRedirects = 5;
const maxAttempts = 100;
const progressEveryMs = 200;

/**
 * Downloads a file into a folder. What has come is kept in `<file>.part` when the connection is cut, and the next attempt,
 * in this process or a later one, goes on from there as long as the server's file is the same. The file gets its name only
 * when its checksum is right.
 *
 * @returns its path; the caller removes it after use
 * @throws download-failed, checksum-differs, disk-full, cannot-write; what `signal` was aborted with
 */
export async function downloadFile(
  wanted: WantedFile,
  folder: string,
  { signal = new AbortController().signal, onProgress = () => undefined, network = realNetwork }: DownloadOptions = {},
): Promise<string> {
  const target = path.join(folder, path.basename(wanted.file));
  const part = new Part(target);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw asWriteError(error, folder);
  });
  if ((await sizeOf(target)) !== null) {
    // Left by a process that died before it used the file.
    if (hasChecksum(wanted) && (await checksumsDiffer(target, wanted, signal)) === null) return target;
    await rm(target, { force: true });
  }
  for (let failures = 0, attempt = 1; ; attempt++) {
    const sizeBefore = await part.size();
    try {
      await receive(wanted, part, { signal, onProgress: seldom(onProgress), network });
      break;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof GraftError) throw error;
      if (!(error instanceof Trouble)) throw asWriteError(error, target);
      failures = (await part.size()) > sizeBefore ? 1 : failures + 1;
      if (!error.mayPass || failures > network.retryDelaysMs.length || attempt === maxAttempts)
        throw new GraftError('download-failed', { url: wanted.url, problem: error.message }, { cause: error });
      await sleep(network.retryDelaysMs[failures - 1], undefined, { signal });
    }
  }
  const wrong = await checksumsDiffer(part.file, wanted, signal);
  if (wrong) {
    await part.discard();
    throw new GraftError('checksum-differs', { file: wanted.file, ...wrong });
  }
  await renameDurably(part.file, target).catch((error: unknown) => {
    throw asWriteError(error, target);
  });
  await part.discard();
  return target;
}

/** Something between here and there went wrong. `mayPass`: another attempt may go better. */
class Trouble extends Error {
  readonly mayPass: boolean;
  constructor(problem: string, mayPass: boolean, cause?: unknown) {
    super(problem, { cause });
    this.mayPass = mayPass;
  }
}

const PartRecord = z.object({ url: z.string(), validator: z.string().nullable() });

/** What has come of a file so far, and beside it which version of the file it is of. */
class Part {
  readonly file: string;
  readonly #record: string;
  constructor(target: string) {
    this.file = `${target}.part`;
    this.#record = `${target}.part.json`;
  }
  async size(): Promise<number> {
    return (await sizeOf(this.file)) ?? 0;
  }
  async record(): Promise<z.infer<typeof PartRecord> | null> {
    const text = await readFile(this.#record, 'utf8').catch(() => '');
    try {
      return PartRecord.parse(JSON.parse(text));
    } catch {
      return null; // without it the part is of no use, and comes anew
    }
  }
  async begin(record: z.infer<typeof PartRecord> | null): Promise<void> {
    await this.discard();
    if (record) await writeFileAtomic(this.#record, JSON.stringify(record));
  }
  async discard(): Promise<void> {
    await Promise.all([this.file, this.#record].map((file) => rm(file, { force: true })));
  }
}

type Receiving = Required<DownloadOptions>;

/** One attempt: asks for what is missing and writes it down as it comes. @throws Trouble; errors of writing */
async function receive(wanted: WantedFile, part: Part, { signal, onProgress, network }: Receiving): Promise<void> {
  const record = await part.record();
  // A server that says no version of its file can only be trusted to go on where a checksum will tell.
  const mayResume = record?.url === wanted.url && (record.validator !== null || hasChecksum(wanted));
  const have = mayResume ? await part.size() : 0;
  const watch = new StallWatch(signal, network.stallMs);
  try {
    const headers = new Headers({ 'accept-encoding': 'identity' }); // a packed answer could not be continued
    if (have > 0) headers.set('range', `bytes=${have}-`);
    if (have > 0 && record?.validator) headers.set('if-range', record.validator);
    const response = await ask(wanted, headers, watch.signal, network);
    const range = contentRange(response);
    if (response.status === 416 && have > 0 && range?.total === have) return; // it was all here
    const isContinued = response.status === 206 && have > 0 && range?.start === have;
    if (response.status === 416 || (response.status === 206 && !isContinued)) {
      await part.discard();
      throw new Trouble('the server sent another part than was asked for', true);
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const mayPass = response.status >= 500 || response.status === 408 || response.status === 429;
      throw new Trouble(`the server answered ${response.status}`, mayPass);
    }
    const isPacked = !['identity', null].includes(response.headers.get('content-encoding'));
    const total = isContinued ? range.total : isPacked ? null : lengthOf(response);
    if (total !== null && total > maxDownloadBytes) {
      await response.body.cancel();
      throw new Trouble(`it has ${total} bytes, and no weights have more than ${maxDownloadBytes}`, false);
    }
    if (!isContinued) await part.begin(isPacked ? null : { url: wanted.url, validator: validatorOf(response) });
    await writeBody(response.body, part, isContinued ? have : 0, total, watch, onProgress);
  } catch (error) {
    throw watch.isStalled ? new Trouble(`no data for ${Math.ceil(network.stallMs / 1000)} s`, true, error) : error;
  } finally {
    watch.end();
  }
}

async function writeBody(
  body: ReadableStream<Uint8Array>,
  part: Part,
  start: number,
  total: number | null,
  watch: StallWatch,
  onProgress: Receiving['onProgress'],
): Promise<void> {
  const handle = await open(part.file, start > 0 ? 'r+' : 'w');
  const reader = body.getReader();
  let position = start;
  try {
    onProgress(position, total);
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new Trouble('the connection was cut', true, cause);
      });
      if (done) break;
      if (position + value.length > (total ?? maxDownloadBytes))
        throw new Trouble('more bytes came than the server said', false);
      for (let written = 0; written < value.length;)
        written += (await handle.write(value, written, value.length - written, position + written)).bytesWritten;
      position += value.length;
      watch.sign();
      onProgress(position, total);
    }
    if (total !== null && position < total) throw new Trouble('the connection was cut', true);
    onProgress(position, position);
    await handle.sync();
  } finally {
    await reader.cancel().catch(() => undefined); // it may have failed already, which is what is told
    await handle.close();
  }
}

/** Asks, and follows redirects as far as they are decent. */
async function ask(wanted: WantedFile, headers: Headers, signal: AbortSignal, network: Network): Promise<Response> {
  if (!URL.canParse(wanted.url)) throw new Trouble('it is not an address', false);
  const first = new URL(wanted.url);
  let url = first;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const problem = await addressProblem(url, first, wanted.trust, network.resolve).catch(passing);
    if (problem !== null) throw new Trouble(problem, false);
    const response = await network.fetch(url.href, { headers, signal, redirect: 'manual' }).catch(passing);
    if (![301, 302, 303, 307, 308].includes(response.status)) return response;
    await response.body?.cancel();
    const location = response.headers.get('location') ?? '';
    if (!URL.canParse(location, url.href)) throw new Trouble('it leads to something that is not an address', false);
    url = new URL(location, url);
  }
  throw new Trouble('it leads from one address to the next without end', false);
}

/** A failure of the network, told by its code. */
function passing(error: unknown): never {
  const { code, cause } = error as { code?: string; cause?: { code?: string; message?: string } };
  throw new Trouble(cause?.code ?? code ?? cause?.message ?? 'no connection', true, error);
}

/** Ends a request that has been silent for too long. */
class StallWatch {
  readonly signal: AbortSignal;
  readonly #stall = new AbortController();
  readonly #timer: NodeJS.Timeout;
  constructor(signal: AbortSignal, stallMs: number) {
    this.signal = AbortSignal.any([signal, this.#stall.signal]);
    this.#timer = setTimeout(() => this.#stall.abort(), stallMs);
  }
  get isStalled(): boolean {
    return this.#stall.signal.aborted;
  }
  /** A sign of life. */
  sign(): void {
    if (!this.isStalled) this.#timer.refresh();
  }
  end(): void {
    clearTimeout(this.#timer);
  }
}

/** What makes sure that a later part is of the same version: a strong ETag, else the time of change. */
function validatorOf({ headers }: Response): string | null {
  const etag = headers.get('etag');
  return etag?.startsWith('"') ? etag : headers.get('last-modified');
}

function lengthOf({ headers }: Response): number | null {
  const length = headers.get('content-length');
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

function contentRange({ headers }: Response): { start: number | null; total: number | null } | null {
  const found = /^bytes (?:(\d{1,15})-\d+|\*)\/(?:(\d{1,15})|\*)$/.exec(headers.get('content-range') ?? '');
  const number = (text: string | undefined) => (text === undefined ? null : Number(text));
  return found && { start: number(found[1]), total: number(found[2]) };
}

/** Passes on the first report and then one in a while, the last ones included. */
function seldom(report: Receiving['onProgress']): Receiving['onProgress'] {
  let lastAt = -Infinity;
  return (receivedBytes, totalBytes) => {
    const now = performance.now();
    if (now - lastAt < progressEveryMs && receivedBytes !== totalBytes) return;
    lastAt = now;
    report(receivedBytes, totalBytes);
  };
}

const hasChecksum = ({ md5, sha256 }: Pick<WantedFile, 'md5' | 'sha256'>): boolean => (sha256 ?? md5) !== undefined;

/** Null when a file has the checksum that it should have, or none is known. SHA-256 goes before MD5. */
export async function checksumsDiffer(
  file: string,
  { md5, sha256 }: Pick<WantedFile, 'md5' | 'sha256'>,
  signal?: AbortSignal,
): Promise<{ expected: string; found: string } | null> {
  const expected = sha256 ?? md5;
  if (expected === undefined) return null;
  const hash = createHash(sha256 === undefined ? 'md5' : 'sha256');
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20, signal })) hash.update(piece as Buffer);
  const found = hash.digest('hex');
  return found === expected.toLowerCase() ? null : { expected, found };
}

async function sizeOf(file: string): Promise<number | null> {
  return (await stat(file).catch(() => null))?.size ?? null;
}
