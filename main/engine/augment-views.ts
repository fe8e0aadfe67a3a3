import { augmentationPresets, type AugmentationStrength, type Recipe } from '../../contract/run.ts';
import { createRandom } from '../dataset/seeded.ts';
import { augmentPixels, drawAugmentation } from '../dataset/augment.ts';

/** How the pictures of one view are made. */
export interface AugmentedView {
  /** Everything that the pixels depend on beside the picture: part of the key of their features. */
  key: string;
  /** @param pixels RGB [height, width, 3]. @param sha256 of the picture: each draws its own numbers. */
  augment: (pixels: Uint8Array, sha256: string) => Uint8Array;
}

/** Counts up with every change that may move a pixel of an augmented view. */
const AUGMENTATION_VERSION = 1;

/** What a recipe's augmentation allows, in numbers; null: nothing. */
export function strengthOf({ augmentation }: Pick<Recipe, 'augmentation'>): AugmentationStrength | null {
  const { strength } = augmentation;
  if (strength === 'none') return null;
  return typeof strength === 'string' ? augmentationPresets[strength] : strength;
}

/** One view of the bank. Same recipe, seed and number, same pixels. @param view from 1; 0 is the picture itself */
export function augmentFor(
  recipe: Pick<Recipe, 'augmentation' | 'seed'>,
  view: number,
  [height, width]: readonly [number, number],
): AugmentedView {
  const strength = strengthOf(recipe)!;
  return {
    key: JSON.stringify([AUGMENTATION_VERSION, Object.entries(strength).sort(), recipe.seed, view]),
    augment: (pixels, sha256) =>
      augmentPixels(
        pixels,
        [height, width],
        drawAugmentation(strength, createRandom(recipe.seed, `${sha256} ${view}`)),
      ),
  };
}
