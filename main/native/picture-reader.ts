import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { readPicture, type ReadPicture } from './read-picture.ts';

interface Request {
  id: number;
  file: string;
  size: readonly [number, number];
}
export type ToReader = Request | 'close';
export type FromReader = { id: number } & ({ read: ReadPicture } | { code: string; message: string });

/** Beside the bundles of the workers; code that runs from its sources has none, and reads by itself. */
const builtThread = fileURLToPath(new URL('../workers/read-pictures.js', import.meta.url));
const maxThreads = 4;
/** For fewer a thread is not worth its start. */
const filesPerThread = 50;

interface Waiting extends Request {
  resolve: (read: ReadPicture) => void;
  reject: (error: unknown) => void;
}
interface Thread {
  worker: Worker;
  waiting: Map<number, Waiting>;
}

/**
 * Reads and decodes pictures side by side, each in a thread without TensorFlow, ONNX Runtime and libvips: a picture costs two
 * messages, where reading, hashing and decoding by libuv's pool cost six changes of thread. Of few files,
 * or when a thread fails, the work is done here.
 */
export class PictureReader {
  readonly #threads: Thread[] = [];
  #nextId = 0;

  /**
   * @param numFiles about so many will be read.
   * @param threadFile what each thread runs.
   */
  constructor(numFiles: number, threadFile = builtThread) {
    if (!existsSync(threadFile)) return;
    const numThreads = Math.min(maxThreads, availableParallelism(), Math.floor(numFiles / filesPerThread));
    try {
      for (let i = 0; i < numThreads; i++) this.#start(threadFile);
    } catch (error) {
      warn(error); // the system gives no more threads
    }
  }

  get numThreads(): number {
    return this.#threads.length;
  }

  /** So many files at a time keep it busy. */
  get numAtATime(): number {
    return 2 * Math.max(1, this.#threads.length);
  }

  /** @see readPicture @throws the system's error when the file cannot be read */
  read(file: string, size: readonly [number, number]): Promise<ReadPicture> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => this.#give({ id, file, size, resolve, reject }));
  }

  /**
   * Ends the threads when they have done what they were given. They are never terminated: native code that is at work then
   * ends the whole process.
   */
  async close(): Promise<void> {
    await Promise.all(
      this.#threads.map(({ worker }) => {
        worker.postMessage('close' satisfies ToReader);
        return new Promise((resolve) => worker.once('exit', resolve));
      }),
    );
  }

  #start(threadFile: string): void {
    const worker = new Worker(threadFile);
    const thread: Thread = { worker, waiting: new Map() };
    worker.on('message', (message: FromReader) => {
      const asked = thread.waiting.get(message.id);
      thread.waiting.delete(message.id);
      if ('read' in message) asked?.resolve(asRead(message.read));
      else asked?.reject(Object.assign(new Error(message.message), { code: message.code }));
    });
    worker.on('error', warn); // `exit` follows
    worker.on('exit', () => {
      this.#threads.splice(this.#threads.indexOf(thread), 1);
      for (const asked of thread.waiting.values()) this.#give(asked);
    });
    this.#threads.push(thread);
  }

  #give(asked: Waiting): void {
    const least = this.#threads.reduce<Thread | null>(
      (best, thread) => (best && best.waiting.size <= thread.waiting.size ? best : thread),
      null,
    );
    if (!least) {
      void readHere(asked);
      return;
    }
    least.waiting.set(asked.id, asked);
    least.worker.postMessage({ id: asked.id, file: asked.file, size: asked.size } satisfies ToReader);
  }
}

function warn(error: unknown): void {
  process.emitWarning(`A thread that reads pictures failed: ${String(error)}`);
}

async function readHere({ file, size, resolve, reject }: Waiting): Promise<void> {
  try {
    resolve(readPicture(await readFile(file), size));
  } catch (error) {
    reject(error);
  }
}

/** Messages carry plain arrays of bytes. */
function asRead(read: ReadPicture): ReadPicture {
  if (read.pixels) return read;
  const { buffer, byteOffset, byteLength } = read.bytes;
  return { ...read, bytes: Buffer.from(buffer, byteOffset, byteLength) };
}
