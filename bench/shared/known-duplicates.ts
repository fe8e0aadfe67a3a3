import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { createRandom, type SeededRandom } from '../../main/dataset/seeded.ts';
import { pictureFiles, sharedData } from './places.ts';

export const copyKinds = ['re-encoded', 'resized', 'cropped'] as const;
export type CopyKind = (typeof copyKinds)[number];

/** A picture of the search: a photograph as it is, a quarter of one, or a copy of one. */
export interface KnownPicture {
  kind: 'photograph' | 'quarter' | CopyKind;
  /** The photograph it comes from. */
  file: string;
  /** Which quarter, 0..3, row by row. */
  quarter?: number;
}

const folders = ['cats_and_dogs', 'clothing', 'trash'];
/** Neighbours of a folder are often shots of the same thing, so they stay in one half. */
const blockSize = 50;
/** Standard deviation in grey levels; a quarter with less is bare background, which nobody could tell from another. */
const leastContrast = 20;

/** Photographs beside the project, one half of them or all. @throws when there are none */
export function photographs(half: 'first' | 'second' | 'all'): string[] {
  const files = folders
    .map((name) => path.join(sharedData, name))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => pictureFiles(folder, Infinity));
  if (files.length === 0) throw new Error(`There are no photographs in ${sharedData}.`);
  return files.filter((_, i) => half === 'all' || Math.floor(i / blockSize) % 2 === (half === 'first' ? 0 : 1));
}

/**
 * Plans pictures of which some are known copies of others: all photographs, copies of as many of them, the three kinds
 * evenly, then all quarters of them, which do not overlap, to fill up with. Same seed, same plan.
 */
export function planPictures(
  files: readonly string[],
  numPictures: number,
  numCopies: number,
  seed: number,
): KnownPicture[] {
  const random = createRandom(seed, 'bench/duplicates');
  const copied = random.shuffle([...files]).slice(0, numCopies);
  const pictures: KnownPicture[] = [
    ...files.slice(0, numPictures - numCopies).map((file) => ({ kind: 'photograph' as const, file })),
    ...copied.map((file, i) => ({ kind: copyKinds[i % copyKinds.length]!, file })),
  ];
  const quarters = random.shuffle(
    files.flatMap((file) => [0, 1, 2, 3].map((quarter) => ({ kind: 'quarter' as const, file, quarter }))),
  );
  return [...pictures, ...quarters];
}

/** Makes a picture's file; null for a quarter that shows nothing. Same picture and seed, same bytes. */
export async function makePicture(picture: KnownPicture, seed: number): Promise<Buffer | null> {
  const { kind, file } = picture;
  const random = createRandom(seed, `bench/duplicates/${kind}/${path.relative(sharedData, file)}`);
  const open = () => sharp(file).autoOrient();
  const { autoOrient: size } = await open().metadata();
  switch (kind) {
    case 'photograph':
      return readFile(file);
    case 'quarter':
      return quarterOf(picture, size);
    case 're-encoded': {
      const quality = 40 + random.int(50);
      return random.next() < 0.5 ? open().jpeg({ quality }).toBuffer() : open().webp({ quality }).toBuffer();
    }
    case 'resized': {
      const scale = random.next() < 0.7 ? 0.35 + 0.5 * random.next() : 1.2 + 0.5 * random.next();
      return open()
        .resize(Math.round(size.width * scale))
        .jpeg({ quality: 85 })
        .toBuffer();
    }
    case 'cropped':
      return open().extract(cropOf(size, random)).jpeg({ quality: 90 }).toBuffer();
  }
}

interface Size {
  width: number;
  height: number;
}
type Region = Size & { left: number; top: number };

/** 5 % off one side, off width and height anywhere, or off every side. */
function cropOf({ width, height }: Size, random: SeededRandom): Region {
  const cut = (length: number): number => Math.round(0.05 * length);
  const anywhere = { left: random.int(cut(width) + 1), top: random.int(cut(height) + 1) };
  switch (random.int(3)) {
    case 0:
      return random.next() < 0.5
        ? { left: random.next() < 0.5 ? 0 : cut(width), top: 0, width: width - cut(width), height }
        : { left: 0, top: random.next() < 0.5 ? 0 : cut(height), width, height: height - cut(height) };
    case 1:
      return { ...anywhere, width: width - cut(width), height: height - cut(height) };
    default:
      return { left: cut(width), top: cut(height), width: width - 2 * cut(width), height: height - 2 * cut(height) };
  }
}

async function quarterOf({ file, quarter = 0 }: KnownPicture, size: Size): Promise<Buffer | null> {
  const width = Math.floor(size.width / 2);
  const height = Math.floor(size.height / 2);
  const region = { left: (quarter % 2) * width, top: Math.floor(quarter / 2) * height, width, height };
  const bytes = await sharp(file).autoOrient().extract(region).jpeg({ quality: 95 }).toBuffer();
  const { channels } = await sharp(bytes).greyscale().stats();
  return channels[0]!.stdev < leastContrast ? null : bytes;
}
