import { open, readFile, type FileHandle } from 'node:fs/promises';
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

  /** Opens or makes the file. A last look that a kill cut off is written over. */
  static async open(file: string): Promise<LookWriter> {
    const handle = await open(file, 'a').then(async (made) => {
      await made.close();
      return open(file, 'r+');
    });
    const { size } = await handle.stat();
    return new LookWriter(handle, size - (size % recordBytes));
  }

  /** @param sha256 in hexadecimal. */
  async add(sha256: string, look: Uint8Array): Promise<void> {
    const at = this.#at;
    this.#at += recordBytes; // taken before anything waits: two pictures may end at once
    await this.#handle.write(Buffer.concat([Buffer.from(sha256, 'hex'), look]), 0, recordBytes, at);
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
