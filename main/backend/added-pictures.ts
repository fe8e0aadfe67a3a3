import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, open, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { addedPrefix, maxPictureBytes, type AddedImages } from '../../contract/dataset.ts';
import { plainName } from '../dataset/file-name.ts';
import type { ManifestImage } from '../dataset/manifest.ts';
import { readStart } from '../dataset/scan.ts';
import { asWriteError, renameDurably } from '../store/write-atomic.ts';
import type { VerifiedFiles } from '../workers/media.ts';
import { Stopped, type WorkerHost } from '../workers/host.ts';
import { decodeFiles } from './decode-files.ts';
import type { Picture } from './pictures.ts';

/** What was kept of pictures that came one by one. */
export interface CopiedPictures {
  /** Of no class yet. */
  images: Omit<ManifestImage, 'className'>[];
  refused: AddedImages['refused'];
  /** Takes the copies away again. */
  discard(): Promise<void>;
}

/** What copying needs, and what ends it. */
export interface CopyOptions {
  /** Starts a process for decoding. */
  newMedia: () => WorkerHost;
  signal: AbortSignal;
}

/**
 * Copies pictures into a folder, each under a name of its own, once they have been decoded. Refused are those that are no
 * usable pictures; whatever else goes wrong leaves nothing behind.
 *
 * @param folder where the copies stay
 * @param incoming where they wait until then, on the same disk
 * @throws Stopped, disk-full, cannot-write
 */
export async function copyIn(
  folder: string,
  incoming: string,
  pictures: readonly Picture[],
  { newMedia, signal }: CopyOptions,
): Promise<CopiedPictures> {
  const waiting = path.join(incoming, randomUUID().slice(0, 8));
  const refused: AddedImages['refused'] = [];
  const givenNames = new Map<string, string>(); // by the copy's
  const images: CopiedPictures['images'] = [];
  const discard = async () => {
    await Promise.all(images.map((image) => rm(path.join(folder, nameOf(image.path)), { force: true })));
  };
  try {
    await mkdir(waiting, { recursive: true });
    for (const { file, name } of pictures) {
      if (signal.aborted) throw new Stopped();
      const start = readStart(file);
      if ('reason' in start) refused.push({ name, reason: start.reason });
      else if (start.sizeBytes > maxPictureBytes) refused.push({ name, reason: 'too-large' });
      else givenNames.set(await copyOne(file, name, waiting), name);
    }
    const { sha256ByPath, factsByPath, skipped } = await verified(waiting, [...givenNames.keys()], {
      newMedia,
      signal,
    });
    for (const { path: relative, reason } of skipped) refused.push({ name: givenNames.get(nameOf(relative))!, reason });
    await mkdir(folder, { recursive: true });
    const facts = new Map(factsByPath);
    for (const [relative, sha256] of sha256ByPath) {
      if (signal.aborted) throw new Stopped();
      const copy = path.join(folder, nameOf(relative));
      await renameDurably(path.join(waiting, nameOf(relative)), copy);
      const { size, mtimeMs } = await stat(copy);
      images.push({
        path: relative,
        split: null,
        sizeBytes: size,
        mtimeMs,
        sha256,
        facts: facts.get(relative) ?? null,
      });
    }
    return { images, refused, discard };
  } catch (error) {
    await discard().catch(() => undefined); // the first failure is the one to tell
    throw asWriteError(error, folder);
  } finally {
    await rm(waiting, { recursive: true, force: true }).catch(() => undefined); // goes at the next start
  }
}

const nameOf = (relative: string): string => relative.slice(addedPrefix.length);

/** @returns the copy's name: random, then the one it came with, so that a person finds it again */
async function copyOne(file: string, name: string, folder: string): Promise<string> {
  const copy = `${randomUUID().slice(0, 8)}-${plainName(name) || 'picture'}`;
  const to = path.join(folder, copy);
  await copyFile(file, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(to, 0o644); // the original may be read-only
  const handle = await open(to, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  return copy;
}

/** Decodes the copies. @returns SHA-256 of the good ones, in the order given, and why the others are none */
async function verified(addedFolder: string, names: readonly string[], options: CopyOptions): Promise<VerifiedFiles> {
  if (names.length === 0) return { sha256ByPath: [], factsByPath: [], skipped: [] };
  return decodeFiles({ root: addedFolder, addedFolder, paths: names.map((name) => addedPrefix + name) }, options);
}
