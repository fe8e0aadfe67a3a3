import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GraftError } from '../../contract/errors.ts';
import { scanFolder } from './scan.ts';
import { compareWithDisk } from './verify.ts';

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46]);
let root: string;
beforeEach(() => (root = fs.mkdtempSync(path.join(os.tmpdir(), 'graft-scan-'))));
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));
const put = (file: string, bytes: Buffer | string = jpeg): void => {
  fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  fs.writeFileSync(path.join(root, file), bytes);
};
const codeOf = (target: string): Promise<string> =>
  scanFolder(target).then(
    () => 'fine',
    (error: unknown) => (error as GraftError).code,
  );

describe('scanFolder', () => {
  it('reads split folders in any case and by their short names', async () => {
    for (const folder of ['Train', 'VAL', 'test']) for (const name of ['dogs', 'cats']) put(`${folder}/${name}/1.jpg`);
    const scan = await scanFolder(root);
    expect([scan.layout, scan.classNames]).toEqual(['splits', ['cats', 'dogs']]);
    expect(scan.images.map((i) => `${i.split} ${i.className}`).sort()).toEqual([
      'test cats',
      'test dogs',
      'train cats',
      'train dogs',
      'validation cats',
      'validation dogs',
    ]);
  });
  it('reads class folders with all that is below them, ordered by code point', async () => {
    for (const file of ['b/deep/er/1.jpg', 'a/1.jpg', 'B/1.jpg', '\u{1F600}/1.jpg', '\uFFFD/1.jpg']) put(file);
    const scan = await scanFolder(root);
    expect([scan.layout, scan.classNames]).toEqual(['classes', ['B', 'a', 'b', '\uFFFD', '\u{1F600}']]);
    expect(scan.images.find((i) => i.path === 'b/deep/er/1.jpg')?.className).toBe('b');
  });
  it('takes a folder named like a split for a class where its neighbours are classes', async () => {
    for (const file of ['train/1.jpg', 'plane/1.jpg', 'car/1.jpg']) put(file);
    expect((await scanFolder(root)).classNames).toEqual(['car', 'plane', 'train']);
  });
  it('looks through a lone folder around the data set', async () => {
    for (const file of ['pets/train/cats/1.jpg', 'pets/train/dogs/1.jpg', '.DS_Store', '__MACOSX/pets/._1.jpg'])
      put(file);
    expect((await scanFolder(root)).images.map((i) => i.path)).toEqual([
      'pets/train/cats/1.jpg',
      'pets/train/dogs/1.jpg',
    ]);
  });
  it('gives every file a verdict by its bytes and not by its name', async () => {
    put('a/real.txt');
    put('a/fake.jpg', 'hello');
    put('a/empty.jpg', '');
    put('a/drawing.png', '<svg xmlns="x"/>');
    put('b/1.jpg');
    put('lost.jpg');
    for (const hidden of ['a/Thumbs.db', 'a/.hidden.jpg', 'desktop.ini', '.git/1.jpg']) put(hidden);
    fs.symlinkSync('nowhere', path.join(root, 'a/broken.jpg'));
    const scan = await scanFolder(root);
    expect(scan.images.map((i) => i.path)).toEqual(['a/real.txt', 'b/1.jpg']);
    expect(scan.skipped.map((s) => `${s.path} ${s.reason}`)).toEqual([
      'a/broken.jpg unreadable',
      'a/drawing.png unsupported-format',
      'a/empty.jpg empty',
      'a/fake.jpg not-an-image',
      'lost.jpg no-class',
    ]);
  });
  it('names classes without a picture', async () => {
    put('a/1.jpg');
    put('b/notes.txt', 'none');
    expect((await scanFolder(root)).emptyClasses).toEqual(['b']);
  });
  it('survives links that go in circles', async () => {
    put('a/1.jpg');
    put('b/1.jpg');
    fs.symlinkSync(root, path.join(root, 'a/up'));
    fs.symlinkSync('.', path.join(root, 'b/self'));
    expect((await scanFolder(root)).images).toHaveLength(2);
  });
  it('leaves out links that the caller does not allow', async () => {
    put('a/1.jpg');
    put('b/1.jpg');
    fs.symlinkSync('/etc/hosts', path.join(root, 'a/out.jpg'));
    const { skipped } = await scanFolder(root, { isAllowed: (real) => real.startsWith(fs.realpathSync(root)) });
    expect(skipped).toEqual([{ path: 'a/out.jpg', reason: 'unreadable', detail: 'link-outside' }]);
  });
  it('says what is wrong with a place that is no folder of pictures', async () => {
    put('notes.txt', 'x');
    put('data.zip', 'PK');
    expect(await codeOf(path.join(root, 'none'))).toBe('path-not-found');
    expect(await codeOf(path.join(root, 'notes.txt'))).toBe('not-a-folder');
    expect(await codeOf(path.join(root, 'data.zip'))).toBe('data-kind-not-supported');
    expect(await codeOf('https://example.org/data.zip')).toBe('data-kind-not-supported');
    put('test/cats/1.jpg');
    expect(await codeOf(root)).toBe('split-without-train');
  });
  it('stops when called off', async () => {
    put('a/1.jpg');
    await expect(scanFolder(root, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
  it('stops between two files when called off in the middle', async () => {
    const numFiles = 6000;
    fs.mkdirSync(path.join(root, 'a'));
    for (let i = 0; i < numFiles; i++) fs.writeFileSync(path.join(root, 'a', `${i}.jpg`), jpeg);
    const controller = new AbortController();
    let numRead = 0;
    const onProgress = (progress: { numFiles: number }): void => {
      numRead = progress.numFiles;
      controller.abort();
    };
    await expect(scanFolder(root, { signal: controller.signal, onProgress })).rejects.toThrow(/abort/i);
    expect(numRead).toBeLessThan(numFiles);
  });
});

describe('compareWithDisk', () => {
  it('names what changed, what is gone and what is new', async () => {
    for (const name of ['same', 'changed', 'gone']) put(`a/${name}.jpg`);
    const scan = await scanFolder(root);
    put('a/changed.jpg', Buffer.concat([jpeg, jpeg]));
    fs.rmSync(path.join(root, 'a/gone.jpg'));
    put('b/new.jpg');
    expect(await compareWithDisk(scan, { findNew: true })).toEqual({
      changed: ['a/changed.jpg'],
      missing: ['a/gone.jpg'],
      added: ['b/new.jpg'],
    });
  });
});
