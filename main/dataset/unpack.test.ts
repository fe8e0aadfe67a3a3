import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { crc32, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { GraftError } from '../../contract/errors.ts';
import { paxEntry, tarEntry, tarOf, zipOf, type TarEntrySpec, type ZipEntrySpec } from '../testing/archives.ts';
import { hasSharedData, sharedData } from '../testing/backend.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { createRandom } from './seeded.ts';
import { archiveKind, unpackArchive, type Unpacked, type UnpackOptions } from './unpack.ts';
import { toldPath } from './upload-path.ts';

const picture = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(3000)]);
const other = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47]), randomBytes(200)]);
const MB = 2 ** 20;
const numFuzzed = Number(process.env['GRAFT_FUZZ'] ?? 300);

/** Everything below a folder: paths, kinds, modes and content. */
function treeOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const stat = lstatSync(path.join(folder, name));
      const content = stat.isFile()
        ? createHash('sha256')
            .update(readFileSync(path.join(folder, name)))
            .digest('hex')
        : '';
      return `${name} ${stat.mode.toString(8)} ${content}`;
    });
}

type Outcome = { error: unknown; result: Unpacked | null; files: Record<string, Buffer>; folder: string };

/**
 * Unpacks into `home/in/data` and looks at all of `home`: nothing may have changed but that one folder, and after a
 * failure nothing at all.
 */
async function unpack(archive: Buffer | string, options: UnpackOptions = {}): Promise<Outcome> {
  const home = await temporaryFolder();
  mkdirSync(path.join(home, 'in'));
  writeFileSync(path.join(home, 'canary.txt'), 'as it was');
  writeFileSync(path.join(home, 'in/xt'), 'as it was');
  const file = typeof archive === 'string' ? archive : path.join(home, 'archive');
  if (typeof archive !== 'string') writeFileSync(file, archive);
  const before = treeOf(home);
  const folder = path.join(home, 'in/data');
  let error: unknown = null;
  let result: Unpacked | null = null;
  try {
    result = await unpackArchive(file, folder, options);
  } catch (thrown) {
    error = thrown;
  }
  const inside = /^in\/data( |\/)/;
  const after = treeOf(home);
  expect(after.filter((line) => error !== null || !inside.test(line))).toEqual(before);
  return { error, result, files: error === null ? contentOf(folder) : {}, folder };
}

function contentOf(folder: string): Record<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  for (const name of names) {
    const stat = lstatSync(path.join(folder, name));
    expect(stat.isFile() || stat.isDirectory(), name).toBe(true);
  }
  return Object.fromEntries(
    names
      .filter((name) => lstatSync(path.join(folder, name)).isFile())
      .map((name) => [name, readFileSync(path.join(folder, name))]),
  );
}

async function refusal(archive: Buffer, options: UnpackOptions = {}): Promise<string> {
  const { error } = await unpack(archive, options);
  if (error === null) return 'unpacked';
  if (!(error instanceof GraftError)) throw error as Error;
  return `${error.code} ${(error.params as { problem?: string }).problem ?? ''}`.trim();
}

const zipped = (...entries: ZipEntrySpec[]): Buffer => zipOf(entries);
const tarred = (...entries: TarEntrySpec[]): Buffer => tarOf(entries);

/** As a program writes it that others wrote. */
async function byYazl(files: Record<string, Buffer>, zip64 = false): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(content, name, { forceZip64Format: zip64 });
  zip.end({ forceZip64Format: zip64, comment: 'made by yazl' });
  const pieces: Buffer[] = [];
  zip.outputStream.on('data', (piece: Buffer) => pieces.push(piece));
  await finished(zip.outputStream);
  return Buffer.concat(pieces);
}

describe('archiveKind', () => {
  it.each([
    ['zip', zipped({ name: 'a.jpg', content: picture })],
    ['zip', zipped()],
    ['tar', tarred({ name: 'a.jpg', content: picture })],
    ['tar.gz', gzipSync(tarred({ name: 'a.jpg', content: picture }))],
    ['tar.gz', gzipSync(tarred({ name: 'a.jpg', content: picture }), { level: 0 })],
    [null, gzipSync(randomBytes(5000))],
    [null, Buffer.from([0x1f, 0x8b, 8])],
    [null, picture],
    [null, Buffer.alloc(0)],
    [null, Buffer.alloc(1024)],
  ])('tells %s by its first bytes', (kind, bytes) => {
    expect(archiveKind(bytes.subarray(0, 4096))).toBe(kind);
  });
});

