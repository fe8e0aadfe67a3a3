import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BlockProbe } from '../../contract/backbone.ts';
import { GraftError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/run.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import type { Manifest } from '../dataset/manifest.ts';
import { resolveSplits, type SplitImage } from '../dataset/split.ts';
import { tf } from '../native/tf.ts';
import type { FrozenPart } from './frozen-part.ts';
import { layerGraphOf, numValues } from './layer-graph.ts';
import { wilson } from './metrics.ts';
import { openFrozenPart } from './open-frozen-part.ts';
import { decodedBatches, joined, sampled } from './sampled-pictures.ts';
import { sizeOf } from './train-runs.ts';
import type { Places } from './training-job.ts';

export interface ProbeJob extends Places {
  manifest: Manifest;
  /** Its backbone, input size, seed and fractions count. */
  recipe: Recipe;
  cacheFolder: string;
}

/** As many pictures as tell blocks apart; more would only make it slower. */
const maxImages = { train: 400, validation: 200 };
/** Memory for the outputs of all blocks of a batch. */
const batchBytes = 256 * 1024 * 1024;
const maxBatch = 16;
const numSteps = 150;
/** What a squared weight costs, so that classes which are told apart fully do not make weights grow for ever. */
const weightDecay = 1e-3;

/** The end of a block. */
interface BlockEnd {
  block: string;
  layer: string;
  /** [height, width, channels] */
  outputShape: readonly number[];
}
/** Means of channels, a row a picture; `labels` are class indices. */
interface Rows {
  /** By block end, [pictures, channels]. */
  means: Float32Array[];
  labels: Int32Array;
}

/**
 * Tells how well a linear head separates the classes on the features of each block's end: means of channels, standardised,
 * a softmax trained to its end. Of the pictures nothing is kept; the network as it is run is, for the next time.
 *
 * @throws weights-missing, weights-damaged, no-usable-images, what `resolveSplits` throws
 */
export async function probeBlocks(
  job: ProbeJob,
  report: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<BlockProbe> {
  const { recipe, manifest } = job;
  const spec = findBackbone(recipe.backbone, job);
  const inputSize = sizeOf(spec, recipe);
  const ends = await blockEnds(spec, inputSize);
  const images = resolveSplits(manifest, recipe);
  const want = { pooled: false, maps: false, layers: ends.map(({ layer }) => layer) };
  const frozen = await openFrozenPart(spec, inputSize, want, job);
  try {
    const chosen = (['train', 'validation'] as const).map((split) => sampled(images, split, maxImages[split]));
    const total = chosen[0]!.length + chosen[1]!.length;
    let done = 0;
    const rowsOf = (own: readonly SplitImage[]) =>
      meansOf(frozen, ends, own, manifest, inputSize, async (numPictures) => {
        report((done += numPictures), total);
        await nextTurn(); // lets a stop in
        signal.throwIfAborted();
      });
    const train = await rowsOf(chosen[0]!);
    const validation = await rowsOf(chosen[1]!);
    if (train.labels.length === 0 || validation.labels.length === 0)
      throw new GraftError('no-usable-images', {
        path: manifest.root,
        numSkipped: manifest.images.length,
        reasons: 'unreadable',
      });
    const points: BlockProbe['points'] = [];
    for (const [index, { block, layer, outputShape }] of ends.entries()) {
      const accuracy = linearAccuracy(train, validation, index, outputShape.at(-1)!, manifest.classNames.length);
      points.push({ block, layer, outputShape: [...outputShape], validation: accuracy });
      await nextTurn();
      signal.throwIfAborted();
    }
    return {
      backboneId: spec.id,
      inputSize: [inputSize[0], inputSize[1]],
      numTrainImages: train.labels.length,
      numValidationImages: validation.labels.length,
      points,
    };
  } finally {
    await frozen.dispose();
  }
}

/** The last layer with maps of each block, from the input up. */
async function blockEnds(spec: BackboneSpec, inputSize: readonly [number, number]): Promise<BlockEnd[]> {
  const model = await spec.build(inputSize);
  try {
    const graph = new Map(layerGraphOf(model).map((layer, order) => [layer.name, { ...layer, order }]));
    return spec
      .blocks(model)
      .flatMap(({ name, layerNames }) => {
        const own = layerNames.map((layer) => graph.get(layer)!);
        const last = own
          .filter(({ outputShape, type }) => outputShape.length === 3 && type !== 'InputLayer')
          .reduce<(typeof own)[number] | null>((a, b) => (a === null || b.order > a.order ? b : a), null);
        return last ? [{ block: name, layer: last.name, outputShape: last.outputShape, order: last.order }] : [];
      })
      .sort((a, b) => a.order - b.order);
  } finally {
    model.dispose();
  }
}

async function meansOf(
  frozen: FrozenPart,
  ends: readonly BlockEnd[],
  images: readonly SplitImage[],
  manifest: Manifest,
  inputSize: readonly [number, number],
  afterBatch: (numPictures: number) => Promise<void>,
): Promise<Rows> {
  const bytesPerPicture = ends.reduce((sum, { outputShape }) => sum + 4 * numValues(outputShape), 0);
  const batchSize = Math.max(1, Math.min(maxBatch, Math.floor(batchBytes / bytesPerPicture)));
  const rows: Float32Array[][] = ends.map(() => []);
  const labels: number[] = [];
  for await (const { pixels, labels: own } of decodedBatches(images, manifest, inputSize, batchSize)) {
    const { layers } = await frozen.run(pixels, own.length);
    ends.forEach(({ outputShape }, end) => rows[end]!.push(channelMeans(layers![end]!, outputShape, own.length)));
    labels.push(...own);
    await afterBatch(own.length);
  }
  return { means: rows.map(joined), labels: Int32Array.from(labels) };
}

/** @param maps [n, height, width, channels]. @returns [n, channels] */
function channelMeans(maps: Float32Array, shape: readonly number[], n: number): Float32Array {
  const channels = shape.at(-1)!;
  const places = numValues(shape) / channels;
  const means = new Float32Array(n * channels);
  for (let picture = 0, at = 0; picture < n; picture++)
    for (let place = 0; place < places; place++)
      for (let channel = 0; channel < channels; channel++, at++)
        means[picture * channels + channel]! += maps[at]! / places;
  return means;
}

/**
 * Trains a softmax on the whole of the rows at once; from zeros, so that the answer is the same each time. Its gradient is
 * written out and its Adam steps are plain numbers: small as this is, the tape and the many small operations of
 * TensorFlow.js's own took ten times as long.
 */
function linearAccuracy(train: Rows, validation: Rows, end: number, channels: number, numClasses: number) {
  return tf.tidy(() => {
    const features = tf.tensor2d(train.means[end]!, [train.labels.length, channels]);
    const { mean, variance } = tf.moments(features, 0);
    const deviation = variance.sqrt().add(1e-3);
    const standardised = (x: tf.Tensor2D): tf.Tensor2D =>
      tf.concat([x.sub(mean).div(deviation), tf.ones([x.shape[0], 1])], 1); // [n, channels + 1], the last for the bias
    const x = standardised(features);
    const y = tf.oneHot(tf.tensor1d(train.labels, 'int32'), numClasses);
    const kernel = new Float32Array((channels + 1) * numClasses);
    const kernelTensor = (): tf.Tensor2D => tf.tensor2d(kernel, [channels + 1, numClasses]);
    const step = adamSteps(kernel);
    for (let i = 0; i < numSteps; i++) {
      const gradient = tf.tidy(() => {
        const difference = x.matMul<tf.Tensor2D>(kernelTensor()).softmax().sub(y); // [n, classes]
        return x.matMul(difference, true).div(train.labels.length).dataSync<'float32'>();
      });
      for (let at = 0; at < channels * numClasses; at++) gradient[at]! += 2 * weightDecay * kernel[at]!;
      step(gradient);
    }
    const test = standardised(tf.tensor2d(validation.means[end]!, [validation.labels.length, channels]));
    const answers = test.matMul(kernelTensor()).argMax(1).dataSync<'int32'>();
    return wilson(
      validation.labels.reduce((right, label, i) => right + Number(answers[i] === label), 0),
      validation.labels.length,
    );
  });
}

/** @returns takes one step with a gradient, changing the weights in place. @see https://arxiv.org/abs/1412.6980 */
function adamSteps(weights: Float32Array): (gradient: Float32Array) => void {
  const [rate, beta1, beta2, epsilon] = [0.02, 0.9, 0.999, 1e-7];
  const first = new Float32Array(weights.length);
  const second = new Float32Array(weights.length);
  let count = 0;
  return (gradient) => {
    count++;
    const [firstShare, secondShare] = [1 - beta1 ** count, 1 - beta2 ** count];
    for (let i = 0; i < weights.length; i++) {
      const slope = gradient[i]!;
      first[i] = beta1 * first[i]! + (1 - beta1) * slope;
      second[i] = beta2 * second[i]! + (1 - beta2) * slope * slope;
      weights[i]! -= (rate * (first[i]! / firstShare)) / (Math.sqrt(second[i]! / secondShare) + epsilon);
    }
  };
}
