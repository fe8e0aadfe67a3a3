import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraftError } from '../../contract/errors.ts';
import { asWriteError, renameDurably } from '../store/write-atomic.ts';
import { contentRange, lengthOf, validatorOf } from './answer-headers.ts';
import { ask, realNetwork, StallWatch, Trouble, type Answer, type Asking, type Network } from './ask.ts';
import { fileNameOf } from './file-name.ts';
import { Part, sizeOf, type PartRecord } from './part.ts';
import type { AddressTrust } from './web-address.ts';

/** A file on the web: where it is, what it is called here, and what it must be. */
export interface WantedFile {
  url: string;
  /** A plain name. */
  file: string;
  md5?: string;
  sha256?: string;
  trust: AddressTrust;
}

export interface DownloadOptions {
  signal?: AbortSignal;
  /** Bytes that are here, of how many; null while the server has not said it. A few times a second. */
  onProgress?: (receivedBytes: number, totalBytes: number | null) => void;
  network?: Network;
  /** A larger file is refused. */
  maxBytes?: number;
  /** Free space where a folder is, in bytes; null when nobody knows. */
  freeBytes?: (folder: string) => Promise<number | null>;
  /** Bytes that must still fit beside a file of so many; none where it is not said. */
  spareBytes?: (totalBytes: number) => number;
}

/** Where bytes come from, and how to tell that they are still those of the same file. */
export interface Source {
  /** Tells a person, and a later process, what this is. */
  url: string;
  /** What it is called here; as the server says where this is not said. */
  file?: string;
  /** Gets to the answer with the file in it. @throws Trouble */
  ask: (asking: Asking) => Promise<Answer>;
  md5?: string;
  sha256?: string;
  /** Its server is known to say no version of a file, so that the size must do. */
  continuesBySize?: boolean;
}

/** The largest weights have 1.4 GB. */
export const maxDownloadBytes = 3_000_000_000;
const maxAttempts = 100;
const progressEveryMs = 200;

/**
 * Downloads a file into a folder. What has come is kept in `<file>.part` when the connection is cut, and the next attempt,
 * in this process or a later one, goes on from there as long as the server's file is the same. The file gets its name only
 * when its checksum is right.
 *
 * @returns its path; the caller removes it after use
 * @throws download-failed, download-too-large, checksum-differs, disk-full, cannot-write; what `signal` was aborted with
 */
export async function downloadFile(wanted: WantedFile, folder: string, options: DownloadOptions = {}): Promise<string> {
  const target = path.join(folder, path.basename(wanted.file));
  if ((await sizeOf(target)) !== null) {
    // Left by a process that died before it used the file.
    if (hasChecksum(wanted) && (await checksumsDiffer(target, wanted, options.signal)) === null) return target;
    await rm(target, { force: true });
  }
  const source: Source = { ...wanted, ask: (asking) => ask(wanted.url, wanted.trust, asking) };
  const { file } = await downloadSource(source, target, options);
  return file;
}

/**
 * Downloads what a source gives; see `downloadFile`.
 *
 * @param stem where what has come is kept, as `<stem>.part`; nobody else may download to it meanwhile
 * @returns the file, `<stem>-<name>` where the server gives the name, and that name, which is a plain one
 * @throws as `downloadFile`, and what the source itself throws
 */
