import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { scanData } from './scan-data.ts';
import { scanLabels, type LabelScanOptions } from './scan-labels.ts';

/** `images/1.jpg` to `4.jpg`, `more/1.jpg` and `2.jpg`, and a list. */
async function listed(content: string, name = 'labels.csv') {
  const beside = await temporaryFolder();
  const root = path.join(beside, 'pets');
  await writeImageTree(root, { images: 4, 'more/deep': 2 });
  writeFileSync(path.join(root, name), content);
  const scan = (options: Partial<LabelScanOptions> = {}) => scanLabels(root, name, { takesAbsolute: true, ...options });
  return { beside, root, scan };
}
const verdicts = ({ skipped }: { skipped: { path: string; reason: string }[] }) =>
  Object.fromEntries(skipped.map((file) => [file.path, file.reason]));
const labels = ({ images }: { images: { path: string; className: string; split: string | null }[] }) =>
  images.map((image) => [image.path, image.className, image.split]);

describe('scanLabels', () => {
  it('reads the pictures that a list names, with slashes of either kind, and counts those it does not', async () => {
    const { scan, root } = await listed(
      'path,label\nimages/1.jpg,cat\n.\\images\\2.jpg,dog\n./more//deep/../deep/1.jpg,cat\n',
    );
    const scanned = await scan();
    expect(labels(scanned)).toEqual([
      ['images/1.jpg', 'cat', null],
      ['images/2.jpg', 'dog', null],
      ['more/deep/1.jpg', 'cat', null],
    ]);
    expect(scanned).toMatchObject({
      root,
      layout: 'classes',
      classNames: ['cat', 'dog'],
      skipped: [],
      emptyClasses: [],
    });
    expect(scanned.labels).toEqual({ file: 'labels.csv', numUnlisted: 3 });
    expect(scanned.images.every(({ sizeBytes, sha256 }) => sizeBytes > 100 && sha256 === null)).toBe(true);
  });

  it('keeps the parts that a list gives, and wants one to train on', async () => {
    const { scan, root } = await listed('a,b\nimages/1.jpg,cat,train\n');
    writeFileSync(
      path.join(root, 'labels.csv'),
      'images/1.jpg,cat,train\nimages/2.jpg,cat,VAL\nimages/3.jpg,dog,test\n',
    );
    expect(labels(await scan()).map(([, , split]) => split)).toEqual(['train', 'validation', 'test']);
    expect((await scan()).layout).toBe('splits');
    writeFileSync(path.join(root, 'labels.csv'), 'images/1.jpg,cat,test\n');
    await expect(scan()).rejects.toMatchObject({ code: 'split-without-train' });
  });

  it('has a verdict for every row', async () => {
    const { scan, root } = await listed(
      [
        'images/1.jpg,cat',
        'images/gone.jpg,cat', // 2
        'nowhere/1.jpg,cat',
        'images/2.jpg,', // 4
        'images/1.jpg,cat',
        'images/3.jpg,cat', // 6
        './images/3.jpg,dog',
        'note.txt,dog', // 8
        'images,dog',
        'images/4.jpg,', // 10
        'images/4.jpg,owl',
      ].join('\n'),
    );
    writeFileSync(path.join(root, 'note.txt'), 'text');
    const scanned = await scan();
    expect(verdicts(scanned)).toEqual({
      'images/gone.jpg': 'missing-file',
      'nowhere/1.jpg': 'missing-file',
      'images/2.jpg': 'no-class',
      'labels.csv:5': 'duplicate-row',
      'images/3.jpg': 'conflicting-rows',
      'note.txt': 'not-an-image',
      images: 'unreadable',
      'labels.csv:11': 'duplicate-row',
    });
    expect(scanned.skipped.find(({ reason }) => reason === 'conflicting-rows')?.detail).toBe('labels.csv:6 cat / labels.csv:7 dog'); // prettier-ignore
    expect(labels(scanned)).toEqual([
      ['images/1.jpg', 'cat', null],
      ['images/4.jpg', 'owl', null],
    ]);
    expect([scanned.classNames, scanned.emptyClasses]).toEqual([['cat', 'dog', 'owl'], ['dog']]);
  });

  it('says that a picture is in two parts', async () => {
    const { scan } = await listed('images/1.jpg,cat,train\nimages/2.jpg,cat,train\nimages/2.jpg,cat,test\n');
    expect(verdicts(await scan())).toEqual({ 'images/2.jpg': 'conflicting-rows' });
  });

  it('never looks at what lies outside', async () => {
    const hostile = ['../secret.jpg', '..\\secret.jpg', 'images/../../secret.jpg', '..', 'C:\\secret.jpg', 'c:secret.jpg', '\\\\host\\share\\x.jpg', '//host/x.jpg', 'a\0.jpg']; // prettier-ignore
    const { beside, root, scan } = await listed('');
    await writeImageTree(beside, { other: 1 });
    renameSync(path.join(beside, 'other', '1.jpg'), path.join(beside, 'secret.jpg'));
    symlinkSync(path.join(beside, 'secret.jpg'), path.join(root, 'images', 'link.jpg'));
    symlinkSync(beside, path.join(root, 'up'));
    const inside = { isAllowed: (real: string) => real === root || real.startsWith(root + path.sep) };
    const rows = [...hostile, path.join(beside, 'secret.jpg'), 'images/link.jpg', 'up/secret.jpg', 'images/1.jpg'];
    writeFileSync(path.join(root, 'labels.csv'), rows.map((row) => `"${row}",cat`).join('\n'));
    const scanned = await scan(inside);
    expect(labels(scanned)).toEqual([['images/1.jpg', 'cat', null]]);
    expect(scanned.skipped.map(({ reason }) => reason)).toEqual(Array(12).fill('outside'));
    expect(scanned.skipped.find((file) => file.path === 'labels.csv:1')?.detail).toBe('../secret.jpg');
  });

  it('follows absolute paths only where the caller may go, and none of a list from elsewhere', async () => {
    const { beside, root, scan } = await listed('');
    await writeImageTree(beside, { other: 1 });
    const rows = [path.join(root, 'images', '1.jpg'), path.join(beside, 'other', '1.jpg')];
    writeFileSync(path.join(root, 'labels.csv'), rows.map((row) => `${row},cat`).join('\n'));
    expect(labels(await scan()).map(([file]) => file)).toEqual(['../other/1.jpg', 'images/1.jpg']);
    const inside = { isAllowed: (real: string) => real.startsWith(root) };
    expect(labels(await scan(inside)).map(([file]) => file)).toEqual(['images/1.jpg']);
    expect(labels(await scan({ takesAbsolute: false }))).toEqual([]);
  });

  it('finds a name whose letters the disk holds apart, or the list does', async () => {
    const { root, scan } = await listed('');
    const names = ['가나.jpg', 'é.jpg'.normalize('NFD')];
    for (const [i, name] of names.entries()) renameSync(path.join(root, 'images', `${i + 1}.jpg`), path.join(root, 'images', name)); // prettier-ignore
    const other = names.map((name) => (name.normalize('NFD') === name ? name.normalize('NFC') : name.normalize('NFD')));
    writeFileSync(path.join(root, 'labels.csv'), other.map((name) => `images/${name},cat`).join('\n'));
    expect(await scan()).toMatchObject({ skipped: [], images: [{ className: 'cat' }, { className: 'cat' }] });
  });

  it('stops when called off, and says when the list is gone', async () => {
    const { root, scan } = await listed('images/1.jpg,cat\n');
    const stop = AbortSignal.abort();
    await expect(scan({ signal: stop })).rejects.toThrow(/aborted/);
    rmSync(path.join(root, 'labels.csv'));
    await expect(scan()).rejects.toMatchObject({ code: 'path-not-found' });
  });
});

