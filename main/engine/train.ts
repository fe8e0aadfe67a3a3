import type * as tfTypes from '@tensorflow/tfjs-node';
import { GraftError } from '../../contract/errors.ts';
import type { EpochReport, Recipe } from '../../contract/run.ts';
import { createRandom } from '../dataset/seeded.ts';
import { headShapes, initialHead, type HeadConfig, type HeadWeights } from './head.ts';
import { scoreLogits } from './metrics.ts';

/** Features with their labels, read a batch at a time. */
export interface FeatureSet {
  numImages: number;
  /** Values a picture. */
  rowLength: number;
  /** Class index of each picture. */
  labels: Int32Array;
  /** Copies the rows of the pictures at `indexes` into `out`, in their order. */
  gather(indexes: ArrayLike<number>, out: Float32Array): void;
}

/** What the loop says as it goes: after each batch, and after each epoch with the metrics. */
export type TrainReport =
  | { kind: 'batch'; epoch: number; step: number; numSteps: number }
  | { kind: 'epoch'; report: EpochReport; isBest: boolean };

export interface TrainedHead {
  weights: HeadWeights;
  /** The epoch that the weights are from; 0 when stopped within the first. */
  keptEpoch: number;
}

/** Rows a batch when nothing is learnt: large enough that calling TensorFlow costs little. */
const EVALUATION_BATCH_BYTES = 32e6;

/**
 * Trains a head on cached features. Yields between batches; the same seed gives the same curve.
 *
 * @param signal stops it at the next batch; what was learnt until then is returned
 * @returns the last weights, or the best by validation loss when early stopping is on
 * @throws training-diverged when the loss is no longer a number
 */