describe('unpackArchive', () => {
  const files = { 'train/cats/a.jpg': picture, 'train/dogs/b.png': other, '한국어/고양이.png': other };

  it.each([
    ['a ZIP', () => byYazl(files)],
    ['a ZIP of 64 bits', () => byYazl(files, true)],
    ['a TAR', async () => tarOf(Object.entries(files).map(([name, content]) => ({ name, content })))],
    ['a TAR.GZ', async () => gzipSync(tarOf(Object.entries(files).map(([name, content]) => ({ name, content }))))],
  ])('unpacks %s whole', async (_, make) => {
    const { error, result, files: found } = await unpack(await make());
    expect(error).toBeNull();
    expect(found).toEqual(files);
    expect(result).toEqual({
      numFiles: 3,
      numBytes: picture.length + 2 * other.length,
      left: [],
      numLeft: 0,
    });
  });

  it('gives files 0644, folders 0755 and the time they had', async () => {
    const mtime = new Date(2019, 3, 5, 10, 20, 30);
    for (const archive of [
      zipped({ name: 'cats/a.jpg', content: picture, mode: 0o104777, mtime }),
      tarred({ name: 'cats/a.jpg', content: picture, mtimeField: (mtime.getTime() / 1000).toString(8) + '\0' }),
    ]) {
      const { folder } = await unpack(archive);
      expect(statSync(path.join(folder, 'cats/a.jpg')).mode & 0o7777).toBe(0o644);
      expect(statSync(path.join(folder, 'cats')).mode & 0o7777).toBe(0o755);
      expect(statSync(folder).mode & 0o7777).toBe(0o755);
      expect(statSync(path.join(folder, 'cats/a.jpg')).mtime).toEqual(mtime);
    }
  });

  it('keeps no time that makes no sense', async () => {
    const started = Date.now() - 5000;
    for (const mtimeField of ['00000000000\0', '77777777777\0', '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff']) {
      const { folder, error } = await unpack(tarred({ name: 'a.jpg', content: picture, mtimeField }));
      expect(error).toBeNull();
      expect(statSync(path.join(folder, 'a.jpg')).mtimeMs).toBeGreaterThan(started);
    }
  });

  it('takes backslashes as folders, and `./` in front as nothing', async () => {
    expect(Object.keys((await unpack(zipped({ name: 'cats\\a.jpg', content: picture }))).files)).toEqual([
      'cats/a.jpg',
    ]);
    const dotted = tarred(
      { name: './', type: '5' },
      { name: './cats/', type: '5' },
      { name: './cats/a.jpg', content: picture },
    );
    expect(Object.keys((await unpack(dotted)).files)).toEqual(['cats/a.jpg']);
  });

  it('keeps empty folders, which are classes without pictures', async () => {
    for (const archive of [
      zipped({ name: 'cats/', mode: 0o040755 }, { name: 'dogs/a.jpg', content: picture }),
      tarred({ name: 'cats', type: '5', sizeField: '00000001000\0' }, { name: 'dogs/a.jpg', content: picture }),
    ]) {
      const { folder } = await unpack(archive);
      expect(readdirSync(folder).sort()).toEqual(['cats', 'dogs']);
    }
  });

  it('tells how far it is', async () => {
    const seen: [number, number][] = [];
    const archive = tarred({ name: 'a.jpg', content: randomBytes(3 * MB) });
    await unpack(archive, { onProgress: (done, total) => seen.push([done, total]) });
    expect(seen.at(-1)).toEqual([archive.length, archive.length]);
    expect(seen.every(([done, total], i) => done >= (seen[i - 1]?.[0] ?? 0) && done <= total)).toBe(true);
  });

  it('overwrites nothing that is there', async () => {
    const home = await temporaryFolder();
    writeFileSync(path.join(home, 'a.zip'), zipped({ name: 'a.jpg', content: picture }));
    mkdirSync(path.join(home, 'data'));
    const before = treeOf(home);
    await expect(unpackArchive(path.join(home, 'a.zip'), path.join(home, 'data'))).rejects.toMatchObject({
      code: 'out-not-empty',
    });
    await expect(unpackArchive(path.join(home, 'a.zip'), path.join(home, 'a.zip', 'data'))).rejects.toMatchObject({
      code: 'cannot-write',
    });
    await expect(unpackArchive(path.join(home, 'b.zip'), path.join(home, 'b'))).rejects.toMatchObject({
      code: 'path-not-found',
    });
    await expect(unpackArchive(home, path.join(home, 'b'))).rejects.toMatchObject({ code: 'archive-damaged' });
    expect(treeOf(home)).toEqual(before);
  });
});

