import type { EpochReport } from '../../../contract/run.ts';

/** The control that mends what the diagnosis names. */
export type Control = 'learningRate' | 'epochs' | 'head' | 'regularisation' | 'classWeights' | 'data';

/** What the curves say, as facts; the sentence is in `strings`. Shares are fractions 0..1, epochs count from 1. */
export type Diagnosis =
  | { kind: 'too-early' }
  | { kind: 'diverged'; epoch: number; learningRate: number }
  | { kind: 'rate-too-high'; learningRate: number; numRises: number; numSteps: number }
  | { kind: 'class-collapse'; className: string; fraction: number; isImbalanced: boolean }
  | { kind: 'rate-too-low'; learningRate: number; lossDrop: number }
  | { kind: 'overfitting'; sinceEpoch: number; isRising: boolean; gap: number; head: 'gap' | 'flatten' }
  | { kind: 'not-learning'; accuracy: number }
  | { kind: 'still-improving'; lossDrop: number }
  | { kind: 'learning-well'; gap: number };
export type DiagnosisKind = Diagnosis['kind'];

export interface DiagnosisInput {
  epochs: readonly EpochReport[];
  isOver: boolean;
  learningRate: number;
  head: 'gap' | 'flatten';
  classNames: readonly string[];
  /** Rows true, columns predicted; null until the run has been evaluated. */
  confusion: readonly (readonly number[])[] | null;
  /** The epoch at which the backend gave up, where it did. */
  divergedAt: number | null;
}

// Rules of thumb, chosen so that a healthy head on frozen features (a smooth fall of both losses) sets off none of them.
const enoughEpochs = 3;
const lossNoise = 0.02; // below this a difference between two losses is the draw of the batches
const overfitRise = 1.1; // validation loss over its best
const overfitGap = 0.1; // train minus validation accuracy
const collapseFraction = 0.95; // of all predictions in one column
const slowDrop = 0.12; // of the first loss, over the whole run
const solvedAccuracy = 0.95;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Reads the curves of a run and names the one thing most worth knowing, worst first. */
export function diagnose(input: DiagnosisInput): Diagnosis {
  const { epochs, learningRate } = input;
  const broken = epochs.find((epoch) => !Number.isFinite(epoch.loss) || !Number.isFinite(epoch.validationLoss));
  const divergedAt = input.divergedAt ?? broken?.epoch ?? null;
  if (divergedAt !== null) return { kind: 'diverged', epoch: divergedAt, learningRate };

  const collapse = findCollapse(input);
  if (collapse !== null) return collapse;

  const first = epochs[0];
  const last = epochs.at(-1);
  if (first === undefined || last === undefined || epochs.length < enoughEpochs) return { kind: 'too-early' };

  const rises = countRises(epochs.map((epoch) => epoch.loss));
  if (rises.isUnsteady)
    return { kind: 'rate-too-high', learningRate, numRises: rises.numRises, numSteps: epochs.length - 1 };

  const overfit = findOverfitting(input, last);
  if (overfit !== null) return overfit;

  const lossDrop = 1 - last.loss / first.loss;
  const isSlow = epochs.length >= 5 && lossDrop < slowDrop && last.accuracy < solvedAccuracy;
  if (isSlow && rises.numRises <= epochs.length / 4 && lossDrop > 0)
    return { kind: 'rate-too-low', learningRate, lossDrop };
  const chance = 1 / Math.max(2, input.classNames.length);
  if (epochs.length >= 5 && last.accuracy < chance + 0.1) return { kind: 'not-learning', accuracy: last.accuracy };

  const drop = lateDrop(epochs);
  if (input.isOver && drop > 0.1 && last.validationAccuracy < 0.97) return { kind: 'still-improving', lossDrop: drop };
  return { kind: 'learning-well', gap: last.accuracy - last.validationAccuracy };
}

/** Nearly every picture given to one class, though the classes are not like that. */
function findCollapse({ confusion, classNames }: DiagnosisInput): Diagnosis | null {
  if (confusion === null || classNames.length < 2) return null;
  const total = sum(confusion.map((row) => sum(row)));
  if (total === 0) return null;
  for (const [column, className] of classNames.entries()) {
    const predicted = sum(confusion.map((row) => row[column] ?? 0)) / total;
    const actual = sum(confusion[column] ?? []) / total;
    if (predicted >= collapseFraction && actual < predicted - 0.1) {
      return { kind: 'class-collapse', className, fraction: predicted, isImbalanced: actual > 1.5 / classNames.length };
    }
  }
  return null;
}

/** A training loss that goes up and down instead of down: the steps are too long. */
function countRises(losses: readonly number[]): { numRises: number; isUnsteady: boolean } {
  const changes = losses.slice(1).map((loss, i) => loss - (losses[i] ?? loss));
  const rises = changes.filter((change) => change > lossNoise);
  const fallen = -sum(changes.filter((change) => change < 0));
  const [firstLoss = 0] = losses;
  const endsHigher = (losses.at(-1) ?? 0) > firstLoss + lossNoise;
  const isJagged = rises.length >= Math.max(2, changes.length * 0.3) && sum(rises) > fallen * 0.4;
  return { numRises: rises.length, isUnsteady: endsHigher || isJagged };
}

function findOverfitting({ epochs, head }: DiagnosisInput, last: EpochReport): Diagnosis | null {
  const best = epochs.reduce((least, epoch) => (epoch.validationLoss < least.validationLoss ? epoch : least));
  const gap = last.accuracy - last.validationAccuracy;
  const hasRisen =
    last.validationLoss > best.validationLoss * overfitRise && last.validationLoss > best.validationLoss + lossNoise;
  const memorises = hasRisen && last.loss < best.loss && epochs.length - epochs.indexOf(best) > 2;
  const isApart = gap > overfitGap && last.validationLoss > last.loss * 2;
  if (!memorises && !isApart) return null;
  return { kind: 'overfitting', sinceEpoch: best.epoch, isRising: memorises, gap, head };
}

/** By how much of itself validation loss fell over the last third; 0 where its best lies further back. */
function lateDrop(epochs: readonly EpochReport[]): number {
  const last = epochs.at(-1);
  const before = epochs[Math.floor((epochs.length - 1) * (2 / 3))];
  if (last === undefined || before === undefined || before === last) return 0;
  const isBest = epochs.every((epoch) => last.validationLoss <= epoch.validationLoss);
  return isBest && before.validationLoss > 2 * lossNoise ? 1 - last.validationLoss / before.validationLoss : 0;
}

/** The controls that mend what was found, the likeliest first. */
export function controlsFor(diagnosis: Diagnosis): Control[] {
  switch (diagnosis.kind) {
    case 'diverged':
    case 'rate-too-high':
    case 'rate-too-low':
      return ['learningRate'];
    case 'class-collapse':
      return diagnosis.isImbalanced ? ['classWeights', 'learningRate'] : ['learningRate'];
    case 'overfitting':
      return diagnosis.head === 'flatten' ? ['head', 'epochs', 'regularisation'] : ['epochs', 'regularisation'];
    case 'not-learning':
      return ['learningRate', 'data'];
    case 'still-improving':
      return ['epochs'];
    case 'too-early':
    case 'learning-well':
      return [];
  }
}
