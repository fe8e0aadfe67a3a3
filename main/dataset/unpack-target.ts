import { mkdir, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { GraftError, type ErrorParams } from '../../contract/errors.ts';
import { asWriteError } from '../store/write-atomic.ts';
import { isPacked } from './archive-kind.ts';
import { judgeName, type LeftReason } from './archive-names.ts';
import { MAX_LISTED, toldPath } from './upload-path.ts';

/** What an archive may cost. */
export interface UnpackLimits {
  /** Files and folders, those passed over among them. */
  maxEntries: number;
  /** Bytes of one file. */
  maxFileBytes: number;
  maxTotalBytes: number;
  /** Bytes of the disk that stay free. */
  minFreeBytes: number;
  /** Bytes that come out for each that went in, once there are `freeRatioBytes` of them. */
  maxRatio: number;
  freeRatioBytes: number;
}

export const unpackLimits: UnpackLimits = {
  maxEntries: 200_000,
  maxFileBytes: 256 * 2 ** 20,
  maxTotalBytes: 20 * 2 ** 30,
  minFreeBytes: 2 * 2 ** 30,
  maxRatio: 200, // photographs stay below 1.1, drawings below 50; deflate ends at 1032
  freeRatioBytes: 10 * 2 ** 20,
};

/** Something of the archive that was left in it. */
export interface LeftEntry {
  path: string;
  reason: LeftReason;
}

/** What an entry is by the archive's word: its type, not its name. */
export type EntryKind = 'file' | 'folder' | 'link' | 'device' | 'other';
type Refusal = ErrorParams<'archive-refused'>['problem'];

/** Characters of all names together, which stay in memory: ten times those of 200,000 pictures. */
const maxNameLength = 2 ** 26;
const earliestMs = Date.UTC(1980, 0, 2); // the zero of ZIP, in any time zone
const dayMs = 86_400_000;

/** A folder that an archive is unpacked into: judges names, counts bytes, and writes what may be written. */
export class UnpackTarget {
  readonly left: LeftEntry[] = [];
  numLeft = 0;
  numFiles = 0;
  numBytes = 0;
  readonly limits: UnpackLimits;
  readonly #archive: string;
  readonly #destination: string;
  readonly #folder: string;
  readonly #freeBytes: number;
  /** Names that are taken, folded as file systems do that tell no case; folders end in a slash. */
  readonly #taken = new Map<string, string>();
  readonly #made = new Set<string>();
  #numEntries = 0;
  #nameLength = 0;

  /**
   * @param archive the archive's path, for errors
   * @param destination the folder's path when all is done, for errors
   * @param folder where to write; exists, empty, and nobody else's
   * @param freeBytes free space of its disk
   */
  constructor(archive: string, destination: string, folder: string, freeBytes: number, limits: UnpackLimits) {
    this.#archive = archive;
    this.#destination = destination;
    this.#folder = folder;
    this.#freeBytes = freeBytes;
    this.limits = limits;
  }

  refuse(problem: Refusal, entry = ''): never {
    throw new GraftError('archive-refused', { path: this.#archive, entry: toldPath(entry), problem });
  }

  damaged(problem: ErrorParams<'archive-damaged'>['problem'], cause?: unknown): never {
    throw new GraftError('archive-damaged', { path: this.#archive, problem }, { cause });
  }

  /** Checks a number of entries that is known before they are. @throws archive-refused */
  expectEntries(numEntries: number): void {
    if (numEntries > this.limits.maxEntries) this.refuse('too-many-files');
  }

  /**
   * Judges one entry and takes its name.
   *
   * @returns its path in the folder; null when it stays in the archive
   * @throws archive-refused when it leads elsewhere, or there are too many
   */
  admit(name: string, kind: EntryKind): { path: string; isFolder: boolean } | null {
    this.expectEntries(++this.#numEntries);
    const verdict = judgeName(name);
    if (verdict.kind === 'refuse') this.refuse(verdict.problem, name);
    if (verdict.kind === 'pass') return null;
    if (kind === 'link' || kind === 'device') this.refuse(kind, name);
    if (verdict.kind === 'leave') return this.leave(name, verdict.reason);
    if (kind === 'other') return this.leave(name, 'kind');
    const isFolder = verdict.isFolder || kind === 'folder';
    if (!this.#claim(verdict.path, isFolder)) return this.leave(name, 'collision');
    return { path: verdict.path, isFolder };
  }

  /** Notes what stays in the archive; beyond a thousand it is only counted. */
  leave(name: string, reason: LeftReason): null {
    this.numLeft++;
    if (this.left.length < MAX_LISTED) this.left.push({ path: toldPath(name), reason });
    return null;
  }

  /** Checks a total of bytes, counted or declared. @throws archive-refused */
  expectTotal(numBytes: number): void {
    if (numBytes > this.limits.maxTotalBytes) this.refuse('too-large');
    if (numBytes > this.#freeBytes - this.limits.minFreeBytes) this.refuse('no-space');
  }

  /** Checks the size of one file, counted or declared. @throws archive-refused */
  expectFile(numBytes: number, name: string): void {
    if (numBytes > this.limits.maxFileBytes) this.refuse('file-too-large', name);
  }

  /** Checks what came out against what went in. @throws archive-refused */
  expectRatio(numBytes: number, numPackedBytes: number, name = ''): void {
    if (numBytes > this.limits.freeRatioBytes && numBytes > this.limits.maxRatio * numPackedBytes)
      this.refuse('ratio', name);
  }

  /** Makes a folder and those above it. @throws disk-full, cannot-write */
  async makeFolder(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await this.#onDisk(mkdir(path.join(this.#folder, folder), { recursive: true, mode: 0o755 }));
    this.#made.add(folder);
  }

  /**
   * Writes one file that was admitted, counting its bytes as they come. An archive in the archive stays there.
   *
   * @throws archive-refused, disk-full, cannot-write, and what `chunks` throws
   */
  async write(name: string, chunks: AsyncIterable<Buffer>, mtimeMs: number): Promise<void> {
    let handle: FileHandle | null = null;
    let numBytes = 0;
    try {
      for await (const chunk of chunks) {
        if (!handle) {
          if (isPacked(chunk)) return void this.leave(name, 'archive');
          handle = await this.#create(name);
          if (!handle) return void this.leave(name, 'collision');
        }
        numBytes += chunk.length;
        this.numBytes += chunk.length;
        this.expectFile(numBytes, name);
        this.expectTotal(this.numBytes);
        for (let at = 0; at < chunk.length;) at += (await this.#onDisk(handle.write(chunk, at))).bytesWritten;
      }
      handle ??= await this.#create(name);
      if (!handle) return void this.leave(name, 'collision');
      if (mtimeMs >= earliestMs && mtimeMs <= Date.now() + dayMs)
        await this.#onDisk(handle.utimes(mtimeMs / 1000, mtimeMs / 1000));
      this.numFiles++;
    } finally {
      await handle?.close();
    }
  }

  /** A new file; null where the file system knows the name already: it folds names in ways of its own. */
  async #create(name: string): Promise<FileHandle | null> {
    const slash = name.lastIndexOf('/');
    if (slash > 0) await this.makeFolder(name.slice(0, slash));
    const file = path.join(this.#folder, name);
    try {
      return await open(file, 'wx', 0o644);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
      throw asWriteError(error, path.join(this.#destination, name));
    }
  }

  /** Takes a name and those of the folders above it; false when another spelling or another kind has it. */
  #claim(name: string, isFolder: boolean): boolean {
    for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1))
      if (!this.#claimOne(name.slice(0, slash), true)) return false;
    return this.#claimOne(name, isFolder);
  }

  #claimOne(name: string, isFolder: boolean): boolean {
    const spelling = isFolder ? `${name}/` : name;
    const folded = name.normalize('NFC').toLowerCase();
    const holder = this.#taken.get(folded);
    if (holder !== undefined) return isFolder && holder === spelling;
    this.#taken.set(folded, spelling);
    // Folders cost as much as files: each entry could bring thirty of them.
    this.#nameLength += name.length;
    this.expectEntries(this.#taken.size);
    if (this.#nameLength > maxNameLength) this.refuse('too-many-files');
    return true;
  }

  async #onDisk<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw asWriteError(error, this.#destination);
    }
  }
}
