import type { RunSnapshot, Share } from '../../../contract/run.ts';
import { bestEpoch } from '../../charts/curves.ts';
import { numEpochsOf, oneCourse } from '../../charts/phases.ts';
import { wilson } from '../../charts/wilson.ts';

/** What the row of large numbers says of a run. Null: not known. */
export interface RunNumbers {
  numOver: number;
  numEpochs: number;
  /** The epoch whose weights are kept: known at the end, before it the best so far. */
  markedEpoch: number | null;
  isKept: boolean;
  validation: { accuracy: number; share: Share | null } | null;
  test: Share | null;
  validationLoss: number | null;
  bestLoss: { loss: number; epoch: number } | null;
  msLeft: number | null;
  msPerEpoch: number | null;
}

const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;

/** @param numValidation pictures of the validation split, where the data set is here to ask */
export function numbersOf(run: RunSnapshot, numValidation: number | null): RunNumbers {
  const { result } = run;
  const epochs = oneCourse(run);
  const numEpochs = numEpochsOf(run);
  const kept =
    result === null ? null : result.keptEpoch + (epochs.at(-1)?.epoch ?? 0) - (run.epochs.at(-1)?.epoch ?? 0);
  const last = epochs.at(-1);
  const best = bestEpoch(epochs);
  const bestReport = epochs.find((report) => report.epoch === best);
  const msPerEpoch = epochs.length === 0 ? null : mean(epochs.slice(-5).map((report) => report.durationMs));
  const accuracy = result?.validation?.accuracy ?? last?.validationAccuracy;
  const live =
    accuracy === undefined || numValidation === null || numValidation === 0 ? null : wilson(accuracy, numValidation);
  const numToCome = numEpochs - epochs.length;
  const isTraining = run.progress?.step === 'training';
  return {
    numOver: epochs.length,
    numEpochs,
    markedEpoch: kept ?? best,
    isKept: result !== null,
    validation: accuracy === undefined ? null : { accuracy, share: result?.validation ?? live },
    test: result?.test ?? null,
    validationLoss: (kept === null ? last : (epochs[kept - 1] ?? last))?.validationLoss ?? null,
    bestLoss: bestReport === undefined ? null : { loss: bestReport.validationLoss, epoch: bestReport.epoch },
    msLeft: run.progress?.msLeft ?? (isTraining && msPerEpoch !== null ? msPerEpoch * numToCome : null),
    msPerEpoch,
  };
}
