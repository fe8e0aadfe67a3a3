import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RateCurve, Recipe } from '../../contract/run.ts';
import type { SkippedFile } from '../../contract/dataset.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import type { Manifest } from '../dataset/manifest.ts';
import { createRandom } from '../dataset/seeded.ts';
import { extractFeatures, requireUnchanged } from './extract-features.ts';
import { closeFeatureSpaces, openFeatureSpaces, wantedBy } from './feature-spaces.ts';
import { initialHead, type HeadConfig } from './head.ts';
import { defaultRateRange, hasDiverged, ratesOf, suggestRate, type RateRange } from './learning-rate-finder.ts';
import { scoreLogits } from './metrics.ts';
import { Network } from './network.ts';
import { openFrozenPart } from './open-frozen-part.ts';
import { planRun, spacesOf } from './run-plan.ts';
import { partOf, splitUsable } from './split-parts.ts';
import { classWeights, type FeatureSet } from './train.ts';
import { optimizerOf } from './train-one.ts';
import { sizeOf } from './train-runs.ts';
import type { Places } from './training-job.ts';

export interface FindRateJob extends Places {
  manifest: Manifest;
  recipe: Recipe;
  cacheFolder: string;
}

/** How many pictures have their features, or what the job learns of the files before it has an answer. */
export type FindRateReport =
  { done: number; total: number } | { sha256ByPath: [string, string][]; skipped: SkippedFile[] };

/**
 * Tries learning rates for the head of a recipe: a fresh head on the frozen features of the training pictures, one step a rate.
 * Features that are missing are computed and kept, as a run would. The head is thrown away. Same recipe, same answer.
 *
 * Read of the recipe is what a step depends on; not its own rate, schedule and epochs, and no augmented views, which would cost
 * a pass each and hardly move the answer.
 */
export async function findLearningRate(
  job: FindRateJob,
  report: (report: FindRateReport) => void,
  signal: AbortSignal,
): Promise<RateCurve> {
  const recipe: Recipe = { ...job.recipe, trainable: 'none' };
  const { manifest } = job;
  const spec = findBackbone(recipe.backbone, job);
  const plan = await planRun(spec, sizeOf(spec, recipe), recipe, null, job);
  const of = spacesOf(plan, recipe.head.kind === 'flatten', false);
  const spaces = await openFeatureSpaces(job.cacheFolder, of);
  try {
    const extracted = await extractFeatures(
      manifest,
      manifest.images,
      plan.inputSize,
      [{ spaces, augment: null }],
      () => openFrozenPart(spec, plan.inputSize, wantedBy(of), job),
      (done, total) => report({ done, total }),
      signal,
    );
    // Reading the data set again would not find them: the next question is to know them.
    if (extracted.unnoticed.length > 0) report({ sha256ByPath: extracted.unnoticed, skipped: manifest.skipped });
    requireUnchanged(manifest.name, extracted);
    const skipped = [...manifest.skipped, ...extracted.skipped];
    report({ sha256ByPath: [...extracted.sha256ByPath], skipped });
    const images = splitUsable(manifest, extracted.sha256ByPath, skipped, recipe);
    const space = recipe.head.kind === 'gap' ? spaces.pooled! : spaces.maps!;
    const { features } = partOf(images, 'train', [[space]], manifest.classNames);
    const config: HeadConfig = {
      ...recipe.head,
      featureShape: plan.featureShape,
      numClasses: manifest.classNames.length,
    };
    const { tf } = await import('../native/tf.ts');
    const network = new Network(tf, config, initialHead(config, recipe.seed), null, optimizerOf(recipe));
    try {
      const losses = await tryRates(network, features, recipe, manifest.classNames, defaultRateRange, signal);
      return curveOf(losses, features.numImages);
    } finally {
      network.dispose();
    }
  } finally {
    closeFeatureSpaces(spaces);
  }
}

/**
 * Trains a network one step a rate, from the lowest up, until the loss diverges.
 *
 * @param network stays the caller's; it is worth nothing afterwards
 * @returns the loss of each step, before it: a mean over its pictures, the last perhaps no number
 */
export async function tryRates(
  network: Network,
  train: FeatureSet,
  recipe: Recipe,
  classNames: readonly string[],
  range: RateRange,
  signal: AbortSignal,
): Promise<number[]> {
  const { labelSmoothing, accumulateBatches } = recipe;
  const weights = classWeights(recipe.classWeights, train.labels, classNames);
  const batchSize = Math.min(recipe.batchSize, train.numImages);
  const buffers = train.rowLengths.map((length) => new Float32Array(batchSize * length));
  const dropping = createRandom(recipe.seed, 'dropout of rates');
  const nextBatch = batchesOf(train.numImages, batchSize, recipe.seed);
  const numInUpdate = batchSize * accumulateBatches;
  const losses: number[] = [];
  for (const rate of ratesOf(range)) {
    let lossSum = 0;
    for (let i = 0; i < accumulateBatches; i++) {
      const batch = nextBatch();
      await train.gather(batch, buffers);
      const labels = Int32Array.from(batch, (index) => train.labels[index]!);
      const shares = Array.from(labels, (label) => weights[label]! / numInUpdate);
      const logits = network.learn({ rows: buffers, labels }, shares, labelSmoothing, dropping);
      lossSum += scoreLogits(logits, labels, network.config.numClasses, weights, labelSmoothing).lossSum;
    }
    network.update(rate);
    losses.push(lossSum / numInUpdate);
    if (hasDiverged(losses)) break;
    await nextTurn(); // lets a stop in
    signal.throwIfAborted();
  }
  return losses;
}

/** Gives batches without end, all of one size: a small last one of an epoch would be a spike in the curve. */
function batchesOf(numImages: number, batchSize: number, seed: number): () => Int32Array {
  let epoch = 0;
  let order = new Int32Array(0);
  let start = 0;
  return () => {
    if (start + batchSize > order.length) {
      order = createRandom(seed, `shuffle rates ${++epoch}`).shuffle(
        Int32Array.from({ length: numImages }, (_, i) => i),
      );
      start = 0;
    }
    start += batchSize;
    return order.subarray(start - batchSize, start);
  };
}

/** The answer as it is told: a line without the noise of single batches, and a rate as exact as it is known. */
function curveOf(losses: readonly number[], numImages: number): RateCurve {
  const rates = ratesOf();
  if (!losses.some(Number.isFinite)) return { suggested: null, points: [], numImages };
  const { learningRate, smoothed } = suggestRate(rates, losses);
  return {
    suggested: learningRate === null ? null : Number(learningRate.toPrecision(1)),
    points: smoothed.map((loss, i) => ({ learningRate: rates[i]!, loss })),
    numImages,
  };
}