describe('scanData', () => {
  const data = (root: string) => scanData({ root, kind: 'upload', labels: null });

  it('takes the one list at the top where the folders are no classes', async () => {
    const { root, beside } = await listed('images/1.jpg,cat\nmore/deep/1.jpg,dog\n');
    rmSync(path.join(root, 'more', 'deep', '2.jpg'));
    renameSync(path.join(root, 'more'), path.join(root, 'images', 'more'));
    writeFileSync(path.join(root, 'labels.csv'), 'images/1.jpg,cat\nimages/more/deep/1.jpg,dog\n');
    const scanned = await data(root);
    expect(scanned).toMatchObject({ classNames: ['cat', 'dog'], labels: { file: 'labels.csv', numUnlisted: 3 } });
    // The same in a folder around everything, as archives have it.
    expect(await data(beside)).toMatchObject({
      labels: { file: 'pets/labels.csv' },
      images: [{ path: 'pets/images/1.jpg' }, { path: 'pets/images/more/deep/1.jpg' }],
    });
    writeFileSync(path.join(root, 'other.json'), '{}');
    expect(await data(root)).toMatchObject({ labels: null, classNames: ['images'] });
  });

  it('takes folders where they are classes, and where a file only has the name of a list', async () => {
    const { root } = await listed('images/1.jpg,cat\nmore/deep/1.jpg,dog\n');
    expect(await data(root)).toMatchObject({ labels: null, classNames: ['images', 'more'] });
    rmSync(path.join(root, 'more'), { recursive: true });
    writeFileSync(path.join(root, 'labels.csv'), 'images/1.jpg,cat,train,more\n');
    await expect(data(root)).rejects.toMatchObject({ code: 'labels-not-readable', params: { problem: 'columns' } });
    writeFileSync(path.join(root, 'labels.csv'), 'id;width\n1;2\n');
    expect(await data(root)).toMatchObject({ labels: null, classNames: ['images'] });
  });

  it('reads again by the list that it was opened by, whatever lies beside it', async () => {
    const { root } = await listed('images/1.jpg,cat\n');
    writeFileSync(path.join(root, 'second.csv'), 'images/2.jpg,dog\n');
    mkdirSync(path.join(root, 'third'));
    const scanned = await scanData({ root, kind: 'folder', labels: { file: 'second.csv', numUnlisted: 0 } });
    expect(labels(scanned)).toEqual([['images/2.jpg', 'dog', null]]);
  });
});
