import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import yauzl from 'yauzl';

/**
 * Reads one file of an archive, found by its exact name; nothing else of it is looked at.
 *
 * @param maxBytes no more of them
 * @throws Error when there is no such file
 */
export async function readZipEntry(file: string, name: string, maxBytes = Infinity): Promise<Buffer> {
  const handle = await open(file); // so that a missing file says so before yauzl
  try {
    const zip = await promisify<number, yauzl.Options, yauzl.ZipFile>(yauzl.fromFd)(handle.fd, {
      autoClose: false,
      lazyEntries: true,
    });
    const entry = await findEntry(zip, name);
    const stream = await promisify<yauzl.Entry, Readable>(zip.openReadStream.bind(zip))(entry);
    const pieces: Buffer[] = [];
    let numBytes = 0;
    for await (const piece of stream as AsyncIterable<Buffer>) {
      pieces.push(piece);
      numBytes += piece.length;
      if (numBytes >= maxBytes) break;
    }
    return Buffer.concat(pieces).subarray(0, maxBytes);
  } finally {
    await handle.close();
  }
}

function findEntry(zip: yauzl.ZipFile, name: string): Promise<yauzl.Entry> {
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: yauzl.Entry) => (entry.fileName === name ? resolve(entry) : zip.readEntry()));
    zip.on('end', () => reject(new Error(`no ${name}`)));
    zip.on('error', reject);
    zip.readEntry();
  });
}
