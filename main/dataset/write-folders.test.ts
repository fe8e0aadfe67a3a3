import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { planFolders } from './folder-plan.ts';
import { scanFolder } from './scan.ts';
import { expectUnchanged, writeFolders, type WriteOptions } from './write-folders.ts';

async function pets() {
  const root = path.join(await temporaryFolder(), 'pets');
  await writeImageTree(root, { 'train/cats/a': 2, 'train/cats/b': 2, 'train/dogs': 3, 'val/cats': 1, 'test/dogs': 2 });
  const scanned = await scanFolder(root);
  const images = scanned.images.map((image) => ({ ...image, split: image.split! }));
  const plan = planFolders(images, scanned.classNames);
  const write = (out: string, options?: WriteOptions) => writeFolders(plan, { root }, out, 0, options);
  return { root, scanned, plan, write, beside: path.dirname(root) };
}
const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const placed = (images: { path: string; className: string; split: unknown }[], root: string) =>
  images.map((image) => `${String(image.split)} ${image.className} ${hashOf(path.join(root, image.path))}`).sort();

describe('writeFolders', () => {
  it('writes what a scan reads as the same data set, byte by byte', async () => {
    const { root, scanned, write, beside } = await pets();
    const seen: number[] = [];
    const out = path.join(beside, 'new', 'deep');
    await write(out, { onProgress: (numDone) => seen.push(numDone) });
    const again = await scanFolder(out);
    expect(again).toMatchObject({ layout: 'splits', classNames: scanned.classNames, skipped: [] });
    expect(placed(again.images, out)).toEqual(placed(scanned.images, root));
    expect(readdirSync(path.join(out, 'train', 'cats')).sort()).toEqual(['1 (2).jpg', '1.jpg', '2 (2).jpg', '2.jpg']);
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
    expect(readdirSync(path.join(beside, 'new'))).toEqual(['deep']);
  });

  it('takes an empty folder, refuses one that is not, and a file', async () => {
    const { write, beside } = await pets();
    const out = path.join(beside, 'out');
    mkdirSync(out);
    await write(out);
    const before = readdirSync(out);
    await expect(write(out)).rejects.toMatchObject({ code: 'out-not-empty', params: { path: out } });
    expect(readdirSync(out)).toEqual(before);
    writeFileSync(path.join(beside, 'file'), '');
    await expect(write(path.join(beside, 'file'))).rejects.toMatchObject({ code: 'not-a-folder' });
    await expect(write(path.join(beside, 'file', 'below'))).rejects.toMatchObject({ code: 'cannot-write' });
  });

  it('leaves nothing behind when it is called off or fails', async () => {
    const { root, write, beside } = await pets();
    const stop = new AbortController();
    const stopped = write(path.join(beside, 'new', 'out'), {
      signal: stop.signal,
      onProgress: (numDone) => numDone === 2 && stop.abort(),
    });
    await expect(stopped).rejects.toThrow(/aborted/);
    rmSync(path.join(root, 'train', 'dogs', '2.jpg'));
    await expect(write(path.join(beside, 'new', 'out'))).rejects.toMatchObject({ code: 'cannot-write' });
    expect(readdirSync(beside)).toEqual(['pets']);
  });

  it('refuses what the disk cannot hold before it writes', async () => {
    const { root, plan, beside } = await pets();
    const out = path.join(beside, 'out');
    await expect(writeFolders(plan, { root }, out, 2 ** 60)).rejects.toMatchObject({
      code: 'disk-full',
      params: { path: out },
    });
    expect(existsSync(out)).toBe(false);
  });
});

describe('expectUnchanged', () => {
  it('adds up the bytes, and names pictures that are gone or others now', async () => {
    const { root, scanned } = await pets();
    const sizes = scanned.images.map((image) => statSync(path.join(root, image.path)).size);
    expect(await expectUnchanged('pets', { root }, scanned.images)).toBe(sizes.reduce((sum, size) => sum + size));
    rmSync(path.join(root, 'val/cats/1.jpg'));
    writeFileSync(path.join(root, 'test/dogs/1.jpg'), 'other');
    await expect(expectUnchanged('pets', { root }, scanned.images)).rejects.toMatchObject({
      code: 'dataset-changed',
      params: { name: 'pets', numFiles: 2, files: ['test/dogs/1.jpg', 'val/cats/1.jpg'] },
    });
  });
});
