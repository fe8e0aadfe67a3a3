import fs from 'node:fs/promises';
import path from 'node:path';
import { encodeJpeg } from '../native/image.ts'; // eslint-disable-line graft/import-zones -- only the media worker loads this file
import { drawCat, drawDog, type Pose } from './sample-animals.ts';
import { Canvas, furTexture } from './sample-raster.ts';
import { drawBackground, drawForeground } from './sample-scene.ts';
import { createRandom, type SeededRandom } from './seeded.ts';

/** Pictures of the sample data set: both classes together. */
export const sampleCounts = { train: 160, validation: 60, test: 60 } as const;
export const sampleClassNames = ['cats', 'dogs'] as const;
export type SampleClass = (typeof sampleClassNames)[number];
/** Pixels of a side. */
export const sampleSide = 256;
/** The seed of the data set that comes with Graft. */
export const sampleSeed = 1;

/**
 * Draws one picture of the sample data set.
 *
 * @param name makes pictures of one seed differ, e.g. `train/cats/3`. Same seed and name, same pixels.
 * @returns RGB, uint8, shape [256, 256, 3].
 */
export function drawSamplePicture(className: SampleClass, seed: number, name: string): Uint8Array {
  const random = createRandom(seed, `sample/${name}`);
  const canvas = new Canvas(sampleSide, textureOf(seed));
  drawBackground(canvas, random);
  const pose = drawPose(random);
  drawShadow(canvas, pose);
  (className === 'cats' ? drawCat : drawDog)(canvas, random, pose);
  if (random.next() < 0.22) drawForeground(canvas, random);
  const exposure = 0.86 + 0.26 * random.next();
  return canvas.develop(exposure, 0.28 * random.next(), 4 + 14 * random.next() ** 2, random.next);
}

/**
 * Draws the sample data set into a new folder, laid out `train|validation|test/cats|dogs`, as JPEG. Same seed, same bytes.
 * The folder appears when it is whole: it is drawn beside its place and renamed at the end. Needs sharp: run it in a worker.
 *
 * @throws Error EEXIST or ENOTEMPTY where the folder is there and not empty; the signal's reason when called off
 */
export async function drawSampleDataset(
  folder: string,
  options: {
    seed?: number;
    onProgress?: (progress: { done: number; total: number }) => void;
    signal?: AbortSignal;
  } = {},
): Promise<void> {
  const { seed = sampleSeed, onProgress, signal } = options;
  await fs.mkdir(path.dirname(folder), { recursive: true });
  const drawing = await fs.mkdtemp(`${folder}.drawing-`);
  let writing: Promise<void> = Promise.resolve();
  try {
    const total = Object.values(sampleCounts).reduce((sum, count) => sum + count, 0);
    let done = 0;
    for (const [split, count] of Object.entries(sampleCounts)) {
      for (const className of sampleClassNames) {
        await fs.mkdir(path.join(drawing, split, className), { recursive: true });
        for (let i = 1; i <= count / sampleClassNames.length; i++) {
          signal?.throwIfAborted();
          const pixels = drawSamplePicture(className, seed, `${split}/${className}/${i}`); // [256, 256, 3]
          await writing;
          const file = path.join(
            drawing,
            split,
            className,
            `${className.slice(0, -1)}-${String(i).padStart(3, '0')}.jpg`,
          );
          // While the next is drawn. The whole folder is renamed into place, so no single file needs to be atomic.
          writing = encodeJpeg(pixels, sampleSide, sampleSide).then((bytes) => fs.writeFile(file, bytes)); // eslint-disable-line no-restricted-syntax -- see the line above
          writing.catch(() => undefined); // its failure is met by the next `await writing`
          onProgress?.({ done: ++done, total });
        }
      }
    }
    await writing;
    signal?.throwIfAborted();
    await fs.rename(drawing, folder);
  } catch (error) {
    await writing.catch(() => undefined); // a picture under way would be written into the folder that goes
    await fs.rm(drawing, { recursive: true, force: true });
    throw error;
  }
}

function drawPose(random: SeededRandom): Pose {
  const isSitting = random.next() < 0.45;
  const scale = sampleSide * (isSitting ? 0.125 + 0.045 * random.next() : 0.21 + 0.09 * random.next());
  const x = sampleSide * (0.5 + 0.2 * (random.next() - 0.5));
  const y = isSitting
    ? sampleSide * 0.95 - scale * (3.55 + 0.3 * (random.next() - 0.5))
    : sampleSide * (0.44 + 0.14 * random.next());
  return { isSitting, head: { x, y, scale, turn: 0.22 * random.normal() * 0.7 } };
}

function drawShadow(canvas: Canvas, { head, isSitting }: Pose): void {
  if (isSitting)
    canvas.ellipse({ ...head, turn: 0 }, 0, 3.4, 1.7, 0.28, { colour: [20, 18, 20], opacity: 0.35, softness: 14 });
}

let kept: { seed: number; texture: Float32Array } | null = null;
function textureOf(seed: number): Float32Array {
  if (kept?.seed !== seed) kept = { seed, texture: furTexture(createRandom(seed, 'sample/fur').next) };
  return kept.texture;
}