describe('names in archives', () => {
  const deep = 'x/'.repeat(40) + 'y.jpg';
  const outside = [
    '../x.jpg',
    '../../canary.txt',
    'a/../../x.jpg',
    'a/../b.jpg',
    'a/..',
    '..',
    '../',
    '/etc/passwd',
    '/',
    '//server/share/x.jpg',
    '///x.jpg',
    'C:/x.jpg',
    'C:x.jpg',
    'c:\\windows\\x.jpg',
    'z:',
    '..\\x.jpg',
    'a\\..\\..\\x.jpg',
    '\\x.jpg',
    '\\\\server\\share\\x.jpg',
    '\\\\?\\C:\\x.jpg',
    'a/../../in/data2/x.jpg',
    './../x.jpg',
    '__MACOSX/../../x.jpg',
    '.hidden/../../x.jpg',
    'a/b/c/../../../../x.jpg',
    '../in/xt',
  ];
  const misleading = ['x\0.jpg', '\0', 'a/x.jpg\0../../x', 'cat.jpg\0.exe'];
  const left = [
    '',
    'a//b.jpg',
    'a/./b.jpg',
    '././b.jpg',
    'con.jpg',
    'CON',
    'a/nul',
    'NUL.tar.jpg',
    'prn.png',
    'aux/x.jpg',
    'com1.jpg',
    'Com9',
    'com².jpg',
    'lpt1.jpg',
    'conin$',
    'trailing.',
    'trailing ',
    'folder./x.jpg',
    'folder /x.jpg',
    'x\n.jpg',
    'x\u001b[31m.jpg',
    'x\u007f.jpg',
    'ads.jpg:stream',
    'q?.jpg',
    'star*.jpg',
    'pipe|.jpg',
    'less<.jpg',
    'quote".jpg',
    `${'a'.repeat(252)}.jpg`,
    `${'고'.repeat(85)}.jpg`,
    deep,
    `${'folder/'.repeat(20)}${'x'.repeat(1000)}.jpg`,
  ];
  const passed = [
    '.graft/recipe.json',
    '.GRAFT/x.jpg',
    'a/.graft/x.jpg',
    '__MACOSX/._a.jpg',
    'cats/__macosx/x.jpg',
    'cats/Thumbs.db',
    'cats/.DS_Store',
    'cats/._a.jpg',
    '.git/config',
    'desktop.ini',
    '@eaDir/a.jpg',
  ];
  const good = { name: 'cats/good.jpg', content: picture };
  const asTar = (name: string): TarEntrySpec[] => [paxEntry({ path: name }), { name: 'short.jpg', content: other }];

  it('are more than sixty', () => {
    expect(outside.length + misleading.length + left.length + passed.length).toBeGreaterThanOrEqual(60);
  });

  it.each(outside)('refuse the whole archive that leads elsewhere: %j', async (name) => {
    expect(await refusal(zipped(good, { name, content: other }))).toBe('archive-refused outside');
    expect(await refusal(tarred(good, ...asTar(name)))).toBe('archive-refused outside');
  });
  it.each(misleading)('refuse the whole archive with a zero in a name: %j', async (name) => {
    expect(await refusal(zipped(good, { name, content: other }))).toBe('archive-refused bad-name');
    expect(await refusal(tarred(good, ...asTar(name)))).toBe('archive-refused bad-name');
  });
  it.each(left)('leave what not every system can have: %j', async (name) => {
    for (const archive of [zipped(good, { name, content: other }), tarred(good, ...asTar(name))]) {
      const { result, files } = await unpack(archive);
      expect(Object.keys(files)).toEqual(['cats/good.jpg']);
      expect(result).toMatchObject({ numFiles: 1, numLeft: 1, left: [{ path: toldPath(name), reason: 'name' }] });
    }
  });
  it.each(passed)('pass over what is the system’s or Graft’s own: %j', async (name) => {
    for (const archive of [zipped(good, { name, content: other }), tarred(good, ...asTar(name))]) {
      const { result, files } = await unpack(archive);
      expect(Object.keys(files)).toEqual(['cats/good.jpg']);
      expect(result).toMatchObject({ numFiles: 1, numLeft: 0 });
    }
  });

  it.each([
    ['cats/GOOD.jpg', 'a file in another case'],
    ['cats/good.jpg', 'the same file again'],
    ['Cats/other.jpg', 'a folder in another case'],
    ['cats', 'a file for a folder'],
    ['cats/good.jpg/x.jpg', 'a folder for a file'],
    ['CATS/good.jpg/', 'a folder in another case for a file'],
  ])('leave the second of two that are one elsewhere: %s, %s', async (name) => {
    for (const archive of [zipped(good, { name, content: other }), tarred(good, ...asTar(name))]) {
      const { result, files } = await unpack(archive);
      expect(files).toEqual({ 'cats/good.jpg': picture });
      expect(result!.left).toEqual([{ path: name, reason: 'collision' }]);
    }
  });
  it('leave the second of two that differ in how an accent is written', async () => {
    const { result, files } = await unpack(
      zipped({ name: 'caf\u00e9.jpg', content: picture }, { name: 'cafe\u0301.jpg', content: other }),
    );
    expect(files).toEqual({ 'caf\u00e9.jpg': picture });
    expect(result!.left).toEqual([{ path: 'cafe\u0301.jpg', reason: 'collision' }]);
  });

  it.each([
    ['UTF-8 by its flag', Buffer.from('고양이.jpg'), 0x800, '고양이.jpg'],
    ['UTF-8 without its flag', Buffer.from('고양이.jpg'), 0, '고양이.jpg'],
    [
      'Korean as Windows packs it',
      Buffer.from([0xb0, 0xed, 0xbe, 0xe7, 0xc0, 0xcc, 0x2e, 0x6a, 0x70, 0x67]),
      0,
      '고양이.jpg',
    ],
    ['Korean beyond EUC-KR', Buffer.from([0xb6, 0xca, 0x8c, 0x63, 0x2e, 0x6a, 0x70, 0x67]), 0, '똘똠.jpg'],
    ['the code page of the IBM PC', Buffer.from([0x63, 0x61, 0x66, 0x82, 0x2e, 0x6a, 0x70, 0x67]), 0, 'café.jpg'],
  ])('are read in %s', async (_, name, flags, expected) => {
    const { files } = await unpack(zipped({ name, flags, content: picture }));
    expect(Object.keys(files).map((found) => found.normalize('NFC'))).toEqual([expected]);
  });
  it('are read from the extra field where there is one, and judged like others', async () => {
    const name = Buffer.from([0x80, 0x2e, 0x6a, 0x70, 0x67]);
    const extra = (unicode: string): Buffer => {
      const value = Buffer.from(unicode);
      const head = Buffer.alloc(9);
      head.writeUInt16LE(0x7075, 0);
      head.writeUInt16LE(5 + value.length, 2);
      head.writeUInt8(1, 4);
      head.writeUInt32LE(crc32(name), 5);
      return Buffer.concat([head, value]);
    };
    expect(Object.keys((await unpack(zipped({ name, content: picture, centralExtra: extra('Ä.jpg') }))).files)).toEqual(
      ['Ä.jpg'],
    );
    expect(await refusal(zipped({ name, content: picture, centralExtra: extra('../x.jpg') }))).toBe(
      'archive-refused outside',
    );
  });
});