export async function downloadSource(
  source: Source,
  stem: string,
  options: DownloadOptions = {},
): Promise<{ file: string; name: string }> {
  const { network = realNetwork, signal: given = new AbortController().signal, onProgress = () => undefined } = options;
  const deadline = AbortSignal.timeout(network.maxDurationMs);
  const signal = AbortSignal.any([given, deadline]);
  const { maxBytes = maxDownloadBytes, freeBytes = freeBytesAt, spareBytes = () => 0 } = options;
  const receiving: Receiving = { network, signal, onProgress: seldom(onProgress), maxBytes, freeBytes, spareBytes };
  const part = new Part(stem);
  await mkdir(path.dirname(stem), { recursive: true }).catch((error: unknown) => {
    throw asWriteError(error, path.dirname(stem));
  });
  const saidName = await receiveAll(source, part, receiving).catch((error: unknown) => {
    if (given.aborted || !deadline.aborted) throw error;
    const problem = `it took longer than ${Math.round(network.maxDurationMs / 3_600_000)} h`;
    throw new GraftError('download-failed', { url: source.url, problem }, { cause: error });
  });
  const name = source.file ?? saidName;
  const target = source.file === undefined ? `${stem}-${name}` : stem;
  const wrong = await checksumsDiffer(part.file, source, given);
  if (wrong) {
    await part.discard();
    throw new GraftError('checksum-differs', { file: name, ...wrong });
  }
  await renameDurably(part.file, target).catch((error: unknown) => {
    throw asWriteError(error, target);
  });
  await part.discard();
  return { file: target, name };
}

/** Tries until all has come. @returns the name that the server has for it */
async function receiveAll(source: Source, part: Part, receiving: Receiving): Promise<string> {
  const { network, signal } = receiving;
  for (let failures = 0, attempt = 1; ; attempt++) {
    const sizeBefore = await part.size();
    try {
      return await receive(source, part, receiving);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof GraftError) throw error;
      if (!(error instanceof Trouble)) throw asWriteError(error, part.file);
      failures = (await part.size()) > sizeBefore ? 1 : failures + 1;
      if (!error.mayPass || failures > network.retryDelaysMs.length || attempt === maxAttempts)
        throw new GraftError('download-failed', { url: source.url, problem: error.message }, { cause: error });
      await sleep(network.retryDelaysMs[failures - 1], undefined, { signal });
    }
  }
}

type Receiving = Required<DownloadOptions>;

/** One attempt: asks for what is missing and writes it down as it comes. @returns the name. @throws Trouble; errors of writing */
async function receive(source: Source, part: Part, receiving: Receiving): Promise<string> {
  const { signal, network } = receiving;
  const record = await part.record();
  const have = mayContinue(record, source) ? await part.size() : 0;
  const watch = new StallWatch(signal, network.stallMs);
  try {
    const headers = new Headers({ 'accept-encoding': 'identity' }); // a packed answer could not be continued
    if (have > 0) headers.set('range', `bytes=${have}-`);
    if (have > 0 && record?.validator) headers.set('if-range', record.validator);
    const { response, url } = await source.ask({ headers, watch, network });
    const range = contentRange(response);
    const isSame = record !== null && have > 0 && isSameFile(record, response, range, source);
    if (response.status === 416 && isSame && range?.total === have) return record.name; // it was all here
    const isContinued = response.status === 206 && isSame && range?.start === have;
    if (response.status === 416 || (response.status === 206 && !isContinued)) {
      await response.body?.cancel();
      await part.discard();
      throw new Trouble('the server sent another part than was asked for', true);
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const mayPass = response.status >= 500 || response.status === 408 || response.status === 429;
      throw new Trouble(`the server answered ${response.status}`, mayPass);
    }
    const isPacked = !['identity', null].includes(response.headers.get('content-encoding'));
    const totalBytes = isContinued ? (range.total ?? record.totalBytes) : isPacked ? null : lengthOf(response);
    const name = isContinued ? record.name : fileNameOf(response.headers.get('content-disposition'), url);
    try {
      if (!isContinued) await part.begin(null); // its space counts as free
      await checkRoom(source, part, totalBytes, isContinued ? have : 0, receiving);
      if (!isContinued && !isPacked)
        await part.begin({ url: source.url, validator: validatorOf(response), totalBytes, name });
    } catch (error) {
      await response.body.cancel();
      throw error;
    }
    await writeBody(source, response.body, part, { start: isContinued ? have : 0, totalBytes }, watch, receiving);
    return name;
  } catch (error) {
    if (error instanceof GraftError && error.code === 'download-too-large') await part.discard();
    throw watch.isStalled ? new Trouble(`no data for ${Math.ceil(network.stallMs / 1000)} s`, true, error) : error;
  } finally {
    watch.end();
  }
}

