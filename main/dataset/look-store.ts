import { open, readFile, type FileHandle } from 'node:fs/promises';
import { asWriteError } from '../store/write-atomic.ts';
import { LOOK_BYTES } from './looks.ts';

/** SHA-256 of the file's bytes, then its look. */
const hashBytes = 32;
const recordBytes = hashBytes + LOOK_BYTES;

/** Appends looks to a file of them, one after the other. */
export class LookWriter {
  #handle: FileHandle;
  #at: number;

  private constructor(handle: FileHandle, at: number) {
    this.#handle = handle;
    this.#at = at;
  }

  /** Opens or makes the file. A last look that a kill cut off is written over. @throws disk-full, cannot-write */
  static async open(file: string): Promise<LookWriter> {
    try {
      await (await open(file, 'a')).close();
      const handle = await open(file, 'r+');
      const { size } = await handle.stat();
      return new LookWriter(handle, size - (size % recordBytes));
    } catch (error) {
      throw asWriteError(error, file);
    }
  }

  /** Whoever calls it may go on when it fails: a look that is not there is made anew. @param sha256 in hexadecimal. */
  async add(sha256: string, look: Uint8Array): Promise<void> {
    const at = this.#at;
    this.#at += recordBytes; // taken before anything waits: two pictures may end at once
    const record = Buffer.concat([Buffer.from(sha256, 'hex'), look]);
    let numWritten = 0;
    try {
      ({ bytesWritten: numWritten } = await this.#handle.write(record, 0, recordBytes, at));
    } finally {
      if (numWritten < recordBytes) this.#at = Math.min(this.#at, at); // half a look would be read as a whole one
    }
  }

  async close(): Promise<void> {
    await this.#handle.truncate(this.#at).catch(() => undefined); // what is over the last is not read anyway
    await this.#handle.close();
  }
}

/** Reads the looks of these contents; one that is not there, or a file that is not, is no error. @returns by SHA-256 */
export async function readLooks(file: string, wanted: ReadonlySet<string>): Promise<Map<string, Uint8Array>> {
  const looks = new Map<string, Uint8Array>();
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  for (let at = 0; at + recordBytes <= bytes.length; at += recordBytes) {
    const sha256 = bytes.toString('hex', at, at + hashBytes);
    if (wanted.has(sha256)) looks.set(sha256, bytes.subarray(at + hashBytes, at + recordBytes));
  }
  return looks;
}
