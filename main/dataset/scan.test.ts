import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GraftError } from '../../contract/errors.ts';
import { readStart, scanFolder } from './scan.ts';
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

describe('scanFolder of an odd tree', () => {
  const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
  const long = 'x'.repeat(251);
  /** Entries of a folder, each with its verdict: a class, a reason to skip it, or null where it is passed over in silence. */
  const oddities: [name: string, make: (name: string) => void, verdict: string | null][] = [
    ['cats/plain.jpg', put, 'cats'],
    ['\u{1F431}/\u{1F408}\u200d\u2b1b.jpg', put, '\u{1F431}'],
    ['cafe\u0301/1.jpg', put, 'caf\u00e9'],
    ['caf\u00e9/2.jpg', put, 'caf\u00e9'],
    ['cats/\u202egpj.exe', put, 'cats'],
    ['\u05d7\u05ea\u05d5\u05dc/\u0642\u0637.jpg', put, '\u05d7\u05ea\u05d5\u05dc'],
    ['cats/two\nlines.jpg', put, 'cats'],
    ['cats/"quoted" \'n\' `ticked` $(id).jpg', put, 'cats'],
    ['cats/<img src=x onerror=alert(1)>.jpg', put, 'cats'],
    ['cats/ lead and trail ', put, 'cats'],
    ['cats/back\\slash.jpg', put, 'cats'],
    [`cats/${long}.jpg`, put, 'cats'],
    ['cats/CON.jpg', put, 'cats'],
    ['cats/nul', put, 'cats'],
    ['cats/no extension', put, 'cats'],
    ['cats/a.zip', put, 'cats'],
    ['__proto__/1.jpg', put, '__proto__'],
    ['cats/phone.heic', (name) => put(name, heic), 'unsupported-format'],
    ['cats/zero.jpg', (name) => put(name, ''), 'empty'],
    ['cats/one.jpg', (name) => put(name, '\xff'), 'not-an-image'],
    ['cats/pack.jpg', (name) => put(name, 'PK\x03\x04'), 'not-an-image'],
    ['cats/movie.mp4', (name) => put(name, '\0\0\0\x18ftypisom\0\0\0\0isom'), 'not-an-image'],
    ['lost.jpg', put, 'no-class'],
    ['cats/to itself', (name) => link('to itself', name), 'unreadable'],
    ['cats/to and fro', (name) => link('./fro and to', name), 'unreadable'],
    ['cats/fro and to', (name) => link('./to and fro', name), 'unreadable'],
    ['cats/to nowhere', (name) => link('nowhere', name), 'unreadable'],
    ['cats/below a file', (name) => link('plain.jpg/1.jpg', name), 'unreadable'],
    ['cats/to the top', (name) => link('..', name), 'unreadable'],
    ['cats/to a picture', (name) => link('plain.jpg', name), 'cats'],
    ['cats/to zeros', (name) => link('/dev/zero', name), 'unreadable'],
    ['cats/to the terminal', (name) => link('/dev/tty', name), 'unreadable'],
    ['cats/pipe.jpg', (name) => execFileSync('mkfifo', [path.join(root, name)]), 'unreadable'],
    [`cats/${'deep/'.repeat(40)}1.jpg`, put, null], // its folder is told instead
    ['nothing/in/here', (name) => void fs.mkdirSync(path.join(root, name), { recursive: true }), null],
    ['__MACOSX/cats/._1.jpg', put, null],
    ['cats/__MacOSX/1.jpg', put, null],
    ['cats/Thumbs.db', put, null],
    ['cats/desktop.ini', put, null],
    ['cats/.DS_Store', put, null],
    ['cats/.hidden/1.jpg', put, null],
    ['.git/1.jpg', put, null],
    ['@eaDir/1.jpg', put, null],
    ['$RECYCLE.BIN/1.jpg', put, null],
  ];
  const link = (target: string, name: string): void => fs.symlinkSync(target, path.join(root, name));

  it.skipIf(process.platform === 'win32')('gives every entry its verdict, and hangs on none', async () => {
    for (const [name, make] of oddities) make(name);
    const { images, skipped, classNames, emptyClasses } = await scanFolder(root);
    const found = new Map([
      ...images.map(({ path: name, className }) => [name, className] as const),
      ...skipped.map(({ path: name, reason }) => [name, reason] as const),
    ]);
    const tooDeep = `cats/${'deep/'.repeat(31)}deep`;
    expect(found.get(tooDeep)).toBe('too-deep');
    found.delete(tooDeep);
    const expected = oddities.flatMap(([name, , verdict]) => (verdict === null ? [] : [[name, verdict] as const]));
    // Some systems keep one spelling of a name only.
    const composed = (entries: Iterable<readonly [string, string]>) =>
      [...entries].map(([name, verdict]) => `${name.normalize('NFC')}: ${verdict}`).sort();
    expect(composed(found)).toEqual(composed(expected));
    expect(images.length + skipped.length).toBe(found.size + 1); // each once
    expect(emptyClasses).toEqual(['nothing']);
    expect(classNames).toHaveLength(new Set(images.map(({ className }) => className)).size + 1);
  });

  it('goes on when what it has listed is gone, or is another thing, before it is read', async () => {
    const numFiles = 600; // a report comes in between
    for (let i = 0; i < numFiles; i++) put(`a/${String(i).padStart(3, '0')}.jpg`);
    put('b/1.jpg');
    const onProgress = ({ numFiles: numRead }: { numFiles: number }): void => {
      if (numRead !== 500) return;
      fs.rmSync(path.join(root, 'a/550.jpg'));
      fs.rmSync(path.join(root, 'a/551.jpg'));
      fs.mkdirSync(path.join(root, 'a/551.jpg'));
      fs.rmSync(path.join(root, 'b'), { recursive: true });
    };
    const { images, skipped } = await scanFolder(root, { onProgress });
    expect(images).toHaveLength(numFiles - 2);
    expect(skipped).toEqual([
      { path: 'a/550.jpg', reason: 'unreadable', detail: 'ENOENT' },
      { path: 'a/551.jpg', reason: 'unreadable', detail: 'not a file' },
      { path: 'b', reason: 'unreadable', detail: 'ENOENT' },
    ]);
  });

  it.skipIf(process.platform === 'win32')('does not wait for the pipe that took the place of a file', () => {
    execFileSync('mkfifo', [path.join(root, 'pipe.jpg')]);
    expect(readStart(path.join(root, 'pipe.jpg'))).toEqual({ reason: 'unreadable', detail: 'not a file' });
  });

  it.skipIf(process.platform !== 'linux')('tells names that are no text, which nobody can open', async () => {
    put('a/1.jpg');
    const nameOf = (name: string): Buffer => Buffer.from(`${root}/${name}`, 'latin1');
    fs.writeFileSync(nameOf('a/\xff\xfe.jpg'), jpeg);
    fs.mkdirSync(nameOf('\xff'));
    expect((await scanFolder(root)).skipped).toEqual([
      { path: 'a/\ufffd\ufffd.jpg', reason: 'unreadable', detail: 'ENOENT' },
      { path: '\ufffd', reason: 'unreadable', detail: 'ENOENT' },
    ]);
  });

  it.skipIf(process.platform === 'win32')('leaves a socket out', async () => {
    put('a/1.jpg');
    const server = createServer().listen(path.join(root, 'a/socket.jpg'));
    await once(server, 'listening');
    const { skipped } = await scanFolder(root);
    server.close();
    expect(skipped).toEqual([{ path: 'a/socket.jpg', reason: 'unreadable', detail: 'neither file nor folder' }]);
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