describe('what is neither file nor folder', () => {
  const good = { name: 'good.jpg', content: picture };
  it.each([
    ['link', 0o120777],
    ['device', 0o020666],
    ['device', 0o060666],
    ['device', 0o010666],
    ['device', 0o140777],
  ])('refuses a ZIP with a %s, mode %o', async (problem, mode) => {
    expect(await refusal(zipped(good, { name: 'x', content: '/etc/passwd', mode }))).toBe(`archive-refused ${problem}`);
  });
  it('refuses a ZIP that writes through its own link', async () => {
    const through = zipped({ name: 'x', content: '..', mode: 0o120777 }, { name: 'x/canary.txt', content: 'changed' });
    expect(await refusal(through)).toBe('archive-refused link');
  });
  it.each([
    ['link', '1'],
    ['link', '2'],
    ['device', '3'],
    ['device', '4'],
    ['device', '6'],
  ])('refuses a TAR with a %s, type %s', async (problem, type) => {
    expect(await refusal(tarred(good, { name: 'x', type, linkName: '../canary.txt' }))).toBe(
      `archive-refused ${problem}`,
    );
    expect(await refusal(gzipSync(tarred(good, { name: 'x', type, linkName: 'good.jpg' })))).toBe(
      `archive-refused ${problem}`,
    );
  });
  it('leaves what a program added for itself', async () => {
    const { result, files } = await unpack(
      tarred({ name: 'tape', type: 'V' }, { name: 'q', type: 'Q', content: other }, good),
    );
    expect(Object.keys(files)).toEqual(['good.jpg']);
    expect(result!.left).toEqual([
      { path: 'tape', reason: 'kind' },
      { path: 'q', reason: 'kind' },
    ]);
  });
  it('leaves archives inside, by name and by their first bytes', async () => {
    const inner = zipped({ name: 'a.jpg', content: picture });
    const entries = [
      { name: 'inner.zip', content: inner },
      { name: 'inner.jpg', content: inner, isStored: true },
      { name: 'packed.png', content: gzipSync(picture), isStored: true },
      { name: 'tar.jpg', content: tarred(good), isStored: true },
      { name: 'x.7z', content: other },
      good,
    ];
    for (const archive of [zipOf(entries), tarOf(entries)]) {
      const { result, files } = await unpack(archive);
      expect(Object.keys(files)).toEqual(['good.jpg']);
      expect(result!.left.map(({ reason }) => reason)).toEqual(Array(5).fill('archive'));
      expect(result!.numBytes).toBe(picture.length);
    }
  });
});

