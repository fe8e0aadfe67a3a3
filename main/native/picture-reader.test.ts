import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { noisePixels, rawImage } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { PictureReader } from './picture-reader.ts';
import { decodeSmallJpeg } from './small-jpeg.ts';

const built = path.resolve(import.meta.dirname, '../../out/workers/read-pictures.js');
const size = [16, 16] as const;

/** Jpegs and, every third, a PNG of few bytes, which Node keeps in memory that small files share. */
async function writePictures(count: number): Promise<{ file: string; bytes: Buffer }[]> {
  const folder = await temporaryFolder();
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const image = rawImage(noisePixels(20 + i, 24, i), 20 + i, 24);
      const bytes = await (i % 3 === 0 ? image.resize(9, 9).png() : image.jpeg()).toBuffer();
      const file = path.join(folder, `${i}`);
      await fs.writeFile(file, bytes);
      return { file, bytes };
    }),
  );
}

async function expectAllRead(reader: PictureReader, pictures: { file: string; bytes: Buffer }[]): Promise<void> {
  const read = await Promise.all(pictures.map(({ file }) => reader.read(file, size)));
  for (const [i, found] of read.entries()) {
    const { bytes } = pictures[i]!;
    expect(found.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    const decoded = decodeSmallJpeg(bytes, size);
    if (found.pixels) {
      expect(Buffer.from(found.pixels).equals(Buffer.from(decoded!.pixels))).toBe(true);
      expect([found.height, found.width]).toEqual([20 + i, 24]);
    } else {
      expect([decoded, Buffer.isBuffer(found.bytes), found.bytes.equals(bytes)]).toEqual([null, true, true]);
    }
  }
}

describe.each([
  ['in threads', built, 1000, true],
  ['where there is no thread to start', '/nowhere/read-pictures.js', 1000, false],
  ['of a few files', built, 20, false],
])('PictureReader, %s', (_, threadFile, numFiles, hasThreads) => {
  it('reads many at a time, each under its own name', async () => {
    const reader = new PictureReader(numFiles, threadFile);
    await expectAllRead(reader, await writePictures(30));
    expect(reader.numThreads > 0).toBe(hasThreads); // one that fails is no more
    await reader.close();
  });

  it('tells why a file cannot be read, and goes on', async () => {
    const reader = new PictureReader(numFiles, threadFile);
    await expect(reader.read('/nowhere/at-all.jpg', size)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(reader.read(await temporaryFolder(), size)).rejects.toMatchObject({ code: 'EISDIR' });
    await expectAllRead(reader, await writePictures(4));
    await reader.close();
  });
});

describe('PictureReader', () => {
  it('finds its threads from wherever the build puts it', async () => {
    const out = path.resolve(import.meta.dirname, '../../out');
    const bundles = (await fs.readdir(out, { recursive: true })).filter((name) => name.endsWith('.js'));
    const users: string[] = [];
    for (const name of bundles)
      if ((await fs.readFile(path.join(out, name), 'utf8')).includes('../workers/read-pictures.js')) users.push(name);
    expect(users.length).toBeGreaterThan(0);
    for (const name of users) expect(path.resolve(out, path.dirname(name), '../workers/read-pictures.js')).toBe(built);
  });

  it('does what it was given before it closes', async () => {
    const reader = new PictureReader(1000, built);
    const pictures = await writePictures(8);
    const read = Promise.all(pictures.map(({ file }) => reader.read(file, size)));
    await reader.close();
    expect(await read).toHaveLength(8);
  });

  it.each([
    ['does not start', 'throw new Error("broken");'],
    ['ends over a picture', 'require("node:worker_threads").parentPort.on("message", () => process.exit(3));'],
  ])('does the work of a thread that %s', async (_, code) => {
    const threadFile = path.join(await temporaryFolder(), 'thread.cjs');
    await fs.writeFile(threadFile, code);
    const reader = new PictureReader(1000, threadFile);
    await expectAllRead(reader, await writePictures(6));
    await reader.close();
  });
});
