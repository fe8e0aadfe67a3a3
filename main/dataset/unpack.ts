import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, rm, statfs, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { GraftError, isGraftError } from '../../contract/errors.ts';
import { asWriteError, renameDurably } from '../store/write-atomic.ts';
import { archiveHeaderBytes, archiveKind } from './archive-kind.ts';
import { unpackTar } from './tar.ts';
import { UnpackTarget, unpackLimits, type LeftEntry, type UnpackLimits } from './unpack-target.ts';
import { unpackZip, type ReportBytes } from './zip.ts';

export { archiveHeaderBytes, archiveKind, type ArchiveKind } from './archive-kind.ts';
export { unpackLimits, type LeftEntry, type UnpackLimits } from './unpack-target.ts';

export interface UnpackOptions {
  signal?: AbortSignal | undefined;
  /** Told ten times a second at most, and at the end: bytes of the archive. */
  onProgress?: ((numDone: number, numTotal: number) => void) | undefined;
  limits?: Partial<UnpackLimits> | undefined;
}

export interface Unpacked {
  numFiles: number;
  numBytes: number;
  /** What stayed in the archive, a thousand of them at most; the system's own files are not among them. */
  left: LeftEntry[];
  numLeft: number;
}

const progressMs = 100;
const readBytes = 256 * 1024;

/**
 * Unpacks an archive of others, ZIP, TAR or TAR.GZ, into a folder that does not exist yet: whole or not at all. Nothing
 * is written anywhere else, no link is made, nothing inside it is unpacked in turn.
 *
 * @param folder stands there, complete, when this is done; until then, its files are in one beside it
 * @throws archive-refused when the archive tries to escape or costs more than `limits`
 * @throws archive-damaged, path-not-found, out-not-empty, disk-full, cannot-write; the signal's reason
 */
export async function unpackArchive(file: string, folder: string, options: UnpackOptions = {}): Promise<Unpacked> {
  options.signal?.throwIfAborted();
  const handle = await openArchive(file);
  try {
    await expectNothing(folder);
    const part = `${folder}.part-${randomBytes(6).toString('hex')}`;
    try {
      await mkdir(path.dirname(folder), { recursive: true });
      await mkdir(part, { mode: 0o755 });
      const { bavail, bsize } = await statfs(part);
      const limits = { ...unpackLimits, ...options.limits };
      const target = new UnpackTarget(file, folder, part, bavail * bsize, limits);
      await unpackInto(handle, file, target, options);
      options.signal?.throwIfAborted();
      await expectNothing(folder);
      await renameDurably(part, folder);
      const { numFiles, numBytes, left, numLeft } = target;
      return { numFiles, numBytes, left, numLeft };
    } catch (error) {
      // The first failure is the one to tell.
      await rm(part, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
      throw options.signal?.aborted ? error : asWriteError(error, folder);
    }
  } finally {
    await handle.close();
  }
}

async function openArchive(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file, 'r');
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new GraftError('path-not-found', { path: file }, { cause: error });
    throw new GraftError('archive-damaged', { path: file, problem: 'not-readable' }, { cause: error });
  }
  throw new GraftError('archive-damaged', { path: file, problem: 'not-an-archive' });
}

/** @throws out-not-empty when there is something, be it a link to nothing */
async function expectNothing(folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => null);
  if (found) throw new GraftError('out-not-empty', { path: folder });
}

async function unpackInto(
  handle: FileHandle,
  file: string,
  target: UnpackTarget,
  { signal, onProgress }: UnpackOptions,
): Promise<void> {
  const { size } = await handle.stat();
  const header = Buffer.alloc(archiveHeaderBytes);
  const { bytesRead } = await handle.read(header, 0, header.length, 0);
  const kind = archiveKind(header.subarray(0, bytesRead));
  if (kind === null) throw new GraftError('archive-damaged', { path: file, problem: 'not-an-archive' });
  const report = throttled(onProgress);
  if (kind === 'zip') await unpackZip(handle, size, target, report, signal);
  else {
    const bytes = readAll(handle, size, target, report, signal);
    await unpackTar(kind === 'tar' ? bytes : gunzipped(bytes, target, signal), target);
  }
  onProgress?.(size, size);
}

/** Passes on one report in a tenth of a second. */
function throttled(onProgress: UnpackOptions['onProgress']): ReportBytes {
  let next = 0;
  return (numDone, numTotal) => {
    const now = performance.now();
    if (!onProgress || now < next) return;
    next = now + progressMs;
    onProgress(numDone, numTotal);
  };
}

/** The whole file, piece by piece. */
async function* readAll(
  handle: FileHandle,
  size: number,
  target: UnpackTarget,
  report: ReportBytes,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    signal?.throwIfAborted();
    const buffer = Buffer.allocUnsafe(readBytes);
    const { bytesRead } = await handle
      .read(buffer, 0, buffer.length, at)
      .catch((error: unknown) => target.damaged('not-readable', error));
    if (bytesRead === 0) return;
    report((at += bytesRead), size);
    yield buffer.subarray(0, bytesRead);
  }
}

/** Inflates to the very end: what follows the last file still counts, and the checksum stands there. */
async function* gunzipped(
  packed: AsyncIterable<Buffer>,
  target: UnpackTarget,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  pipeline(Readable.from(packed), gunzip, () => undefined); // what fails is thrown by the loop
  let numBytes = 0;
  try {
    for await (const chunk of gunzip) {
      signal?.throwIfAborted();
      numBytes += (chunk as Buffer).length;
      target.expectTotal(numBytes);
      target.expectRatio(numBytes, gunzip.bytesWritten);
      yield chunk as Buffer;
    }
  } catch (error) {
    if (isGraftError(error) || signal?.aborted) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    target.damaged(code === 'Z_BUF_ERROR' ? 'cut-off' : 'corrupt', error);
  } finally {
    gunzip.destroy();
  }
}