describe('archives made to fill a disk', () => {
  const zeros = (numBytes: number): Buffer => Buffer.alloc(numBytes);

  it('refuses a thousandfold ratio past ten megabytes, and lets less pass', async () => {
    expect(await refusal(zipped({ name: 'a.bmp', content: zeros(11 * MB) }))).toBe('archive-refused ratio');
    expect(await refusal(gzipSync(tarred({ name: 'a.bmp', content: zeros(11 * MB) })))).toBe('archive-refused ratio');
    expect((await unpack(zipped({ name: 'a.bmp', content: zeros(9 * MB) }))).error).toBeNull();
    expect((await unpack(gzipSync(tarred({ name: 'a.bmp', content: zeros(9 * MB) })))).error).toBeNull();
  });
  it('refuses many small ones that each stay below', async () => {
    const entries = Array.from({ length: 3 }, (_, i) => ({ name: `${i}.bmp`, content: zeros(6 * MB) }));
    expect(await refusal(zipOf(entries))).toBe('archive-refused ratio');
  });
  it('counts what comes out behind the end of the TAR, and of what is passed over', async () => {
    const hidden = Buffer.concat([tarred({ name: 'a.jpg', content: picture }), zeros(11 * MB)]);
    expect(await refusal(gzipSync(hidden))).toBe('archive-refused ratio');
    expect(await refusal(gzipSync(tarred({ name: '.x', content: zeros(11 * MB) })))).toBe('archive-refused ratio');
  });
  it.each([0, 100, 5 * MB])('stops where a header lies: %d bytes declared of 30 MB', async (declaredSize) => {
    expect(await refusal(zipped({ name: 'a.bmp', content: zeros(30 * MB), declaredSize }))).toBe(
      'archive-damaged sizes',
    );
  });
  it('refuses sizes that are larger than true', async () => {
    expect(await refusal(zipped({ name: 'a.jpg', content: picture, declaredSize: 4000 }))).toBe(
      'archive-damaged sizes',
    );
    expect(await refusal(zipped({ name: 'a.jpg', content: picture, declaredSize: 0xfffffffe }))).toBe(
      'archive-refused file-too-large',
    );
    expect(await refusal(zipped({ name: 'a.jpg', content: picture, isStored: true, declaredSize: 1 }))).toBe(
      'archive-damaged sizes',
    );
  });

  it.each([
    ['file-too-large', { maxFileBytes: 2000 }],
    ['too-large', { maxTotalBytes: 5000 }],
    ['no-space', { minFreeBytes: 2 ** 60 }],
    ['too-many-files', { maxEntries: 1 }],
  ])('refuses what costs too much: %s', async (problem, limits) => {
    const entries = [1, 2].map((i) => ({ name: `${i}.jpg`, content: picture }));
    for (const archive of [zipOf(entries), tarOf(entries), gzipSync(tarOf(entries))])
      expect(await refusal(archive, { limits })).toBe(`archive-refused ${problem}`);
  });
  it('counts the folders that names bring', async () => {
    const entries = Array.from({ length: 10 }, (_, i) => ({ name: `${i}/a/b/c/d/e/f/g/h/i/x.jpg`, content: other }));
    expect(await refusal(zipOf(entries), { limits: { maxEntries: 100 } })).toBe('archive-refused too-many-files');
    expect(await refusal(tarOf(entries), { limits: { maxEntries: 100 } })).toBe('archive-refused too-many-files');
  });
  it('refuses a million entries at once, and 250,000 that hide their number', async () => {
    const archive = zipOf([{ name: 'a.jpg', content: picture }], { zip64: true, numEntries: 1_000_000 });
    const one = zipOf([{ name: '.a' }]);
    const local = one.subarray(0, one.indexOf('PK\x01\x02'));
    const central = one.subarray(local.length, one.indexOf('PK\x05\x06'));
    const end = Buffer.from(one.subarray(local.length + central.length));
    const many = Array.from({ length: 250_000 }, (_, i) => {
      const entry = Buffer.from(central);
      entry.writeUInt32LE(i * local.length, 42);
      return entry;
    });
    end.writeUInt16LE(250_000 & 0xffff, 8);
    end.writeUInt16LE(250_000 & 0xffff, 10);
    end.writeUInt32LE(250_000 * local.length, 16);
    const hiding = Buffer.concat([...Array.from(many, () => local), ...many, end]);
    const started = performance.now();
    expect(await refusal(archive)).toBe('archive-refused too-many-files');
    expect(performance.now() - started).toBeLessThan(2000);
    expect(await refusal(hiding)).toBe('archive-refused too-many-files');
    expect(performance.now() - started).toBeLessThan(15_000);
  });
  it('finds the pictures beyond the sixteen bits of their number', async () => {
    const entries = Array.from({ length: 65_540 }, (_, i) => ({
      name: i < 65_535 ? `.${i}` : `${i}.jpg`,
      content: '',
      isStored: true,
    }));
    const { files } = await unpack(zipOf(entries));
    expect(Object.keys(files)).toEqual(['65535.jpg', '65536.jpg', '65537.jpg', '65538.jpg', '65539.jpg']);
  });

  it('refuses files over the same bytes', async () => {
    const same = zipped({ name: 'a.jpg', content: picture }, { name: 'b.jpg', content: picture, offset: 0 });
    expect(await refusal(same)).toBe('archive-refused overlap');
    // The content of the first spans the second, header and all.
    const second = zipped({ name: 'b.jpg', content: picture, isStored: true });
    const inner = second.subarray(0, second.indexOf('PK\x01\x02'));
    const quoting = zipped(
      { name: 'a.jpg', content: inner, isStored: true },
      { name: 'b.jpg', content: picture, isStored: true, offset: 30 + 5 },
    );
    expect(await refusal(quoting)).toBe('archive-refused overlap');
    // The local extra field of the first spans the header of the second, so that both have the same content.
    const header = zipped({ name: 'b.jpg', content: other }).subarray(0, 35);
    const extra = zipped(
      { name: 'a.jpg', content: other, localExtra: Buffer.concat([Buffer.from([0x99, 0x99, 35, 0]), header]) },
      { name: 'b.jpg', content: other, offset: 30 + 5 + 4 },
    );
    expect(await refusal(extra)).toBe('archive-refused overlap');
    const empty = zipped(
      { name: 'a.jpg', content: '', isStored: true, localExtra: Buffer.alloc(200) },
      { name: 'b.jpg', content: '', isStored: true, offset: 40 },
    );
    expect(await refusal(empty)).toMatch(/^archive-refused overlap/);
  });
});

