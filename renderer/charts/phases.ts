import type { EpochReport, Recipe, RunSnapshot } from '../../contract/run.ts';

type Planned = Pick<RunSnapshot, 'epochs' | 'parentRunId'> & {
  recipe: Pick<Recipe, 'epochs' | 'trainable' | 'fineTune'>;
};

/** Epochs of the head that a run has, or will have; none where it begins with another run's. */
export function numHeadEpochs({ epochs, parentRunId, recipe }: Planned): number {
  if (parentRunId !== null) return 0;
  // Early stopping may end the first phase before its last epoch.
  const hasBegun = epochs.some((epoch) => epoch.phase === 'fine-tune');
  return hasBegun ? epochs.filter((epoch) => epoch.phase === 'head').length : recipe.epochs;
}

/** Epochs of both phases. */
export function numEpochsOf(run: Planned): number {
  return numHeadEpochs(run) + (run.recipe.trainable === 'none' ? 0 : run.recipe.fineTune.epochs);
}

/** Both phases as one course, counted on: fine-tuning's first epoch follows the head's last. */
export function oneCourse(run: Planned): EpochReport[] {
  const before = numHeadEpochs(run);
  return run.epochs.map((report) =>
    report.phase === 'fine-tune' ? { ...report, epoch: before + report.epoch } : report,
  );
}

/** Between the epochs of head and fine-tuning, on the axis of epochs; null where one of them has none yet. */
export function phaseBoundary(run: Planned): number | null {
  const before = numHeadEpochs(run);
  const hasBegun = run.epochs.some((epoch) => epoch.phase === 'fine-tune');
  return before > 0 && hasBegun ? before + 0.5 : null;
}
