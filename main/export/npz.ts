import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { writeFileAtomic } from '../store/write-atomic.ts';
import type { NpyArray } from './npy.ts';

/** The first day that a ZIP can name: same arrays, same bytes. */
const fixedTime = new Date(1980, 0, 1);

/**
 * Writes arrays as `numpy.load` takes them, stored as they are. One piece is in memory at a time.
 *
 * @throws disk-full, cannot-write
 */
export async function writeNpz(file: string, arrays: Readonly<Record<string, NpyArray>>): Promise<void> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  zip.on('error', (error: Error) => output.destroy(error));
  for (const [name, { sizeBytes, pieces }] of Object.entries(arrays)) {
    const options = { size: sizeBytes, mtime: fixedTime, mode: 0o100644, compress: false, forceDosTimestamp: true };
    zip.addReadStreamLazy(`${name}.npy`, options, (hand) => {
      hand(null, Readable.from(pieces(), { objectMode: false }));
    });
  }
  zip.end();
  await writeFileAtomic(file, output);
}