describe('damaged archives', () => {
  const good = { name: 'cats/good.jpg', content: picture };

  it.each([
    ['encrypted', zipped({ ...good, flags: 0x801 })],
    ['encrypted', zipped({ ...good, flags: 0x841 })],
    ['method', zipped({ ...good, method: 12 })],
    ['method', zipped({ ...good, method: 1 })],
    ['split', zipOf([good], { disk: 1 })],
    ['corrupt', zipped({ ...good, declaredCrc: 1 })],
    ['corrupt', tarred(good, { ...good, name: 'b.jpg', hasWrongChecksum: true })],
    ['method', tarred({ ...good, name: 'b.jpg', type: 'S' })],
    ['method', tarred(paxEntry({ 'GNU.sparse.major': '1' }), good)],
    ['split', tarred({ ...good, name: 'b.jpg', type: 'M' })],
    ['not-an-archive', picture],
    ['not-an-archive', Buffer.alloc(0)],
    ['not-an-archive', gzipSync(picture)],
    ['cut-off', Buffer.from('PK\x03\x04')],
  ])('says %s', async (problem, archive) => {
    expect(await refusal(archive)).toBe(`archive-damaged ${problem}`);
  });

  it('finds one wrong byte in a picture', async () => {
    const archive = zipped({ ...good, isStored: true });
    archive[200]! ^= 1;
    expect(await refusal(archive)).toBe('archive-damaged corrupt');
    const packed = gzipSync(tarred(good));
    packed[packed.length - 6]! ^= 1;
    expect(await refusal(packed)).toBe('archive-damaged corrupt');
  });

  it.each(Array.from({ length: 19 }, (_, i) => (i + 0.5) / 20))(
    'unpacks nothing of the first %d of it',
    async (part) => {
      const entries = Array.from({ length: 5 }, (_, i) => ({ name: `cats/${i}.jpg`, content: picture }));
      for (const archive of [zipOf(entries), tarOf(entries), gzipSync(tarOf(entries))])
        expect(await refusal(archive.subarray(0, Math.floor(archive.length * part)))).toMatch(/^archive-damaged/);
    },
  );
  it('takes a missing end for a missing rest', async () => {
    expect(await refusal(tarEntry(good))).toBe('archive-damaged cut-off');
    expect(await refusal(gzipSync(tarEntry(good)))).toBe('archive-damaged cut-off');
    expect(await refusal(gzipSync(tarred(good)).subarray(0, -1))).toBe('archive-damaged cut-off');
    expect(await refusal(zipped(good).subarray(0, -1))).toBe('archive-damaged cut-off');
  });

  it('survives a directory beyond the end of what a file can be', async () => {
    for (const value of [2n ** 63n, 2n ** 64n - 1n, 2n ** 53n, 2n ** 40n]) {
      const archive = zipOf([good], { zip64: true });
      archive.writeBigUInt64LE(value, archive.length - 22 - 12); // the locator's offset
      expect(await refusal(archive)).toMatch(/^archive-damaged/);
      const second = zipOf([good], { zip64: true });
      second.writeBigUInt64LE(value, second.length - 22 - 20 - 8); // the directory's offset
      expect(await refusal(second)).toMatch(/^archive-damaged/);
    }
  });
});

