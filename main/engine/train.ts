import { GraftError } from '../../contract/errors.ts';
import type { EpochReport, Recipe } from '../../contract/run.ts';
import type { NamedTensors } from '../backbones/safetensors.ts';
import { createRandom } from '../dataset/seeded.ts';
import { scoreLogits } from './metrics.ts';
import type { Network } from './network.ts';
import { learningRateAt } from './schedule.ts';

/** Features with their labels, read a batch at a time. */
export interface FeatureSet {
  numImages: number;
  /** Values a picture, of each tensor that makes a row. */
  rowLengths: readonly number[];
  /** Views of each picture that there are to draw from. */
  numViews: number;
  /** Class index of each picture. */
  labels: Int32Array;
  /**
   * Copies the rows of the pictures at `indexes` into `out`, one array a tensor, in their order.
   *
   * @param views of each picture; the first where not given
   */
  gather(indexes: ArrayLike<number>, out: readonly Float32Array[], views?: ArrayLike<number>): void | Promise<void>;
}

/** One phase of a recipe: the head on frozen features, or then the layers above the cut too. */
export interface Phase {
  name: EpochReport['phase'];
  numEpochs: number;
  learningRate: number;
}

/** Where a phase stands after an epoch; with the network's weights and its optimizer's state, all that going on needs. */
export interface PhaseState {
  phase: EpochReport['phase'];
  /** Epochs done. */
  epoch: number;
  /** The best validation loss so far, with its weights where early stopping may want them back. */
  best: { loss: number; epoch: number; weights: NamedTensors | null };
}

/** What the loop says as it goes: after each batch, and after each epoch with the metrics. */
export type TrainReport =
  | { kind: 'batch'; epoch: number; step: number; numSteps: number }
  | { kind: 'epoch'; report: EpochReport; isBest: boolean; state: PhaseState };

export interface TrainedWeights {
  weights: NamedTensors;
  /** The epoch that the weights are from; 0 when stopped within the first. */
  keptEpoch: number;
}

/** Rows a batch when nothing is learnt: large enough that calling TensorFlow costs little. */
const EVALUATION_BATCH_BYTES = 32e6;
/** With layers of a backbone more rows gain nothing. */
const MAX_ROWS_WITH_LAYERS = 32;

/**
 * Trains a network on cached features. Yields between batches; the same seed gives the same curve, from the start or from
 * any epoch on, since every epoch draws its order from the seed and its own number.
 *
 * @param network stays the caller's
 * @param from where an interrupted phase stood; the network has its weights and optimizer state
 * @param signal stops it at the next batch; what was learnt until then is returned
 * @returns the last weights, or the best by validation loss when early stopping is on
 * @throws training-diverged when the loss is no longer a number
 */
