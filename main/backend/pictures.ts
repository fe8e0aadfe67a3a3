import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GraftError } from '../../contract/errors.ts';
import { asWriteError } from '../store/write-atomic.ts';

/** Names that can hold a picture; what is inside is judged when it is decoded. */
const PICTURE_NAME = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif)$/i;

export interface Picture {
  imageId: string;
  file: string;
  name: string;
}

/** Pictures let in for a prediction, or to be added to a data set: files of this machine, and uploads that live as long as the backend. */
export class Pictures {
  #folder: string;
  #known = new Map<string, Picture>();

  constructor(folder: string) {
    this.#folder = path.join(folder, `${process.pid}-${randomUUID().slice(0, 8)}`);
  }

  /** Lets in files, and of folders the pictures in them at any depth, by name. @param paths absolute and real. @throws no-pictures */
  async add(paths: readonly string[]): Promise<Picture[]> {
    const added: Picture[] = [];
    for (const given of paths) {
      const info = await stat(given).catch(() => null);
      if (!info) throw new GraftError('path-not-found', { path: given });
      const files = info.isDirectory() ? await picturesIn(given) : [given];
      // A pipe or a device would be read for ever.
      if (files.length === 0 || !(info.isDirectory() || info.isFile()))
        throw new GraftError('no-pictures', { path: given });
      for (const file of files)
        added.push(this.#keep(file, info.isDirectory() ? path.relative(given, file) : path.basename(file)));
    }
    return added;
  }

  async receive(name: string, bytes: Readable): Promise<Picture> {
    await mkdir(this.#folder, { recursive: true });
    const file = path.join(this.#folder, randomUUID()); // the stranger's name is for showing only
    try {
      await pipeline(bytes, createWriteStream(file, { flags: 'wx' }));
    } catch (error) {
      await rm(file, { force: true });
      throw asWriteError(error, name);
    }
    return this.#keep(file, name);
  }

  #keep(file: string, name: string): Picture {
    const picture = { imageId: `p.${randomUUID()}`, file, name };
    this.#known.set(picture.imageId, picture);
    return picture;
  }

  /** @throws image-not-found */
  get(imageId: string): Picture {
    const picture = this.#known.get(imageId);
    if (!picture) throw new GraftError('image-not-found', { imageId });
    return picture;
  }

  /** Hands pictures to work that keeps what it needs of them; uploads are gone once it has. @throws image-not-found */
  async usedUp<T>(imageIds: readonly string[], work: (pictures: readonly Picture[]) => Promise<T>): Promise<T> {
    const pictures = [...new Set(imageIds)].map((imageId) => this.get(imageId));
    const done = await work(pictures);
    const uploads = pictures.filter(({ file }) => path.dirname(file) === this.#folder);
    for (const { imageId } of uploads) this.#known.delete(imageId);
    await Promise.all(uploads.map(({ file }) => rm(file, { force: true }).catch(() => undefined))); // goes with the backend then
    return done;
  }

  has(imageId: string): boolean {
    return this.#known.has(imageId);
  }

  async close(): Promise<void> {
    this.#known.clear();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function picturesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && PICTURE_NAME.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
