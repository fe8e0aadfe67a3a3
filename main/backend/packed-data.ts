import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import type { SkippedFile } from '../../contract/dataset.ts';
import { isGraftError } from '../../contract/errors.ts';
import type { Network } from '../dataset/ask.ts';
import { checksumsDiffer, digestOf } from '../dataset/download.ts';
import { downloadLink } from '../dataset/link.ts';
import type { PackedSource } from '../dataset/manifest.ts';
import { archiveHeaderBytes, archiveKind, unpackLimits, type Unpacked } from '../dataset/unpack.ts';
import { asWriteError, renameDurably } from '../store/write-atomic.ts';
import type { UnpackJob } from '../workers/media.ts';
import type { WorkerHost } from '../workers/host.ts';
import { toldByName } from './told-by-name.ts';

/** How far a data set is on its way. */
export interface Transfer {
  phase: 'downloading' | 'unpacking';
  receivedBytes: number;
  totalBytes: number | null;
}

export interface BringOptions {
  signal: AbortSignal;
  onTransfer: (transfer: Transfer) => void;
  /** Of the archive that a link brought before. */
  archiveSha256: string | null;
  /** Told of the archive that a link brought, before it is unpacked. */
  onArchive: (sha256: string) => Promise<void>;
  newMedia: () => WorkerHost;
  network?: Network | undefined;
  /** Free space where a folder is, in bytes; null when nobody knows. */
  freeBytes?: (folder: string) => Promise<number | null>;
}

/** What came of it. */
export interface Brought {
  /** The archive's name without its ending, as its server has it; null where nothing new was learned. */
  name: string | null;
  /** Null where nothing was unpacked now. */
  left: { files: SkippedFile[]; numLeft: number } | null;
}

/** Folder of the pictures, in the folder of a data set. */
export const filesIn = (folder: string): string => path.join(folder, 'files');
const downloadsIn = (folder: string): string => path.join(folder, 'download');
const uploadIn = (folder: string): string => path.join(downloadsIn(folder), 'archive');

/**
 * Brings the files of an archive into the folder of a data set: downloads where they come by a link, unpacks, and takes the
 * copy away. What an earlier attempt has brought is used. The files are there whole or not at all.
 *
 * @param folder of the data set, in Graft's own place; its `files` must not stand there yet
 * @throws what `downloadLink` and `unpackArchive` throw
 */
export async function bringPacked(source: PackedSource, folder: string, options: BringOptions): Promise<Brought> {
  const { signal, onTransfer, newMedia } = options;
  const files = filesIn(folder);
  const isOther = source.kind === 'link' && source.sha256 !== null && source.sha256 !== options.archiveSha256;
  if (existsSync(files)) {
    if (!isOther) return { name: null, left: null };
    await renameDurably(files, `${files}.part-other`); // nobody knows of what archive they are
  }
  for (const name of await readdir(folder).catch(() => [] as string[]))
    if (name.startsWith('files.part-')) await rm(path.join(folder, name), { recursive: true, force: true });

  let archive: ArchiveFile;
  if (source.kind === 'link') archive = await downloaded(source, folder, options);
  else if (source.kind === 'archive') archive = { file: source.file, name: path.basename(source.file) };
  else archive = { file: uploadIn(folder), name: '' };

  const media = newMedia();
  try {
    const job: UnpackJob = { file: archive.file, folder: files };
    const { left, numLeft } = await media.call<Unpacked>('unpack', job, {
      signal,
      onProgress: (raw) => {
        const { done, total } = raw as { done: number; total: number };
        onTransfer({ phase: 'unpacking', receivedBytes: done, totalBytes: total });
      },
    });
    await rm(downloadsIn(folder), { recursive: true, force: true });
    return {
      name: source.kind === 'upload' ? null : nameOfArchive(archive.name),
      left: {
        files: left.map((entry) => ({ path: entry.path, reason: 'left-in-archive', detail: entry.reason })),
        numLeft,
      },
    };
  } catch (error) {
    // What is no archive will not become one; what only failed is there for the next attempt.
    if (source.kind === 'link' && isHopeless(error)) await rm(downloadsIn(folder), { recursive: true, force: true });
    throw source.kind === 'archive' ? error : toldByName(error, archive.file, archive.name);
  } finally {
    media.close();
  }
}

/** An archive on this disk, and what it is called where it comes from. */
interface ArchiveFile {
  file: string;
  name: string;
}