export async function* trainPhase(
  network: Network,
  parts: { train: FeatureSet; validation: FeatureSet },
  recipe: Recipe,
  phase: Phase,
  classNames: readonly string[],
  signal: AbortSignal,
  from: PhaseState | null = null,
): AsyncGenerator<TrainReport, TrainedWeights> {
  const { train } = parts;
  const { batchSize, accumulateBatches, labelSmoothing, earlyStopping } = recipe;
  const weights = classWeights(recipe.classWeights, train.labels, classNames);
  const unweighted = classNames.map(() => 1);
  const { numClasses } = network.config;
  const numSteps = Math.ceil(train.numImages / batchSize);
  const buffers = train.rowLengths.map((length) => new Float32Array(Math.min(batchSize, train.numImages) * length));
  let best = from?.best ?? { loss: Infinity, epoch: 0, weights: null };
  let numEpochs = from?.epoch ?? 0;
  const hasPatience = () => !earlyStopping || numEpochs - best.epoch < earlyStopping.patience;

  training: while (numEpochs < phase.numEpochs && hasPatience()) {
    const epoch = numEpochs + 1;
    const startedAt = performance.now();
    const drawnFor = `${phase.name} ${epoch}`;
    const order = createRandom(recipe.seed, `shuffle ${drawnFor}`).shuffle(
      Int32Array.from({ length: train.numImages }, (_, i) => i),
    );
    const dropping = createRandom(recipe.seed, `dropout ${drawnFor}`);
    const choosing = createRandom(recipe.seed, `views ${drawnFor}`);
    let lossSum = 0;
    let numCorrect = 0;
    for (let step = 0; step < numSteps; step++) {
      const batch = order.subarray(step * batchSize, (step + 1) * batchSize);
      const rows = buffers.map((buffer, i) => buffer.subarray(0, batch.length * train.rowLengths[i]!));
      const views = train.numViews > 1 ? Array.from(batch, () => choosing.int(train.numViews)) : undefined;
      await train.gather(batch, rows, views);
      const labels = Int32Array.from(batch, (i) => train.labels[i]!);
      const firstOfUpdate = step - (step % accumulateBatches);
      const numInUpdate =
        Math.min(order.length, (firstOfUpdate + accumulateBatches) * batchSize) - firstOfUpdate * batchSize;
      const shares = Array.from(labels, (label) => weights[label]! / numInUpdate);
      const logits = network.learn({ rows, labels }, shares, labelSmoothing, dropping);
      const score = scoreLogits(logits, labels, numClasses, weights, labelSmoothing);
      if (!Number.isFinite(score.lossSum))
        throw new GraftError('training-diverged', { epoch, learningRate: phase.learningRate });
      if ((step + 1) % accumulateBatches === 0 || step + 1 === numSteps)
        network.update(
          learningRateAt(recipe, phase.learningRate, {
            epoch: epoch - 1 + (step + 1) / numSteps,
            numEpochs: phase.numEpochs,
          }),
        );
      lossSum += score.lossSum;
      numCorrect += score.numCorrect;
      yield { kind: 'batch', epoch, step: step + 1, numSteps };
      if (signal.aborted) break training;
    }
    const validation = await evaluate(network, parts.validation, unweighted, { labelSmoothing, batchSize });
    const report: EpochReport = {
      phase: phase.name,
      epoch,
      loss: lossSum / order.length,
      accuracy: numCorrect / order.length,
      validationLoss: validation.loss,
      validationAccuracy: validation.numCorrect / parts.validation.numImages,
      durationMs: performance.now() - startedAt,
    };
    const isBest = validation.loss < best.loss - (earlyStopping?.minDelta ?? 0);
    if (isBest) best = { loss: validation.loss, epoch, weights: earlyStopping ? network.read() : null };
    numEpochs = epoch;
    yield { kind: 'epoch', report, isBest, state: { phase: phase.name, epoch, best } };
    if (signal.aborted) break;
  }
  if (earlyStopping && best.weights) return { weights: best.weights, keptEpoch: best.epoch };
  return { weights: network.read(), keptEpoch: numEpochs };
}

/**
 * Loss and predictions of a network over a whole part.
 *
 * @param batchSize of training: as many pictures at a time fit into memory where layers of a backbone are computed
 */
export async function evaluate(
  network: Network,
  part: FeatureSet,
  weights: readonly number[],
  { batchSize, labelSmoothing = 0 }: { batchSize: number; labelSmoothing?: number },
): Promise<{ loss: number; numCorrect: number; predicted: Int32Array; logits: Float32Array }> {
  const { numClasses } = network.config;
  const rowBytes = 4 * part.rowLengths.reduce((sum, length) => sum + length, 0);
  // Layers of a backbone make much more of a row than its own size; a training batch is known to fit.
  const rowsAtOnce = network.part
    ? Math.min(part.numImages, batchSize, MAX_ROWS_WITH_LAYERS)
    : Math.max(1, Math.min(part.numImages, Math.floor(EVALUATION_BATCH_BYTES / rowBytes)));
  const buffers = part.rowLengths.map((length) => new Float32Array(rowsAtOnce * length));
  const predicted = new Int32Array(part.numImages);
  const logits = new Float32Array(part.numImages * numClasses);
  let lossSum = 0;
  let numCorrect = 0;
  for (let start = 0; start < part.numImages; start += rowsAtOnce) {
    const indexes = Int32Array.from({ length: Math.min(rowsAtOnce, part.numImages - start) }, (_, i) => start + i);
    const rows = buffers.map((buffer, i) => buffer.subarray(0, indexes.length * part.rowLengths[i]!));
    await part.gather(indexes, rows);
    const values = network.logits(rows, indexes.length);
    const score = scoreLogits(
      values,
      part.labels.subarray(start, start + indexes.length),
      numClasses,
      weights,
      labelSmoothing,
    );
    predicted.set(score.predicted, start);
    logits.set(values, start * numClasses);
    lossSum += score.lossSum;
    numCorrect += score.numCorrect;
  }
  return { loss: lossSum / part.numImages, numCorrect, predicted, logits };
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
