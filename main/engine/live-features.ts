import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Split } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/run.ts';
import { pictureFile, type PicturePlaces } from '../dataset/added.ts';
import { decodeImage, ImageProblem } from '../native/image.ts';
import { augmentFor } from './augment-views.ts';
import { FROZEN_BATCH_SIZE } from './frozen-batch.ts';
import type { FrozenPart } from './frozen-part.ts';
import { openFrozenPart } from './open-frozen-part.ts';
import { tunedBelowCut, type RunPlan } from './run-plan.ts';
import type { Part, SplitImage } from './split-parts.ts';
import type { Places } from './training-job.ts';

/** Features of a cut that are too large to keep: computed from the files whenever a batch asks for them. */
export interface LiveFeatures {
  partOf(images: readonly SplitImage[], split: Split, classNames: readonly string[]): Part;
  dispose(): Promise<void>;
}

/** Its `gather` throws image-not-readable when a file is gone or another. @throws weights-missing, weights-damaged */
export async function openLiveFeatures(
  plan: RunPlan,
  recipe: Recipe,
  places: Places & { cacheFolder: string },
  pictures: PicturePlaces,
): Promise<LiveFeatures> {
  const { kept } = plan.freezing!;
  const layers = kept.map(({ layer }) => layer);
  const want = { pooled: false, maps: false, layers };
  const frozen = await openFrozenPart(plan.spec, plan.inputSize, want, places, tunedBelowCut(plan));
  const rowLengths = kept.map(({ outputShape }) => outputShape.reduce((a, b) => a * b, 1));
  const numViews = recipe.augmentation.strength === 'none' ? 1 : recipe.augmentation.numViews;
  const augments = Array.from({ length: numViews }, (_, view) =>
    view === 0 ? null : augmentFor(recipe, view, plan.inputSize),
  );
  const pixelsOf = async (image: SplitImage, view: number): Promise<Uint8Array> => {
    const pixels = await decodedAsBefore(pictures, image, plan.inputSize);
    return augments[view]?.augment(pixels, image.sha256) ?? pixels;
  };
  return {
    partOf(images, split, classNames) {
      const own = images.filter((image) => image.split === split);
      return {
        images: own,
        features: {
          numImages: own.length,
          rowLengths,
          numViews: split === 'train' ? numViews : 1,
          labels: Int32Array.from(own, (image) => classNames.indexOf(image.className)),
          async gather(indexes, out, views) {
            for (let start = 0; start < indexes.length; start += FROZEN_BATCH_SIZE) {
              const some = Array.from(indexes).slice(start, start + FROZEN_BATCH_SIZE);
              const pixels = await Promise.all(some.map((index, i) => pixelsOf(own[index]!, views?.[start + i] ?? 0)));
              await computeInto(frozen, pixels, out, rowLengths, start);
            }
          },
        },
      };
    },
    dispose: () => frozen.dispose(),
  };
}

/** Pixels of a picture that is still the one that the split was made with. @throws image-not-readable */
async function decodedAsBefore(
  pictures: PicturePlaces,
  { path: name, sha256 }: SplitImage,
  size: readonly [number, number],
): Promise<Uint8Array> {
  try {
    const bytes = await readFile(pictureFile(pictures, name));
    if (createHash('sha256').update(bytes).digest('hex') !== sha256)
      throw new ImageProblem('unreadable', 'changed since the run began');
    return (await decodeImage(bytes, size)).pixels;
  } catch (cause) {
    const reason = cause instanceof ImageProblem ? cause.reason : 'unreadable';
    throw new GraftError('image-not-readable', { name, reason }, { cause });
  }
}

async function computeInto(
  frozen: FrozenPart,
  pictures: readonly Uint8Array[],
  out: readonly Float32Array[],
  rowLengths: readonly number[],
  start: number,
): Promise<void> {
  const pixels = new Uint8Array(pictures.length * pictures[0]!.length);
  pictures.forEach((picture, i) => pixels.set(picture, i * picture.length));
  const { layers } = await frozen.run(pixels, pictures.length);
  layers!.forEach((values, i) => out[i]!.set(values, start * rowLengths[i]!));
}
