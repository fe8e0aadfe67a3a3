import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GraftError } from '../../contract/errors.ts';
import { asWriteError, renamePatiently } from '../store/write-atomic.ts';

/** The files of an upload. Each is there whole or not at all, however often and at the same time it is sent. */
export class FileUpload {
  readonly #root: string;
  readonly #attempts: string;
  readonly #placed = new Map<string, Promise<void>>();

  /**
   * @param folder of the data set, in Graft's own place
   * @param root where the files go, in that folder
   */
  constructor(folder: string, root: string) {
    this.#root = root;
    this.#attempts = path.join(folder, 'attempts');
  }

  /**
   * Keeps one file. Each attempt writes to a place of its own: one whose connection was cut may hang for minutes, and must
   * not stand in the way of the next.
   *
   * @returns false when the file was there already
   * @throws disk-full, cannot-write; what breaks off the bytes
   */
  async receive(relative: string, bytes: Readable): Promise<boolean> {
    if (this.#placed.has(relative))
      bytes.resume(); // it came; its answer was lost
    else {
      const attempt = path.join(this.#attempts, randomUUID());
      try {
        await mkdir(this.#attempts, { recursive: true });
        await pipeline(bytes, createWriteStream(attempt, { flags: 'wx' }));
        if (!this.#placed.has(relative)) {
          await this.#placeOnce(attempt, relative);
          return true;
        }
      } catch (error) {
        throw asWriteError(error, relative);
      } finally {
        await rm(attempt, { force: true }).catch(() => undefined); // it goes with the others at the end
      }
    }
    await this.#placed.get(relative); // the other attempt's last step may not be done
    return false;
  }

  #placeOnce(attempt: string, relative: string): Promise<void> {
    const placing = this.#place(attempt, relative);
    this.#placed.set(relative, placing);
    placing.catch(() => this.#placed.delete(relative));
    return placing;
  }

  async #place(attempt: string, relative: string): Promise<void> {
    const file = path.join(this.#root, relative);
    await mkdir(path.dirname(file), { recursive: true });
    // Another file, whose name differs in what this system does not tell apart.
    if (await lstat(file).catch(() => null))
      throw new GraftError('cannot-write', { path: relative, problem: 'EEXIST' });
    await renamePatiently(attempt, file);
  }

  /** Takes away what is left of attempts. */
  async end(): Promise<void> {
    await rm(this.#attempts, { recursive: true, force: true }).catch(() => undefined); // one may still hang
  }
}
