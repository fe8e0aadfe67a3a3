import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { asWriteError, writeFileAtomic } from '../store/write-atomic.ts';

/** Everything that the features of a picture depend on, its bytes apart. */
export interface FeatureSpaceKey {
  backboneId: string;
  weightsSha256: string;
  inputSize: readonly [number, number];
  preprocessing: string;
  decoder: string;
  lowering: string;
  precision: 'float32';
  /** Of a layer further down the name, with the layer's. */
  kind: 'pooled' | 'maps' | `layer ${string}`;
  /** Of an augmented view: how it was made, from which seed, the how manyth. */
  view?: string;
}

/** Bytes that the features of all spaces may take on disk before the least recently used go. */
export const CACHE_LIMIT_BYTES = 20e9;
const ROWS_A_SYNC = 512;
const HASH_CHARS = 64;

interface Place {
  fd: number;
  row: number;
}

/** The features of many pictures on disk under one key: rows of float32, found by the SHA-256 of the picture's bytes. Memory holds the index only. */
export class FeatureSpace {
  readonly folder: string;
  /** Numbers a picture. */
  readonly rowLength: number;
  #places = new Map<string, Place>();
  #fds: number[] = [];

  private constructor(folder: string, rowLength: number) {
    this.folder = folder;
    this.rowLength = rowLength;
  }

  /** Opens a space, made when missing. Rows that a crash left without their index line, or the reverse, are not seen. */
  static async open(cacheFolder: string, key: FeatureSpaceKey, rowLength: number): Promise<FeatureSpace> {
    const space = new FeatureSpace(path.join(cacheFolder, 'features', keyName(key)), rowLength);
    await mkdir(space.folder, { recursive: true });
    // The key in words, for a person who looks into the folder; its time says when the space was last used.
    const about = path.join(space.folder, 'space.json');
    const now = new Date();
    await utimes(about, now, now).catch(() => writeFileAtomic(about, JSON.stringify({ ...key, rowLength }, null, 1)));
    for (const name of (await readdir(space.folder)).sort())
      if (name.endsWith('.index')) await space.#load(name.slice(0, -6));
    return space;
  }

  async #load(shard: string): Promise<void> {
    const hashes = (await readFile(path.join(this.folder, `${shard}.index`), 'latin1')).split('\n');
    const data = path.join(this.folder, `${shard}.f32`);
    const numRows = Math.floor((await stat(data).catch(() => ({ size: 0 }))).size / (4 * this.rowLength));
    if (numRows === 0) return;
    const fd = this.#open(data, 'r');
    for (let row = 0; row < Math.min(hashes.length, numRows); row++) {
      const hash = hashes[row]!;
      if (hash.length === HASH_CHARS) this.#places.set(hash, { fd, row });
    }
  }

  #open(file: string, flags: string): number {
    const fd = openSync(file, flags);
    this.#fds.push(fd);
    return fd;
  }

  has(sha256: string): boolean {
    return this.#places.has(sha256);
  }

  /** Reads the row of one picture into `out` at `offset`. */
  read(sha256: string, out: Float32Array, offset: number): void {
    const place = this.#places.get(sha256);
    if (!place) throw new Error(`no features for ${sha256}`);
    const bytes = new Uint8Array(out.buffer, out.byteOffset + 4 * offset, 4 * this.rowLength);
    const numRead = readSync(place.fd, bytes, 0, bytes.length, place.row * bytes.length);
    if (numRead !== bytes.length) throw new Error(`features of ${sha256} cut short`);
  }

  /** Appends rows in a file of this process's own, so that two runs can write at once. */
  writer(): FeatureWriter {
    const shard = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
    const fd = this.#open(path.join(this.folder, `${shard}.f32`), 'wx+');
    const index = this.#open(path.join(this.folder, `${shard}.index`), 'wx');
    let row = 0;
    let pending = '';
    const flush = () => {
      if (pending === '') return;
      fdatasyncSync(fd); // the index must never name rows that are not on the disk
      writeSync(index, pending);
      pending = '';
    };
    return {
      append: (sha256, features) => {
        try {
          const bytes = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
          // At its own place: a write cut short by a full disk never shifts the rows after it.
          const numWritten = writeSync(fd, bytes, 0, bytes.length, row * bytes.length);
          if (numWritten < bytes.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
          this.#places.set(sha256, { fd, row: row++ });
          pending += `${sha256}\n`;
          if (row % ROWS_A_SYNC === 0) flush();
        } catch (error) {
          throw asWriteError(error, this.folder);
        }
      },
      flush: () => {
        try {
          flush();
        } catch (error) {
          throw asWriteError(error, this.folder);
        }
      },
    };
  }

  close(): void {
    for (const fd of this.#fds) closeSync(fd);
    this.#fds = [];
    this.#places.clear();
  }
}

export interface FeatureWriter {
  append(sha256: string, features: Float32Array): void;
  flush(): void;
}

function keyName(key: FeatureSpaceKey): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(Object.entries(key).sort()))
    .digest('hex')
    .slice(0, 16);
  const kind = key.kind.replaceAll(/[^\w.-]/g, '_').slice(0, 60);
  return `${key.backboneId}-${key.inputSize.join('x')}-${kind}-${hash}`;
}

/** Drops the spaces used longest ago until the rest fit. `keep` are folders in use now. */
export async function evictFeatures(
  cacheFolder: string,
  limitBytes: number,
  keep: readonly string[],
): Promise<string[]> {
  const root = path.join(cacheFolder, 'features');
  const spaces: { folder: string; bytes: number; usedAt: number }[] = [];
  for (const name of await readdir(root).catch(() => [])) {
    const folder = path.join(root, name);
    let bytes = 0;
    for (const file of await readdir(folder).catch(() => []))
      bytes += (await stat(path.join(folder, file)).catch(() => ({ size: 0 }))).size;
    const usedAt = (await stat(path.join(folder, 'space.json')).catch(() => ({ mtimeMs: 0 }))).mtimeMs;
    spaces.push({ folder, bytes, usedAt });
  }
  let total = spaces.reduce((sum, space) => sum + space.bytes, 0);
  const dropped: string[] = [];
  for (const space of spaces.sort((a, b) => a.usedAt - b.usedAt)) {
    if (total <= limitBytes) break;
    if (keep.includes(space.folder)) continue;
    // A space that another process has open stays: room is made another time.
    const isGone = await rm(space.folder, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
    if (!isGone) continue;
    total -= space.bytes;
    dropped.push(space.folder);
  }
  return dropped;
}