export async function* trainHead(
  tf: typeof tfTypes,
  config: HeadConfig,
  parts: { train: FeatureSet; validation: FeatureSet },
  recipe: Recipe,
  classNames: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<TrainReport, TrainedHead> {
  const network = new HeadNetwork(tf, config, recipe.seed);
  const optimizer = createOptimizer(tf, recipe);
  try {
    const weights = classWeights(recipe.classWeights, parts.train.labels, classNames);
    const unweighted = classNames.map(() => 1);
    const order = Int32Array.from({ length: parts.train.numImages }, (_, i) => i);
    const shuffling = createRandom(recipe.seed, 'shuffle');
    const dropping = createRandom(recipe.seed, 'dropout');
    const numSteps = Math.ceil(order.length / recipe.batchSize);
    const buffer = new Float32Array(Math.min(recipe.batchSize, order.length) * parts.train.rowLength);
    let best = { loss: Infinity, epoch: 0, weights: null as HeadWeights | null };
    let numEpochs = 0;

    training: for (let epoch = 1; epoch <= recipe.epochs; epoch++) {
      const startedAt = performance.now();
      shuffling.shuffle(order);
      let lossSum = 0;
      let numCorrect = 0;
      for (let step = 0; step < numSteps; step++) {
        const batch = order.subarray(step * recipe.batchSize, (step + 1) * recipe.batchSize);
        const rows = buffer.subarray(0, batch.length * parts.train.rowLength);
        parts.train.gather(batch, rows);
        const labels = Int32Array.from(batch, (i) => parts.train.labels[i]!);
        const logits = network.step(optimizer, rows, labels, weights, dropping);
        const score = scoreLogits(logits, labels, config.numClasses, weights);
        if (!Number.isFinite(score.lossSum))
          throw new GraftError('training-diverged', { epoch, learningRate: recipe.learningRate });
        lossSum += score.lossSum;
        numCorrect += score.numCorrect;
        yield { kind: 'batch', epoch, step: step + 1, numSteps };
        if (signal.aborted) break training;
      }
      const validation = evaluateHead(network, parts.validation, unweighted);
      const report: EpochReport = {
        phase: 'head',
        epoch,
        loss: lossSum / order.length,
        accuracy: numCorrect / order.length,
        validationLoss: validation.loss,
        validationAccuracy: validation.numCorrect / parts.validation.numImages,
        durationMs: performance.now() - startedAt,
      };
      const patience = recipe.earlyStopping;
      const isBest = validation.loss < best.loss - (patience?.minDelta ?? 0);
      if (isBest) best = { loss: validation.loss, epoch, weights: patience ? network.read() : null };
      yield { kind: 'epoch', report, isBest };
      numEpochs = epoch;
      if (patience && epoch - best.epoch >= patience.patience) break;
      if (signal.aborted) break;
    }
    if (recipe.earlyStopping && best.weights) return { weights: best.weights, keptEpoch: best.epoch };
    return { weights: network.read(), keptEpoch: numEpochs };
  } finally {
    network.dispose();
    optimizer.dispose();
  }
}

/** Loss and predictions of a head over a whole part. */
export function evaluateHead(network: HeadNetwork, part: FeatureSet, weights: readonly number[]) {
  const rowsAtOnce = Math.max(1, Math.min(part.numImages, Math.floor(EVALUATION_BATCH_BYTES / (4 * part.rowLength))));
  const buffer = new Float32Array(rowsAtOnce * part.rowLength);
  const predicted = new Int32Array(part.numImages);
  const logits = new Float32Array(part.numImages * network.config.numClasses);
  let lossSum = 0;
  let numCorrect = 0;
  for (let start = 0; start < part.numImages; start += rowsAtOnce) {
    const indexes = Int32Array.from({ length: Math.min(rowsAtOnce, part.numImages - start) }, (_, i) => start + i);
    const rows = buffer.subarray(0, indexes.length * part.rowLength);
    part.gather(indexes, rows);
    const values = network.logits(rows, indexes.length);
    const score = scoreLogits(
      values,
      part.labels.subarray(start, start + indexes.length),
      network.config.numClasses,
      weights,
    );
    predicted.set(score.predicted, start);
    logits.set(values, start * network.config.numClasses);
    lossSum += score.lossSum;
    numCorrect += score.numCorrect;
  }
  return { loss: lossSum / part.numImages, numCorrect, predicted, logits };
}

/** A head as TensorFlow variables: the part of the network that learns. The owner disposes it. */
export class HeadNetwork {
  readonly config: HeadConfig;
  #tf: typeof tfTypes;
  #variables: Record<string, tfTypes.Variable> = {};

  constructor(tf: typeof tfTypes, config: HeadConfig, seedOrWeights: number | HeadWeights) {
    this.#tf = tf;
    this.config = config;
    const weights = typeof seedOrWeights === 'number' ? initialHead(config, seedOrWeights) : seedOrWeights;
    for (const { name, shape } of headShapes(config)) {
      this.#variables[name] = tf.tidy(() => tf.variable(tf.tensor(weights[name]!.values, shape), true));
    }
  }

  /**
   * @param rows features, [batch * rowLength]
   * @param mask kept places scaled by 1 / (1 - dropout), [batch, units]; null: no dropout
   */
  #forward(rows: tfTypes.Tensor2D, mask: tfTypes.Tensor2D | null): tfTypes.Tensor2D {
    const v = this.#variables;
    let x = rows; // [batch, rowLength]
    if (v['dense/kernel'])
      x = x.matMul<tfTypes.Tensor2D>(v['dense/kernel']).add<tfTypes.Tensor2D>(v['dense/bias']!).relu(); // [batch, denseUnits]
    if (mask) x = x.mul(mask);
    return x.matMul<tfTypes.Tensor2D>(v['predictions/kernel']!).add(v['predictions/bias']!); // [batch, numClasses]
  }

  /** One update. @returns the logits before it, [batch * numClasses] */
  step(
    optimizer: tfTypes.Optimizer,
    rows: Float32Array,
    labels: Int32Array,
    weights: readonly number[],
    dropping: { next(): number },
  ): Float32Array {
    const tf = this.#tf;
    const variables = Object.values(this.#variables);
    return tf.tidy(() => {
      const x = tf.tensor2d(rows, [labels.length, rows.length / labels.length]);
      const mask = this.#dropoutMask(labels.length, dropping);
      const target = tf.oneHot(tf.tensor1d(labels, 'int32'), this.config.numClasses).toFloat() as tfTypes.Tensor2D;
      const share = tf.tensor1d(Array.from(labels, (label) => weights[label]! / labels.length));
      let logits!: tfTypes.Tensor2D;
      const { value, grads } = tf.variableGrads(() => {
        logits = tf.keep(this.#forward(x, mask));
        return tf.logSoftmax(logits).mul(target).sum(1).neg().mul(share).sum<tfTypes.Scalar>();
      }, variables);
      value.dispose();
      optimizer.applyGradients(grads);
      const out = logits.dataSync() as Float32Array;
      logits.dispose();
      return out;
    });
  }

  #dropoutMask(numRows: number, dropping: { next(): number }): tfTypes.Tensor2D | null {
    const { dropout, denseUnits } = this.config;
    if (dropout === 0) return null;
    const width = denseUnits ?? this.#variables['predictions/kernel']!.shape[0];
    const mask = new Float32Array(numRows * width);
    const scale = 1 / (1 - dropout);
    for (let i = 0; i < mask.length; i++) mask[i] = dropping.next() >= dropout ? scale : 0;
    return this.#tf.tensor2d(mask, [numRows, width]);
  }

  /** @returns logits, [numRows * numClasses] */
  logits(rows: Float32Array, numRows: number): Float32Array {
    const tf = this.#tf;
    return tf.tidy(
      () => this.#forward(tf.tensor2d(rows, [numRows, rows.length / numRows]), null).dataSync() as Float32Array,
    );
  }

  read(): HeadWeights {
    return Object.fromEntries(
      Object.entries(this.#variables).map(([name, v]) => [
        name,
        { shape: v.shape, values: Float32Array.from(v.dataSync()) },
      ]),
    );
  }

  dispose(): void {
    this.#tf.dispose(this.#variables);
  }
}

/** Keras's defaults beside the learning rate: Adam betas 0.9 and 0.999, RMSprop rho 0.9, epsilon 1e-7. */
function createOptimizer(tf: typeof tfTypes, recipe: Recipe): tfTypes.Optimizer {
  if (recipe.optimizer === 'adam') return tf.train.adam(recipe.learningRate, 0.9, 0.999, 1e-7);
  if (recipe.optimizer === 'rmsprop') return tf.train.rmsprop(recipe.learningRate, 0.9, 0, 1e-7);
  return tf.train.sgd(recipe.learningRate);
}

/** Weight of each class in the loss. `balanced`: numImages / (numClasses * numImagesOfClass), as scikit-learn defines it. */
export function classWeights(
  wanted: Recipe['classWeights'],
  labels: Int32Array,
  classNames: readonly string[],
): number[] {
  if (wanted === 'none') return classNames.map(() => 1);
  if (wanted !== 'balanced') return classNames.map((name) => wanted[name] ?? 1);
  const counts = classNames.map(() => 0);
  for (const label of labels) counts[label]!++;
  return counts.map((count) => labels.length / (classNames.length * Math.max(1, count)));
}
