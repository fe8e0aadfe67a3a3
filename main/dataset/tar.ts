import { decodeName } from './archive-names.ts';
import { parsePax, parseTarHeader, tarBlockBytes, untilZero, type PaxRecords, type TarHeader } from './tar-header.ts';
import type { EntryKind, UnpackTarget } from './unpack-target.ts';

/** Bytes of a name or other words about a file; real ones have a few hundred. */
const maxWordsBytes = 2 ** 20;

const kinds: Readonly<Record<string, EntryKind>> = {
  '0': 'file',
  '7': 'file', // to lie in one piece on its disk
  '5': 'folder',
  '1': 'link',
  '2': 'link',
  '3': 'device',
  '4': 'device',
  '6': 'device',
};
/** Words about the next header: a long name or target by GNU, pax records by POSIX and Solaris. */
const words = new Set(['L', 'K', 'x', 'X', 'g']);

/**
 * Unpacks a TAR of the kinds v7, ustar, GNU and pax as it streams by.
 *
 * @param source its bytes, unpacked already where it was packed
 * @throws archive-refused, archive-damaged, disk-full, cannot-write, and what `source` throws
 */
export async function unpackTar(source: AsyncIterable<Buffer>, target: UnpackTarget): Promise<void> {
  const stream = new ByteStream(source, target);
  try {
    let longName: Buffer | null = null;
    let pax: PaxRecords = {};
    for (;;) {
      const header = parseTarHeader(await stream.exactly(tarBlockBytes));
      if (header === 'end') return await stream.drain();
      if (header === 'corrupt') target.damaged('corrupt');
      if (words.has(header.type)) {
        if (header.sizeBytes > maxWordsBytes) target.damaged('corrupt');
        const content = await stream.exactly(header.sizeBytes);
        await stream.skip(padding(header.sizeBytes));
        if (header.type === 'L') longName = untilZero(content);
        else if (header.type === 'x' || header.type === 'X') pax = parsePax(content) ?? target.damaged('corrupt');
        continue;
      }
      if (pax.isSparse || header.type === 'S') target.damaged('method');
      if (header.type === 'M') target.damaged('split');
      const name = pax.path ?? decodeName(longName ?? header.name);
      await unpackEntry(stream, target, name, pax, header);
      longName = null;
      pax = {};
    }
  } finally {
    await stream.close();
  }
}

async function unpackEntry(
  stream: ByteStream,
  target: UnpackTarget,
  name: string,
  pax: PaxRecords,
  header: TarHeader,
): Promise<void> {
  const isFolder = header.type === '5';
  const size = isFolder ? 0 : (pax.sizeBytes ?? header.sizeBytes); // the size of a folder is a quota
  // Other: a label of a tape, what a program added for itself.
  const admitted = target.admit(name, kinds[header.type] ?? 'other');
  if (admitted?.isFolder) await target.makeFolder(admitted.path);
  if (!admitted || admitted.isFolder) return stream.skip(size + padding(size));
  target.expectFile(size, name);
  let rest = size;
  const content = async function* (): AsyncGenerator<Buffer> {
    while (rest > 0) {
      const chunk = await stream.some(rest);
      rest -= chunk.length;
      yield chunk;
    }
  };
  await target.write(admitted.path, content(), (pax.mtimeS ?? header.mtimeS) * 1000);
  await stream.skip(rest + padding(size));
}

/** Bytes to the end of the block. */
function padding(numBytes: number): number {
  return (tarBlockBytes - (numBytes % tarBlockBytes)) % tarBlockBytes;
}

/** Takes a stream's bytes in the pieces one asks for. */
class ByteStream {
  readonly #source: AsyncIterator<Buffer>;
  readonly #target: UnpackTarget;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>, target: UnpackTarget) {
    this.#source = source[Symbol.asyncIterator]();
    this.#target = target;
  }

  /** At least one byte, at most `length`. @throws archive-damaged at the end of the stream */
  async some(length: number): Promise<Buffer> {
    while (this.#chunk.length === 0) {
      const next = await this.#source.next();
      if (next.done) this.#target.damaged('cut-off');
      this.#chunk = next.value;
    }
    const taken = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(taken.length);
    return taken;
  }

  /** @throws archive-damaged when there are fewer */
  async exactly(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let rest = length; rest > 0;) {
      const piece = await this.some(rest);
      rest -= piece.length;
      pieces.push(piece);
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  /** @throws archive-damaged when there are fewer */
  async skip(length: number): Promise<void> {
    for (let rest = length; rest > 0;) rest -= (await this.some(rest)).length;
  }

  /** Reads to the end: a stream that was packed has its checksum there. */
  async drain(): Promise<void> {
    while (!(await this.#source.next()).done);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
