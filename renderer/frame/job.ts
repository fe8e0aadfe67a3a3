import { numEpochsOf } from '../charts/phases.ts';
import type { RunSnapshot } from '../../contract/run.ts';
import type { AppState } from '../state/app.svelte.ts';

/** What runs right now, in words, for the status line, the title and the taskbar. */
export interface Job {
  kind: 'run' | 'dataset' | 'upload';
  what: string;
  detail: string;
  /** 0..1 of the step; null while it cannot be told. */
  fraction: number | null;
  timeLeft: string | null;
  stop: { label: string; run: () => void } | null;
}

/** The job to show: an upload first, since only this window has it; then training; then a data set that is being read. */
export function jobOf(app: AppState): Job | null {
  return uploadJob(app) ?? runJob(app) ?? datasetJob(app);
}

/** How far a run is within its step. While training, epochs that are over count even where no step was reported. */
export function runFraction(run: RunSnapshot): number | null {
  const { progress } = run;
  if (progress === null || progress.step === 'waiting') return null;
  const reported = progress.total > 0 ? Math.min(1, progress.done / progress.total) : null;
  if (progress.step !== 'training') return reported;
  const over = run.epochs.length / numEpochsOf(run);
  const nextOver = Math.min(1, (run.epochs.length + 1) / numEpochsOf(run));
  return Math.max(over, Math.min(reported ?? 0, nextOver));
}

function runJob(app: AppState): Job | null {
  const run = app.runs.running;
  if (run === null) return null;
  const { status } = app.words.frame;
  const step = run.progress?.step ?? 'waiting';
  const count =
    run.progress !== null && run.progress.total > 0 ? status.ofTotal(run.progress.done, run.progress.total) : '';
  const epoch = status.epoch(Math.min(run.epochs.length + 1, numEpochsOf(run)), numEpochsOf(run));
  const detail =
    step === 'training' ? epoch : step === 'features' ? `${status.steps.features} · ${count}` : status.steps[step];
  const msLeft = run.progress?.msLeft ?? null;
  return {
    kind: 'run',
    what: status.run(run.number),
    detail,
    fraction: runFraction(run),
    timeLeft: msLeft === null ? null : status.left(app.words.format.duration(msLeft)),
    stop: { label: status.stop, run: () => app.notices.attempt(() => app.runs.stop(run.runId)) },
  };
}

function datasetJob(app: AppState): Job | null {
  const dataset = app.datasets.current;
  if (dataset === null) return null;
  const { status } = app.words.frame;
  if (dataset.phase === 'downloading' || dataset.phase === 'unpacking') {
    const { receivedBytes = 0, totalBytes = null, secondsLeft = null } = dataset.transfer ?? {};
    const { busy } = app.words.data;
    const { bytes, duration } = app.words.format;
    return {
      kind: 'dataset',
      what: busy[dataset.phase](dataset.name),
      detail: busy.bytes(bytes(receivedBytes), totalBytes === null ? null : bytes(totalBytes)),
      fraction: totalBytes ? receivedBytes / totalBytes : null,
      timeLeft: secondsLeft === null ? null : status.left(duration(secondsLeft * 1000)),
      stop: null,
    };
  }
  const { progress } = dataset;
  // It can be looked at and mended meanwhile, but its verdicts are not the last word yet.
  const isJudged = dataset.phase === 'ready' && progress !== null;
  if (dataset.phase !== 'drawing' && dataset.phase !== 'scanning' && !isJudged) return null;
  return {
    kind: 'dataset',
    what:
      dataset.phase === 'drawing'
        ? status.drawing
        : progress?.step === 'comparing'
          ? app.words.verdicts.comparing
          : status.scanning(dataset.name),
    detail: progress === null ? '' : status.ofTotal(progress.done, progress.total),
    fraction: progress === null || progress.total === 0 ? null : progress.done / progress.total,
    timeLeft: null,
    stop: null,
  };
}

function uploadJob(app: AppState): Job | null {
  const { upload } = app.datasets;
  if (upload === null) return null;
  const { status } = app.words.frame;
  return {
    kind: 'upload',
    what: status.uploading(upload.name),
    detail: status.ofTotal(upload.numDone, upload.numFiles),
    fraction: upload.numDone / upload.numFiles,
    timeLeft: null,
    stop: { label: status.cancel, run: () => app.datasets.cancelUpload() },
  };
}
