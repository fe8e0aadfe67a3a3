import type { FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { fromRandomAccessReaderPromise, type Entry, type ZipFile } from 'yauzl';
import { isGraftError } from '../../contract/errors.ts';
import { decodeZipName } from './archive-names.ts';
import type { EntryKind, UnpackTarget } from './unpack-target.ts';
import { createBreather } from './walk.ts';
import { ZipReader } from './zip-reader.ts';

/** What is kept of an entry until its turn comes. */
interface ZipItem {
  /** Null when it stays in the archive; its bytes may still be nobody else's. */
  path: string | null;
  isFolder: boolean;
  entry: Pick<
    Entry,
    'relativeOffsetOfLocalHeader' | 'compressedSize' | 'uncompressedSize' | 'compressionMethod' | 'crc32'
  >;
  mtimeMs: number;
}

/** Reports how far into the archive one is, in bytes. */
export type ReportBytes = (numDone: number, numTotal: number) => void;

const localHeaderBytes = 30;
/** Both headers of an entry. */
const minEntryBytes = localHeaderBytes + 46;
const centralSignature = 0x02014b50;
const deflated = 8;

/**
 * Unpacks a ZIP. All entries are judged before the first byte is written; then files are written in the order of their
 * bytes.
 *
 * @throws archive-refused, archive-damaged, disk-full, cannot-write; the signal's reason
 */
export async function unpackZip(
  handle: FileHandle,
  sizeBytes: number,
  target: UnpackTarget,
  report: ReportBytes,
  signal?: AbortSignal,
): Promise<void> {
  const reader = new ZipReader(handle, sizeBytes);
  try {
    const zip = await fromRandomAccessReaderPromise(reader, sizeBytes, { autoClose: false, decodeStrings: false });
    const items = await readDirectory(zip, reader, target, signal);
    await writeItems(zip, reader, items, target, report, signal);
  } catch (error) {
    if (isGraftError(error) || signal?.aborted) throw error;
    target.damaged(problemOf(error), error);
  }
}

/** Reads and judges all entries, sorted by the place of their bytes. */
async function readDirectory(
  zip: ZipFile,
  reader: ZipReader,
  target: UnpackTarget,
  signal: AbortSignal | undefined,
): Promise<ZipItem[]> {
  target.expectEntries(zip.entryCount);
  const breathe = createBreather(signal);
  const items: ZipItem[] = [];
  let numDeclared = 0;
  for await (const entry of zip.eachEntry()) {
    await breathe();
    const item = judge(entry, target);
    items.push(item);
    if (item.path !== null && !item.isFolder) target.expectTotal((numDeclared += entry.uncompressedSize));
    if (zip.entriesRead === zip.entryCount && (await goesOn(zip, reader))) zip.entryCount++;
  }
  items.sort((a, b) => a.entry.relativeOffsetOfLocalHeader - b.entry.relativeOffsetOfLocalHeader);
  for (const [index, { entry }] of items.entries())
    expectBefore(entry.relativeOffsetOfLocalHeader + localHeaderBytes + entry.compressedSize, items[index + 1], target);
  return items;
}

/** Some programs write more than 65,535 entries and 16 bits of their number: the pictures beyond count too. */
async function goesOn(zip: ZipFile, reader: ZipReader): Promise<boolean> {
  if (zip.fileSize < 0x10000 * minEntryBytes) return false;
  const next = Buffer.alloc(4);
  let at = 0;
  for await (const piece of reader.range(Number(zip.readEntryCursor), 4)) at += piece.copy(next, at);
  return next.readUInt32LE() === centralSignature;
}

function judge(entry: Entry, target: UnpackTarget): ZipItem {
  const name = decodeZipName(entry.fileNameRaw, entry.generalPurposeBitFlag, entry.extraFields);
  const { relativeOffsetOfLocalHeader, compressedSize, uncompressedSize, compressionMethod } = entry;
  const item: ZipItem = {
    path: null,
    isFolder: false,
    entry: { relativeOffsetOfLocalHeader, compressedSize, uncompressedSize, compressionMethod, crc32: entry.crc32 },
    mtimeMs: 0,
  };
  const admitted = target.admit(name, kindOf(entry.externalFileAttributes));
  if (!admitted) return item;
  if (admitted.isFolder) return { ...item, ...admitted };
  if (entry.isEncrypted()) target.damaged('encrypted');
  if (!entry.canDecodeFileData()) target.damaged('method');
  target.expectFile(uncompressedSize, name);
  target.expectRatio(uncompressedSize, compressedSize, name);
  return { ...item, path: admitted.path, mtimeMs: entry.getLastModDate().getTime() };
}

/** The type in the upper half, where Unix programs put the mode; zero where others pack. */
function kindOf(externalFileAttributes: number): EntryKind {
  const type = (externalFileAttributes >>> 28) & 0xf;
  if (type === 0o04) return 'folder';
  if (type === 0o12) return 'link';
  return type === 0 || type === 0o10 ? 'file' : 'device';
}

async function writeItems(
  zip: ZipFile,
  reader: ZipReader,
  items: readonly ZipItem[],
  target: UnpackTarget,
  report: ReportBytes,
  signal: AbortSignal | undefined,
): Promise<void> {
  let numPacked = 0;
  const readCompressed = async function* (start: number, length: number): AsyncGenerator<Buffer> {
    let at = start;
    for await (const piece of reader.range(start, length)) {
      signal?.throwIfAborted();
      yield piece;
      numPacked += piece.length;
      report((at += piece.length), zip.fileSize);
    }
  };
  for (const [index, { path, isFolder, entry, mtimeMs }] of items.entries()) {
    signal?.throwIfAborted();
    if (path !== null && isFolder) await target.makeFolder(path);
    if (path === null || isFolder) continue;
    const start = await dataStart(zip, entry as Entry);
    expectBefore(start + entry.compressedSize, items[index + 1], target);
    const packed = readCompressed(start, entry.compressedSize);
    const content = checked(entry.compressionMethod === deflated ? inflated(packed) : packed, entry, target, path);
    await target.write(path, content, mtimeMs);
    target.expectRatio(target.numBytes, numPacked);
  }
}

function dataStart(zip: ZipFile, entry: Entry): Promise<number> {
  return new Promise((resolve, reject) => {
    zip.readLocalFileHeader(entry, { minimal: true }, (error, header) => {
      if (error) reject(error);
      else resolve(header.fileDataStart);
    });
  });
}

/** Two files over the same bytes are how a small archive becomes a large one without a high ratio. */
function expectBefore(end: number, next: ZipItem | undefined, target: UnpackTarget): void {
  if (next && end > next.entry.relativeOffsetOfLocalHeader) target.refuse('overlap', next.path ?? '');
}

async function* inflated(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw({ chunkSize: 64 * 1024 });
  pipeline(Readable.from(packed), inflate, () => undefined); // what fails is thrown by the loop
  try {
    for await (const chunk of inflate) yield chunk as Buffer;
  } finally {
    inflate.destroy();
  }
}

/** Passes on bytes that are as many as declared, and no others. */
async function* checked(
  content: AsyncIterable<Buffer>,
  entry: ZipItem['entry'],
  target: UnpackTarget,
  path: string,
): AsyncGenerator<Buffer> {
  let numBytes = 0;
  let sum = 0;
  for await (const chunk of content) {
    numBytes += chunk.length;
    target.expectRatio(numBytes, entry.compressedSize, path);
    if (numBytes > entry.uncompressedSize) target.damaged('sizes');
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (numBytes !== entry.uncompressedSize) target.damaged('sizes');
  if (sum !== entry.crc32) target.damaged('corrupt');
}

/** yauzl and zlib tell what is wrong in words; these are those of yauzl 3.4.0. */
function problemOf(error: unknown): 'split' | 'encrypted' | 'cut-off' | 'sizes' | 'corrupt' {
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith('multi-disk')) return 'split';
  if (message.startsWith('strong encryption')) return 'encrypted';
  if (/^(End of central directory|unexpected (EOF|end of file)|file data overflows|Invalid comment)/i.test(message))
    return 'cut-off';
  return message.startsWith('compressed/uncompressed size mismatch') ? 'sizes' : 'corrupt';
}
