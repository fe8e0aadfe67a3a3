import type { FileHandle } from 'node:fs/promises';
import { RandomAccessReader } from 'yauzl';

/** Bytes read at a time: a header and most pictures come with one call. */
const windowBytes = 256 * 1024;

/**
 * Reads a ZIP for yauzl by windows of a quarter of a megabyte. Any position may be asked for: those in hostile archives
 * lie beyond what a file can have, where Node throws outside every promise.
 */
export class ZipReader extends RandomAccessReader {
  readonly #handle: FileHandle;
  readonly #sizeBytes: number;
  #window = Buffer.alloc(0);
  #windowStart = 0;

  constructor(handle: FileHandle, sizeBytes: number) {
    super();
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  /**
   * The bytes from a position on: at least one and at most `length`.
   *
   * @throws Error when the file ends before the position
   */
  async bytesAt(position: number, length: number): Promise<Buffer> {
    const end = this.#windowStart + this.#window.length;
    if (position < this.#windowStart || position >= end) {
      if (!Number.isSafeInteger(position) || position < 0 || position >= this.#sizeBytes)
        throw new Error('unexpected EOF');
      const window = Buffer.allocUnsafe(Math.min(windowBytes, this.#sizeBytes - position));
      const { bytesRead } = await this.#handle.read(window, 0, window.length, position);
      if (bytesRead === 0) throw new Error('unexpected EOF');
      this.#window = window.subarray(0, bytesRead);
      this.#windowStart = position;
    }
    const from = position - this.#windowStart;
    return this.#window.subarray(from, from + length);
  }

  /** A range of the file, piece by piece. @throws Error when the file ends before */
  async *range(start: number, length: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < length;) {
      const piece = await this.bytesAt(start + at, length - at);
      at += piece.length;
      yield piece;
    }
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    const fill = async (): Promise<void> => {
      let at = 0;
      for await (const piece of this.range(position, length)) at += piece.copy(buffer, offset + at);
    };
    fill().then(
      () => callback(null),
      (error: unknown) => callback(error as Error),
    );
  }
}
