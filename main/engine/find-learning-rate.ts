import type { Recipe, RateCurve } from '../../contract/run.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import { featureShapeAt } from '../backbones/feature-shape.ts';
import type { Manifest } from '../dataset/manifest.ts';
import { createRandom } from '../dataset/seeded.ts';
import { resolveSplits } from '../dataset/split.ts';
import { tf } from '../native/tf.ts';
import { FROZEN_BATCH_SIZE } from './frozen-batch.ts';
import { initialHead, type HeadConfig } from './head.ts';
import { hasDiverged, ratesOf, suggestRate } from './learning-rate-finder.ts';
import { scoreLogits } from './metrics.ts';
import { Network } from './network.ts';
import { openFrozenPart } from './open-frozen-part.ts';
import { decodedBatches, joined, sampled } from './sampled-pictures.ts';
import { sizeOf } from './train-runs.ts';
import type { Places } from './training-job.ts';

export interface FindRateJob extends Places {
  manifest: Manifest;
  /** Of its training of the head. */
  recipe: Recipe;
  cacheFolder: string;
}

/** As many pictures as a range test needs: each is seen a few times. */
const maxImages = 640;

/**
 * Trains a fresh head for a hundred steps at rates that grow from far too small to far too large. Nothing is kept.
 *
 * @throws weights-missing, weights-damaged, what `resolveSplits` throws
 */
export async function findLearningRate(job: FindRateJob): Promise<RateCurve> {
  const { recipe, manifest } = job;
  const spec = findBackbone(recipe.backbone, job);
  const inputSize = sizeOf(spec, recipe);
  const isGap = recipe.head.kind === 'gap';
  const images = sampled(resolveSplits(manifest, recipe), 'train', maxImages);
  const { rows, labels } = await features(job, spec, inputSize, isGap, images);
  const numClasses = manifest.classNames.length;
  const config: HeadConfig = { ...recipe.head, featureShape: featureShapeAt(spec, inputSize), numClasses };
  const { optimizer: kind, momentum, weightDecay, labelSmoothing, seed } = recipe;
  const network = new Network(tf, config, initialHead(config, seed), null, { kind, momentum, weightDecay });
  try {
    const random = createRandom(seed, 'range test');
    const batchSize = Math.min(recipe.batchSize, labels.length);
    const [length] = network.rowLengths as [number];
    const weights = new Array<number>(numClasses).fill(1);
    const rates = ratesOf();
    const losses: number[] = [];
    let order: number[] = [];
    for (const rate of rates) {
      if (order.length < batchSize) order = shuffled(labels.length, random);
      const batch = order.splice(0, batchSize);
      const own = Int32Array.from(batch, (i) => labels[i]!);
      const gathered = joined(batch.map((i) => rows.subarray(i * length, (i + 1) * length)));
      const shares = batch.map(() => 1 / batchSize);
      const logits = network.learn({ rows: [gathered], labels: own }, shares, labelSmoothing, random);
      const loss = scoreLogits(logits, own, numClasses, weights, labelSmoothing).lossSum / batchSize;
      losses.push(Number.isFinite(loss) ? loss : Infinity);
      if (hasDiverged(losses)) break;
      network.update(rate);
    }
    const { learningRate, smoothed } = suggestRate(rates, losses);
    return {
      suggested: learningRate,
      points: smoothed.map((loss, i) => ({ learningRate: rates[i]!, loss })),
      numImages: labels.length,
    };
  } finally {
    network.dispose();
  }
}

/** Rows of the head's input for each picture, one after the other. */
async function features(
  job: FindRateJob,
  spec: ReturnType<typeof findBackbone>,
  inputSize: readonly [number, number],
  isGap: boolean,
  images: ReturnType<typeof sampled>,
): Promise<{ rows: Float32Array; labels: number[] }> {
  const frozen = await openFrozenPart(spec, inputSize, { pooled: isGap, maps: !isGap }, job);
  try {
    const rows: Float32Array[] = [];
    const labels: number[] = [];
    for await (const batch of decodedBatches(images, job.manifest, inputSize, FROZEN_BATCH_SIZE)) {
      const { pooled, maps } = await frozen.run(batch.pixels, batch.labels.length);
      rows.push((isGap ? pooled : maps)!);
      labels.push(...batch.labels);
    }
    return { rows: joined(rows), labels };
  } finally {
    await frozen.dispose();
  }
}

function shuffled(count: number, random: { int(below: number): number }): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