/** A server that says no version of its file can only be trusted to go on where a checksum will tell, or a size is said to do. */
function mayContinue(record: PartRecord | null, source: Source): boolean {
  if (record?.url !== source.url) return false;
  const hasSize = source.continuesBySize === true && record.totalBytes !== null;
  return record.validator !== null || hasChecksum(source) || hasSize;
}

/** Not every server that knows ranges minds `if-range`; so what it says of the file is compared as well. */
function isSameFile(
  record: PartRecord,
  response: Response,
  range: ReturnType<typeof contentRange>,
  source: Source,
): boolean {
  const total = range?.total ?? null;
  if (record.totalBytes !== null && total !== null && record.totalBytes !== total) return false;
  const validator = validatorOf(response);
  const isETag = (text: string) => text.startsWith('"');
  if (validator !== null && record.validator !== null && isETag(validator) === isETag(record.validator))
    return validator === record.validator;
  return (
    record.validator !== null || hasChecksum(source) || (record.totalBytes !== null && record.totalBytes === total)
  );
}

const tooLarge = ({ url }: Source, maxBytes: number): GraftError =>
  new GraftError('download-too-large', { url, maxBytes });

/** @throws download-too-large, disk-full */
async function checkRoom(
  source: Source,
  part: Part,
  totalBytes: number | null,
  have: number,
  { maxBytes, freeBytes, spareBytes }: Receiving,
): Promise<void> {
  if (totalBytes === null) return;
  if (totalBytes > maxBytes) throw tooLarge(source, maxBytes);
  const folder = path.dirname(part.file);
  const free = await freeBytes(folder);
  if (free !== null && totalBytes - have + spareBytes(totalBytes) > free)
    throw new GraftError('disk-full', { path: folder });
}

async function freeBytesAt(folder: string): Promise<number | null> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return blocks === 0 ? null : bavail * bsize; // some file systems of networks say nothing
}

async function writeBody(
  source: Source,
  body: ReadableStream<Uint8Array>,
  part: Part,
  { start, totalBytes }: { start: number; totalBytes: number | null },
  watch: StallWatch,
  { maxBytes, onProgress }: Receiving,
): Promise<void> {
  const handle = await open(part.file, start > 0 ? 'r+' : 'w');
  const reader = body.getReader();
  let position = start;
  try {
    onProgress(position, totalBytes);
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new Trouble('the connection was cut', true, cause);
      });
      if (done) break;
      if (position + value.length > (totalBytes ?? maxBytes)) {
        if (totalBytes === null) throw tooLarge(source, maxBytes);
        throw new Trouble('more bytes came than the server said', false);
      }
      for (let written = 0; written < value.length;)
        written += (await handle.write(value, written, value.length - written, position + written)).bytesWritten;
      position += value.length;
      watch.sign();
      onProgress(position, totalBytes);
    }
    if (totalBytes !== null && position < totalBytes) throw new Trouble('the connection was cut', true);
    onProgress(position, position);
    await handle.sync();
  } finally {
    await reader.cancel().catch(() => undefined); // it may have failed already, which is what is told
    await handle.close();
  }
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
  const found = await digestOf(file, sha256 === undefined ? 'md5' : 'sha256', signal);
  return found === expected.toLowerCase() ? null : { expected, found };
}

/** The checksum of a file's bytes, in hexadecimal digits. */
export async function digestOf(file: string, algorithm: 'md5' | 'sha256', signal?: AbortSignal): Promise<string> {
  const hash = createHash(algorithm);
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20, signal })) hash.update(piece as Buffer);
  return hash.digest('hex');
}
