import { readFile } from 'node:fs/promises';
import { pictureFile, type PicturePlaces } from '../dataset/added.ts';
import type { Manifest } from '../dataset/manifest.ts';
import type { SplitImage } from '../dataset/split.ts';
import { decodeImage, ImageProblem } from '../native/image.ts';

/** Pictures of a split, each class in its share, drawn evenly over their order. @param most about as many at most */
export function sampled(images: readonly SplitImage[], split: 'train' | 'validation', most: number): SplitImage[] {
  const own = images.filter((image) => image.split === split);
  if (own.length <= most) return own;
  const byClass = new Map<string, SplitImage[]>();
  for (const image of own) {
    const of = byClass.get(image.className);
    if (of) of.push(image);
    else byClass.set(image.className, [image]);
  }
  return [...byClass.values()].flatMap((of) => {
    const count = Math.max(1, Math.round((of.length / own.length) * most));
    return Array.from({ length: count }, (_, i) => of[Math.floor((i * of.length) / count)]!);
  });
}

/**
 * Decodes pictures batch by batch. A file that cannot be used is left out, as in training.
 *
 * @returns pixels RGB, uint8, [n, height, width, 3], and class indices; batches without a picture are left out too
 */
export async function* decodedBatches(
  images: readonly SplitImage[],
  { classNames, ...places }: PicturePlaces & Pick<Manifest, 'classNames'>,
  [height, width]: readonly [number, number],
  batchSize: number,
): AsyncGenerator<{ pixels: Uint8Array; labels: number[] }> {
  const pictureBytes = height * width * 3;
  for (let start = 0; start < images.length; start += batchSize) {
    const batch = await Promise.all(
      images.slice(start, start + batchSize).map(async ({ path: file, className }) => {
        const bytes = await readFile(pictureFile(places, file)).catch(() => null);
        if (!bytes) return null;
        try {
          const { pixels } = await decodeImage(bytes, [height, width]);
          return { pixels, label: classNames.indexOf(className) };
        } catch (error) {
          if (error instanceof ImageProblem) return null;
          throw error;
        }
      }),
    );
    const whole = batch.filter((picture) => picture !== null);
    if (whole.length === 0) continue;
    const pixels = new Uint8Array(whole.length * pictureBytes);
    whole.forEach((picture, i) => pixels.set(picture.pixels, i * pictureBytes));
    yield { pixels, labels: whole.map(({ label }) => label) };
  }
}

/** Rows of several batches as one. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