/** The archive behind a link: from an earlier attempt, or downloaded now. Its checksum is told. */
async function downloaded(
  { url, sha256 }: PackedSource & { kind: 'link' },
  folder: string,
  { signal, onTransfer, onArchive, network, freeBytes }: BringOptions,
): Promise<ArchiveFile> {
  const archive =
    (await downloadedBefore(folder, sha256, signal)) ??
    (await downloadLink(url, downloadsIn(folder), {
      signal,
      onProgress: (receivedBytes, totalBytes) => onTransfer({ phase: 'downloading', receivedBytes, totalBytes }),
      spareBytes: (totalBytes) => totalBytes + unpackLimits.minFreeBytes, // pictures are as large unpacked
      ...(sha256 !== null && { sha256 }),
      ...(network && { network }),
      ...(freeBytes && { freeBytes }),
    }));
  await onArchive(sha256 ?? (await digestOf(archive.file, 'sha256', signal)));
  return archive;
}

/** Is it the archive that is wrong, and not the disk that it lies on? */
function isHopeless(error: unknown): boolean {
  if (!isGraftError(error) || !/^archive-/.test(error.code)) return false;
  return !['no-space', 'not-readable'].includes((error.params as { problem: string }).problem);
}

/** What an earlier attempt downloaded whole, as it was cut off while unpacking: only such a file has no ending of a part. */
async function downloadedBefore(
  folder: string,
  sha256: string | null,
  signal: AbortSignal,
): Promise<ArchiveFile | null> {
  const names = await readdir(downloadsIn(folder)).catch(() => [] as string[]);
  const whole = names.find((name) => !/\.part(\.json)?$|\.tmp$/.test(name));
  if (whole === undefined) return null;
  const file = path.join(downloadsIn(folder), whole);
  // The person may have said only now what it must be.
  if (sha256 !== null && (await checksumsDiffer(file, { sha256 }, signal)) !== null) {
    await rm(file, { force: true });
    return null;
  }
  return { file, name: whole.replace(/^[0-9a-f]{12}-/, '') };
}

/** Makes the empty file for the pieces of an archive. @throws disk-full, cannot-write */
export async function beginPieces(folder: string): Promise<void> {
  const file = uploadIn(folder);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await (await open(file, 'wx')).close();
  } catch (error) {
    throw asWriteError(error, file);
  }
}

/** How many bytes lie there of an archive that comes in pieces. */
export async function bytesOfPieces(folder: string): Promise<number> {
  return (await stat(uploadIn(folder)).catch(() => null))?.size ?? 0;
}

/**
 * Keeps a piece of an archive that a browser sends. A piece may come twice: its answer may have been lost.
 *
 * @param signal ends it, also while nothing comes
 * @returns where the next piece begins, in bytes
 * @throws disk-full, cannot-write; what breaks off the bytes; an AbortError
 */
export async function receivePiece(
  folder: string,
  offset: number,
  bytes: Readable,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const file = uploadIn(folder);
  const handle = await open(file, 'r+').catch((error: unknown) => {
    throw asWriteError(error, file);
  });
  let at = offset;
  try {
    for await (const chunk of addAbortSignal(signal, bytes) as AsyncIterable<Buffer>)
      for (let done = 0; done < chunk.length;) {
        const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, at);
        done += bytesWritten;
        at += bytesWritten;
      }
    await handle.datasync(); // what is told as come is not asked for again, whatever happens
  } catch (error) {
    throw isGraftError(error) ? error : asWriteError(error, file);
  } finally {
    await handle.close();
  }
  return at;
}

/** Whether a path is of a file that is an archive, or is called one: what is wrong with it is then said of an archive. */
export async function isArchiveFile(file: string): Promise<boolean> {
  if (!(await stat(file).catch(() => null))?.isFile()) return false;
  if (archiveEnding.test(file)) return true;
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return false;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(archiveHeaderBytes), 0, archiveHeaderBytes, 0);
    return archiveKind(buffer.subarray(0, bytesRead)) !== null;
  } finally {
    await handle.close();
  }
}

/** Id and name of the data set in an archive: the same file is the same data set as long as it is unchanged. */
export async function archiveFacts(file: string): Promise<{ key: string; name: string }> {
  const { size, mtimeMs } = await stat(file);
  return { key: JSON.stringify([file, size, mtimeMs]), name: nameOfArchive(path.basename(file)) };
}

export const nameOfArchive = (name: string): string => name.replace(archiveEnding, '').slice(0, 200) || 'archive';
/** What the names of archives that Graft unpacks end in. */
export const archiveEnding = /\.(zip|tar|tgz|tar\.gz)$/i;
