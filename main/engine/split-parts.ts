import type { SkippedFile, Split } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/run.ts';
import type { Manifest, ManifestImage } from '../dataset/manifest.ts';
import { resolveSplits } from '../dataset/split.ts';
import type { FeatureSpace } from './feature-cache.ts';
import { featureSet } from './feature-spaces.ts';
import { confusionMatrix, wilson } from './metrics.ts';
import type { Network } from './network.ts';
import type { EvaluatedImage, RunSplits } from './run-model.ts';
import { evaluate, type FeatureSet } from './train.ts';

/** A split picture whose features are in the cache. */
export type SplitImage = ManifestImage & { split: Split; sha256: string };

/** Splits the pictures that turned out usable. @throws what `resolveSplits` throws */
export function splitUsable(
  manifest: Manifest,
  sha256ByPath: ReadonlyMap<string, string>,
  skipped: readonly SkippedFile[],
  recipe: Recipe,
): SplitImage[] {
  const usable = manifest.images.flatMap((image) => {
    const sha256 = sha256ByPath.get(image.path);
    return sha256 ? [{ ...image, sha256 }] : [];
  });
  const seen = { ...manifest, images: usable, skipped: [...skipped] };
  return resolveSplits(seen, recipe) as SplitImage[];
}

/** The SHA-256 of all that a run's weights were learnt from, by itself and by the runs that it began with. */
export function taughtBy({ learnt, images }: Pick<RunSplits, 'learnt' | 'images'>): Set<string> {
  return new Set([...learnt, ...images.flatMap(({ split, sha256 }) => (split === 'train' ? [sha256] : []))]);
}

/**
 * Splits the pictures for a run that begins with another's weights. What those were learnt from is for train, by content,
 * whatever was changed or moved since: tested on it, the new run would be flattered. The others are where the data set says,
 * else where they were; what the other run never saw is where `newSplitOf` says.
 *
 * @param newSplitOf of a path
 * @throws class-missing-in-train, no-split
 */
export function splitAfter(
  parent: RunSplits,
  manifest: Pick<Manifest, 'name' | 'classNames' | 'images'>,
  sha256ByPath: ReadonlyMap<string, string>,
  newSplitOf: (path: string) => Split = () => 'train',
): SplitImage[] {
  const taught = taughtBy(parent);
  const byPath = new Map(parent.images.map((image) => [`${image.sha256} ${image.path}`, image.split]));
  const byContent = new Map(parent.images.map((image) => [image.sha256, image.split]));
  const images = manifest.images.flatMap((image): SplitImage[] => {
    const sha256 = sha256ByPath.get(image.path);
    if (!sha256) return [];
    if (taught.has(sha256)) return [{ ...image, sha256, split: 'train' }];
    const given = image.split === 'validation' || image.split === 'test' ? image.split : null;
    const before = byPath.get(`${sha256} ${image.path}`) ?? byContent.get(sha256);
    return [{ ...image, sha256, split: given ?? before ?? newSplitOf(image.path) }];
  });
  const withTrain = new Set(images.filter(({ split }) => split === 'train').map(({ className }) => className));
  const missing = manifest.classNames.find((className) => !withTrain.has(className));
  if (missing !== undefined) throw new GraftError('class-missing-in-train', { className: missing });
  if (!images.some(({ split }) => split === 'validation'))
    throw new GraftError('no-split', { split: 'validation', name: manifest.name });
  return images;
}

/** Pictures of one split with their features. */
export interface Part {
  images: readonly SplitImage[];
  features: FeatureSet;
}

/** @param views the spaces that together make a row, for each view */
export function partOf(
  images: readonly SplitImage[],
  split: Split,
  views: readonly (readonly FeatureSpace[])[],
  classNames: readonly string[],
): Part {
  const own = images.filter((image) => image.split === split);
  const labels = Int32Array.from(own, (image) => classNames.indexOf(image.className));
  return {
    images: own,
    features: featureSet(
      views,
      own.map((image) => image.sha256),
      labels,
    ),
  };
}

/** Accuracy, confusion and what the network says of each picture of a part. @param batchSize see `evaluate` */
export async function evaluateSplit(network: Network, part: Part, batchSize: number) {
  const { numClasses } = network.config;
  const { labels } = part.features;
  const { loss, numCorrect, predicted } = await evaluate(
    network,
    part.features,
    new Array<number>(numClasses).fill(1),
    { batchSize },
  );
  const images: EvaluatedImage[] = part.images.map((image, i) => ({
    path: image.path,
    label: labels[i]!,
    predicted: predicted[i]!,
  }));
  return {
    loss,
    share: wilson(numCorrect, labels.length),
    confusion: confusionMatrix(labels, predicted, numClasses),
    images,
  };
}
