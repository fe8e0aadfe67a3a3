import fs from 'node:fs';
import path from 'node:path';
import type { Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../native/image.ts';
import { noisePixels, rawImage, sharedData } from '../testing/images.ts';
import { LOOK_BYTES, LOOK_SOURCE_SIDE, lookOf } from './looks.ts';
import { findNearDuplicates, type NearPair } from './near-duplicates.ts';
import { drawSamplePicture, sampleSide } from './sample.ts';
import { createRandom } from './seeded.ts';

const side = LOOK_SOURCE_SIDE;
const lookOfFile = async (bytes: Buffer): Promise<Uint8Array> =>
  lookOf((await decodeImage(bytes, [side, side])).pixels, side);
const drawn = (i: number): Sharp =>
  rawImage(drawSamplePicture(i % 2 === 0 ? 'cats' : 'dogs', 5, `near/${i}`), sampleSide, sampleSide);
const asIs = (picture: Sharp): Promise<Buffer> => picture.png().toBuffer();
const places = (pairs: readonly NearPair[]): [number, number][] => pairs.map(({ a, b }) => [a, b]);

/** What people and programs do to a picture, which it survives. */
const copies: Record<string, (picture: Sharp) => Promise<Buffer>> = {
  'a JPEG of quality 40': (picture) => picture.jpeg({ quality: 40 }).toBuffer(),
  'a WebP of quality 60': (picture) => picture.webp({ quality: 60 }).toBuffer(),
  'half the size': (picture) =>
    picture
      .resize(sampleSide / 2)
      .jpeg()
      .toBuffer(),
  'twice the size': (picture) =>
    picture
      .resize(sampleSide * 2)
      .jpeg()
      .toBuffer(),
  'cropped by 5 % on one side': (picture) =>
    picture.extract({ left: 13, top: 0, width: 243, height: 256 }).jpeg().toBuffer(),
  'cropped by 5 % to one corner': (picture) =>
    picture.extract({ left: 0, top: 0, width: 243, height: 243 }).jpeg().toBuffer(),
  'cropped by 5 % on every side': (picture) =>
    picture.extract({ left: 13, top: 13, width: 230, height: 230 }).jpeg().toBuffer(),
};

describe('findNearDuplicates', () => {
  const numDrawn = 24;
  let looks: Uint8Array[];
  beforeAll(async () => {
    looks = await Promise.all(Array.from({ length: numDrawn }, async (_, i) => lookOfFile(await asIs(drawn(i)))));
  });

  it('finds nothing among pictures that differ', async () => {
    expect(await findNearDuplicates(looks)).toEqual([]);
  });

  it.each(Object.keys(copies))('finds %s', async (name) => {
    const copied = await Promise.all([0, 3, 5].map(async (i) => lookOfFile(await copies[name]!(drawn(i)))));
    const pairs = await findNearDuplicates([...looks, ...copied]);
    expect(places(pairs)).toEqual([
      [0, numDrawn],
      [3, numDrawn + 1],
      [5, numDrawn + 2],
    ]);
  });

  it('tells a mirrored picture from a copy', async () => {
    const mirrored = await Promise.all([0, 1, 2, 3].map(async (i) => lookOfFile(await asIs(drawn(i).flop()))));
    expect(await findNearDuplicates([...looks, ...mirrored])).toEqual([]);
  });

  it('tells a picture in other colours from a copy', async () => {
    const swapped = drawSamplePicture('cats', 5, 'near/0').slice();
    for (let i = 0; i < swapped.length; i += 3) swapped.subarray(i, i + 3).reverse();
    const other = await lookOfFile(await asIs(rawImage(swapped, sampleSide, sampleSide)));
    expect(await findNearDuplicates([...looks, other])).toEqual([]);
  });

  it('tells apart pictures with the same background and another thing in one place', async () => {
    const changed = drawSamplePicture('cats', 5, 'near/0').slice();
    for (let y = 160; y < 220; y++) for (let x = 20; x < 80; x++) changed.set([200, 30, 40], (y * sampleSide + x) * 3);
    const other = await lookOfFile(await asIs(rawImage(changed, sampleSide, sampleSide)));
    expect(await findNearDuplicates([...looks, other])).toEqual([]);
  });

  it('says 1 for pictures that look exactly alike, and less for a copy', async () => {
    const pairs = await findNearDuplicates([looks[0]!, looks[1]!, looks[0]!.slice()]);
    expect(pairs).toEqual([{ a: 0, b: 2, similarity: 1 }]);
    const [pair] = await findNearDuplicates([
      looks[0]!,
      await lookOfFile(await copies['a JPEG of quality 40']!(drawn(0))),
    ]);
    expect(pair!.similarity).toBeGreaterThan(0.98);
    expect(pair!.similarity).toBeLessThan(1);
  });

  it('finds the same pairs every time', async () => {
    const copied = await Promise.all(Object.values(copies).map(async (copy) => lookOfFile(await copy(drawn(0)))));
    const all = [...looks, ...copied];
    expect(await findNearDuplicates(all)).toEqual(await findNearDuplicates(all));
  });

  it('compares only new pictures where those before are known', async () => {
    const copied = await Promise.all(Object.values(copies).map(async (copy, i) => lookOfFile(await copy(drawn(i)))));
    const all = [...looks, ...copied, looks[5]!];
    const pairs = await findNearDuplicates(all);
    const newFrom = numDrawn + 4;
    const known = await findNearDuplicates(all.slice(0, newFrom));
    expect(await findNearDuplicates(all, { newFrom })).toEqual(pairs.filter(({ b }) => b >= newFrom));
    expect(known).toEqual(pairs.filter(({ b }) => b < newFrom));
  });

  it('gives no more pairs than pictures where thousands are alike', async () => {
    const blank = new Uint8Array(LOOK_BYTES).fill(250);
    expect(await findNearDuplicates(Array.from({ length: 5000 }, () => blank))).toHaveLength(4999);
    const random = createRandom(1, 'near-duplicates/blank');
    const speckled = Array.from({ length: 2000 }, () => blank.map((value) => value + random.int(3) - 1));
    const pairs = await findNearDuplicates(speckled);
    expect(pairs.length).toBeGreaterThanOrEqual(1999);
    expect(pairs.length).toBeLessThan(3000);
    expect(new Set(pairs.map(({ b }) => b)).size).toBe(1999); // each has somebody before it
  });

  it('tells blank pictures of different brightness and colour apart', async () => {
    const blanks = [
      [0, 0, 0],
      [128, 128, 128],
      [255, 255, 255],
      [255, 0, 0],
      [0, 128, 0],
    ].map((colour) =>
      lookOf(
        Uint8Array.from({ length: side * side * 3 }, (_, i) => colour[i % 3]!),
        side,
      ),
    );
    expect(await findNearDuplicates(blanks)).toEqual([]);
  });

  it('lets the event loop breathe, tells how far it is, and stops when called off', async () => {
    const random = createRandom(1, 'near-duplicates/many');
    const many = Array.from({ length: 1500 }, (_, i) => {
      const look = looks[i % numDrawn]!;
      const gain = 0.6 + 0.4 * random.next();
      return look.map((value) => value * gain + random.int(9));
    });
    const slicesMs: number[] = []; // of this process's own time, since others may be busy
    let before = process.cpuUsage();
    const watch = setInterval(() => {
      const { user, system } = process.cpuUsage(before);
      slicesMs.push((user + system) / 1000);
      before = process.cpuUsage();
    }, 1);
    const stop = new AbortController();
    const progress: number[] = [];
    const searching = findNearDuplicates(many, {
      signal: stop.signal,
      onProgress: (done, total) => {
        expect(total).toBe(many.length);
        if (progress.push(done) === 700) stop.abort();
      },
    });
    await expect(searching).rejects.toThrow(/abort/i);
    clearInterval(watch);
    expect(progress.slice(0, 3)).toEqual([1, 2, 3]);
    expect(progress.length).toBeLessThan(many.length);
    slicesMs.sort((x, y) => x - y);
    expect(slicesMs[Math.floor(slicesMs.length / 2)]).toBeLessThan(30);
  });

  it('is called off before it begins', async () => {
    await expect(findNearDuplicates(looks, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it('refuses looks of another length', async () => {
    await expect(findNearDuplicates([new Uint8Array(3)])).rejects.toThrow(/bytes, not 3/);
  });

  it('takes noise for different pictures', async () => {
    const noise = Array.from({ length: 20 }, (_, i) => lookOf(noisePixels(side, side, i), side));
    expect(await findNearDuplicates(noise)).toEqual([]);
  });

  const photographs = path.join(sharedData, 'cats_and_dogs', 'test');
  it.skipIf(!fs.existsSync(photographs))('finds copies of real photographs and nothing else', async () => {
    const files = fs
      .readdirSync(photographs, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.jpg'))
      .sort()
      .map((name) => fs.readFileSync(path.join(photographs, name)));
    const originals = await Promise.all(files.map(lookOfFile));
    const { default: sharp } = await import('sharp');
    const copied = await Promise.all(
      files.slice(0, 60).map(async (bytes, i) => {
        const { width, height } = await sharp(bytes).metadata();
        const [left, top] = [Math.round(width * 0.05), Math.round(height * 0.05)];
        const picture = sharp(bytes);
        if (i % 3 === 0) picture.resize(Math.round(width / 2));
        if (i % 3 === 1) picture.extract({ left, top, width: width - left, height: height - top });
        return lookOfFile(await picture.jpeg({ quality: 70 }).toBuffer());
      }),
    );
    const pairs = await findNearDuplicates([...originals, ...copied]);
    const isKnown = ({ a, b }: NearPair): boolean => b === files.length + a;
    expect(pairs.filter(isKnown).length).toBeGreaterThanOrEqual(58);
    expect(pairs.filter((pair) => !isKnown(pair) && pair.b >= files.length)).toEqual([]);
  });
});