describe('kinds of TAR', () => {
  const long = `${'a'.repeat(60)}/${'b'.repeat(60)}/${'c'.repeat(60)}.jpg`;
  it.each<[string, TarEntrySpec[]]>([
    ['a name in two parts', [{ name: `${'c'.repeat(60)}.jpg`, prefix: `${'a'.repeat(60)}/${'b'.repeat(60)}` }]],
    [
      'a long name by GNU',
      [
        { name: '././@LongLink', type: 'L', content: `${long}\0`, isGnu: true },
        { name: 'x', isGnu: true },
      ],
    ],
    ['a long name by pax', [paxEntry({ comment: 'ä', path: long, mtime: '1600000000.5' }), { name: 'x' }]],
    ['both', [{ name: 'L', type: 'L', content: 'other\0' }, paxEntry({ path: long }), { name: 'x' }]],
    [
      'a global header',
      [
        { name: 'pax_global_header', type: 'g', content: '52 comment=0123456789012345678901234567890123456789\n' },
        paxEntry({ path: long }),
        { name: 'x' },
      ],
    ],
  ])('reads %s', async (_, entries) => {
    entries.at(-1)!.content = picture;
    const { files, error } = await unpack(tarred(...entries, { name: 'after.jpg', content: other }));
    expect(error).toBeNull();
    expect(files).toEqual({ [long]: picture, 'after.jpg': other });
  });
  it('reads v7, GNU’s other use of the prefix, and a size in base 256', async () => {
    const v7 = tarred({ name: 'a.jpg', content: picture, type: '\0' });
    const size = Buffer.alloc(12);
    size[0] = 0x80;
    size.writeUInt32BE(picture.length, 8);
    for (const archive of [
      v7,
      tarred({ name: 'a.jpg', content: picture, isGnu: true, prefix: '1234567' }),
      tarred({ name: 'a.jpg', content: picture, sizeField: size }),
    ])
      expect((await unpack(archive)).files).toEqual({ 'a.jpg': picture });
  });
  it('lets pax say the size, for the file and nothing before it', async () => {
    const archive = tarred(
      paxEntry({ size: String(picture.length), path: 'ignored.jpg' }),
      { name: 'L', type: 'L', content: 'x'.repeat(600) },
      { name: 'a.jpg', content: picture, sizeField: '00000000000\0' },
      { name: 'b.jpg', content: other },
    );
    expect((await unpack(archive)).files).toEqual({ 'ignored.jpg': picture, 'b.jpg': other });
  });

  const bytes = (...values: number[]): Buffer =>
    Buffer.from([...values, ...Array<number>(12 - values.length).fill(0xff)]);
  it.each([
    ['negative', bytes(0xff)],
    ['beyond 2^53', bytes(0x80)],
    ['beyond 2^88', bytes(0x81)],
    ['not octal', '00000000009\0'],
    ['with a sign', '-0000000010\0'],
    ['hexadecimal', '0x000000010\0'],
  ])('refuses a size that is %s', async (_, sizeField) => {
    expect(
      await refusal(tarred({ name: 'b.jpg', content: other }, { name: 'a.jpg', content: picture, sizeField })),
    ).toBe('archive-damaged corrupt');
  });
  it('refuses a huge size before it waits for it', async () => {
    expect(await refusal(tarred({ name: 'a.jpg', content: picture, sizeField: '77777777777\0' }))).toBe(
      'archive-refused file-too-large',
    );
    expect(await refusal(tarred({ name: '.a', content: picture, sizeField: '77777777777\0' }))).toBe(
      'archive-damaged cut-off',
    );
    expect(await refusal(tarred({ name: 'L', type: 'L', sizeField: '77777777777\0' }, { name: 'a' }))).toBe(
      'archive-damaged corrupt',
    );
  });
  it.each(['size=-1', 'size=1e3', 'size=99999999999999999999', 'size='])(
    'refuses pax records that make no sense: %s',
    async (record) => {
      const [key, value] = record.split('=');
      expect(await refusal(tarred(paxEntry({ [key!]: value! }), { name: 'a.jpg', content: picture }))).toBe(
        'archive-damaged corrupt',
      );
    },
  );
  it.each(['x', '5 a=b\n', '999 path=a\n', '0 path=a\n', '8 path=aX', '12345678901234 path=a\n', '9 pathaaa\n'])(
    'refuses pax records that are not whole: %j',
    async (content) => {
      expect(await refusal(tarred({ name: 'x', type: 'x', content }, { name: 'a.jpg', content: picture }))).toBe(
        'archive-damaged corrupt',
      );
    },
  );
});

