import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { FromReader, ToReader } from '../native/picture-reader.ts';
import { readPicture } from '../native/read-picture.ts';

// A thread of a `PictureReader`: what it reads goes to the other side without a copy, where it can.
const port = parentPort!;
port.on('message', (message: ToReader) => {
  if (message === 'close') {
    port.close();
    return;
  }
  const { id, file, size } = message;
  try {
    const read = readPicture(readFileSync(file), size); // waits for the disk: this thread does nothing else
    const { buffer, byteLength } = read.pixels ?? read.bytes;
    const isWhole = buffer.byteLength === byteLength; // else one that Node shares among small files
    port.postMessage({ id, read } satisfies FromReader, isWhole ? [buffer] : []);
  } catch (error) {
    const { code = '', message: text } = error as NodeJS.ErrnoException;
    port.postMessage({ id, code, message: text } satisfies FromReader);
  }
});
