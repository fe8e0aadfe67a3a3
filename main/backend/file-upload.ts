import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { SkippedFile, SkipReason } from '../../contract/dataset.ts';
import { checkUploadPath, MAX_LISTED, toldPath } from '../dataset/upload-path.ts';
import type { NotSentReason } from './backend.ts';
import { asWriteError, renamePatiently } from '../store/write-atomic.ts';

/** Why one file stays out of an upload whose others come. */
export type LeftOutReason = Extract<SkipReason, 'name-not-kept' | 'name-taken'> | NotSentReason;

/** Says of a file that it, and only it, cannot be kept. */
class LeftOut extends Error {
  readonly reason: LeftOutReason;
  constructor(reason: LeftOutReason) {
    super(reason);
    this.name = 'LeftOut';
    this.reason = reason;
  }
}

/** What a file system answers where something else has the name, or a part of it. */
const taken = new Set(['EEXIST', 'ENOTDIR', 'EISDIR']);
/** What it answers to a name that it does not take. */
const notTaken = new Set(['ENAMETOOLONG', 'EILSEQ']);

/** A file that has come; null for the size of one that stays out. */
export interface ReceivedFile {
  path: string;
  sizeBytes: number | null;
}

/** The files of an upload. Each is there whole or not at all, however often and at the same time it is sent. */
export class FileUpload {
  readonly #root: string;
  readonly #attempts: string;
  readonly #signal: AbortSignal;
  readonly #placed = new Map<string, Promise<void>>();
  /** Of an earlier start: nobody sends one of them again but where it is not what it should be. */
  readonly #restored = new Set<string>();
  readonly #leftPaths = new Set<string>();
  readonly #left: SkippedFile[] = [];
  #lastPlacing: Promise<unknown> = Promise.resolve();

  /**
   * @param folder of the data set, in Graft's own place
   * @param root where the files go, in that folder
   * @param signal ends what is still on its way: nothing more is written
   */
  constructor(folder: string, root: string, signal: AbortSignal) {
    this.#signal = signal;
    this.#root = root;
    this.#attempts = path.join(folder, 'attempts');
  }

  /** What stayed out of it, in the order in which it came: a thousand at most. */
  get left(): readonly SkippedFile[] {
    return this.#left;
  }

  /** How many stayed out. */
  get numLeft(): number {
    return this.#leftPaths.size;
  }

  /** Takes what lies there of an earlier start for received. @returns the number of files */
  async restore(): Promise<number> {
    const found = await readdir(this.#root, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of found) {
      if (!entry.isFile()) continue;
      const file = path.relative(this.#root, path.join(entry.parentPath, entry.name));
      this.#restored.add(file.split(path.sep).join('/'));
    }
    return this.#restored.size;
  }

  /** What has come, a page of it; of what stays out the size is null. */
  async received(offset: number, limit: number): Promise<{ total: number; files: ReceivedFile[] }> {
    const all = [...this.#restored, ...this.#placed.keys(), ...this.#leftPaths];
    const files: ReceivedFile[] = [];
    for (const name of all.slice(offset, offset + limit)) {
      if (this.#leftPaths.has(name)) files.push({ path: name, sizeBytes: null });
      else {
        const info = await lstat(path.join(this.#root, name)).catch(() => null);
        if (info !== null) files.push({ path: name, sizeBytes: info.size }); // else it is to be sent again
      }
    }
    return { total: all.length, files };
  }

  /**
   * Takes one file, and keeps it unless it has no place among the others. Each attempt writes to a place of its own: one
   * whose connection was cut may hang for minutes, and must not stand in the way of the next.
   *
   * @param given its path as a stranger says it
   * @returns false when it had come already
   * @throws disk-full, cannot-write; what breaks off the bytes; an AbortError
   */
  async receive(given: string, bytes: Readable): Promise<boolean> {
    const relative = checkUploadPath(given);
    if (relative === null || this.#leftPaths.has(given)) {
      await finished(bytes.resume(), { signal: this.#signal }); // who sends reads no answer before
      return this.leaveOut(given, 'name-not-kept');
    }
    try {
      return await this.#keep(relative, bytes);
    } catch (error) {
      if (error instanceof LeftOut) return this.leaveOut(given, error.reason);
      throw asWriteError(error, relative);
    }
  }

  /** Notes that a file stays out. @returns false when that was known, or a part of it had come in an earlier start */
  async leaveOut(given: string, reason: LeftOutReason): Promise<boolean> {
    if (this.#leftPaths.has(given)) return false;
    this.#leftPaths.add(given);
    if (this.#left.length < MAX_LISTED) this.#left.push({ path: toldPath(given), reason });
    if (!this.#restored.delete(given)) return true;
    await rm(path.join(this.#root, given), { force: true });
    return false;
  }

  async #keep(relative: string, bytes: Readable): Promise<boolean> {
    if (this.#placed.has(relative))
      bytes.resume(); // it came; its answer was lost
    else {
      const attempt = path.join(this.#attempts, randomUUID());
      try {
        this.#signal.throwIfAborted();
        await mkdir(this.#attempts, { recursive: true });
        await pipeline(bytes, createWriteStream(attempt, { flags: 'wx' }), { signal: this.#signal });
        if (!this.#placed.has(relative)) {
          const isNew = !this.#restored.has(relative);
          await this.#placeOnce(attempt, relative);
          return isNew;
        }
      } finally {
        await rm(attempt, { force: true }).catch(() => undefined); // it goes with the others at the end
      }
    }
    await this.#placed.get(relative); // the other attempt's last step may not be done
    return false;
  }

  #placeOnce(attempt: string, relative: string): Promise<void> {
    // One after the other: two that the system takes for one would each find the name free.
    const placing = this.#lastPlacing.then(() => this.#place(attempt, relative));
    this.#lastPlacing = placing.catch(() => undefined);
    this.#placed.set(relative, placing);
    placing.catch(() => this.#placed.delete(relative));
    return placing;
  }

  async #place(attempt: string, relative: string): Promise<void> {
    const file = path.join(this.#root, relative);
    try {
      this.#signal.throwIfAborted();
      await mkdir(path.dirname(file), { recursive: true });
      // Another file, whose name differs in what this system does not tell apart.
      if (!this.#restored.has(relative) && (await isThere(file))) throw new LeftOut('name-taken');
      await renamePatiently(attempt, file);
      this.#restored.delete(relative);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (taken.has(code)) throw new LeftOut('name-taken');
      throw notTaken.has(code) ? new LeftOut('name-not-kept') : error;
    }
  }

  /** Takes away what is left of attempts. */
  async end(): Promise<void> {
    await rm(this.#attempts, { recursive: true, force: true }).catch(() => undefined); // one may still hang
  }
}

/** Also of a link that leads nowhere. */
async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