describe('calling it off', () => {
  it('leaves nothing, soon', async () => {
    const entries = Array.from({ length: 200 }, (_, i) => ({
      name: `cats/${i}.jpg`,
      content: randomBytes(MB / 4),
      isStored: true,
    }));
    for (const archive of [zipOf(entries), tarOf(entries), gzipSync(tarOf(entries), { level: 1 })]) {
      const controller = new AbortController();
      let stopped = 0;
      const { error } = await unpack(archive, {
        signal: controller.signal,
        onProgress: () => {
          stopped ||= performance.now();
          controller.abort();
        },
      });
      expect(error).toBe(controller.signal.reason);
      expect(performance.now() - stopped).toBeLessThan(1000); // 200 ms, and the noise of a busy machine
    }
  });
  it('does not begin when it is called off before', async () => {
    const { error } = await unpack(zipped(), { signal: AbortSignal.abort() });
    expect((error as Error).name).toBe('AbortError');
  });
});

describe('anything at all', () => {
  const entries = [
    { name: 'cats/', type: '5', mode: 0o040755 },
    { name: 'cats/a.jpg', content: picture },
    { name: 'cats/b.jpg', content: other },
    { name: '한국어/고양이.png', content: Buffer.alloc(500, 'abc') },
  ];
  const kinds: [string, () => Promise<Buffer[]>][] = [
    [
      'ZIP',
      async () => [
        zipOf(entries),
        zipOf(entries, { zip64: true }),
        await byYazl({ 'a/b.jpg': picture, 'c.png': other }, true),
      ],
    ],
    [
      'TAR',
      async () => [
        tarOf([paxEntry({ path: 'x/y.jpg', size: '204' }), ...entries.slice(2)]),
        tarOf(entries),
        gzipSync(tarOf(entries)),
      ],
    ],
  ];
  it.each(kinds)(`ends in a result or a GraftError: ${numFuzzed} changed copies of a %s`, async (kind, make) => {
    const seed = 20_240_501;
    const random = createRandom(seed, kind).next;
    const originals = await make();
    for (let round = 0; round < numFuzzed; round++) {
      const archive = Buffer.from(originals[round % originals.length]!);
      const headers = [0, 0, archive.length - 400, archive.length - 120]; // where the words are, not the pictures
      for (let change = 0; change <= random() * 4; change++) {
        const near = headers[Math.floor(random() * headers.length)]!;
        const at = Math.max(0, Math.floor(random() < 0.5 ? random() * archive.length : near + random() * 120));
        if (at < archive.length) archive[at] = random() < 0.3 ? 0xff : Math.floor(random() * 256);
      }
      const cut = random() < 0.1 ? archive.subarray(0, Math.floor(random() * archive.length)) : archive;
      const started = performance.now();
      const { error } = await unpack(cut);
      expect(error === null || error instanceof GraftError, `${kind} ${seed} ${round}: ${String(error)}`).toBe(true);
      expect(performance.now() - started, `${kind} ${seed} ${round}`).toBeLessThan(2000);
    }
  });

  const hostile = path.join(sharedData, 'hostile/archives');
  describe.skipIf(!hasSharedData)('of archives that broke others', () => {
    it.each(hasSharedData ? readdirSync(hostile) : [])('%s', async (name) => {
      const started = performance.now();
      const { error, result } = await unpack(path.join(hostile, name));
      expect(error === null || error instanceof GraftError, String(error)).toBe(true);
      expect(performance.now() - started).toBeLessThan(10_000);
      if (name.startsWith('zip-slip'))
        expect(error).toMatchObject({ code: 'archive-refused', params: { problem: 'outside' } });
      if (name === '42.zip') expect(result).toMatchObject({ numFiles: 0, numLeft: 16 });
    });
  });
});
