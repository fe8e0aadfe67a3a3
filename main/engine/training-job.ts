import type { SkippedFile } from '../../contract/dataset.ts';
import type { EpochReport, Recipe, RunProgress, RunResult } from '../../contract/run.ts';

/** Where the worker finds and leaves things. */
export interface Places {
  home: string;
  assets: string;
}

export interface RunOfJob {
  runId: string;
  folder: string;
  recipe: Recipe;
}

/** What a job is told while it runs. */
export interface JobControl {
  /** Stops it at the next batch. */
  signal: AbortSignal;
  /** Awaited between batches: holds while the run is paused. */
  whenRunning: () => Promise<void>;
}

/** What a training tells whoever asked for it. */
export type TrainJobReport =
  | { kind: 'progress'; runId: string; progress: RunProgress }
  | { kind: 'epoch'; runId: string; report: EpochReport }
  | { kind: 'files'; sha256ByPath: [string, string][]; skipped: SkippedFile[] }
  | { kind: 'note'; runId: string; note: 'features-not-kept' }
  | {
      kind: 'ended';
      runId: string;
      phase: 'finished' | 'stopped';
      result: RunResult | null;
      confusion: number[][] | null;
      numSkipped: number;
    };

const REPORT_EVERY_MS = 150;

export function ended(
  runId: string,
  phase: 'finished' | 'stopped',
  result: RunResult | null,
  confusion: number[][] | null,
  numSkipped: number,
): TrainJobReport {
  return { kind: 'ended', runId, phase, result, confusion, numSkipped };
}

export function progress(
  runId: string,
  step: RunProgress['step'],
  done: number,
  total: number,
  msLeft: number | null = null,
): TrainJobReport {
  return { kind: 'progress', runId, progress: { step, done, total, msLeft } };
}

/** Passes on at most a few calls a second, the last always, with the time left by the pace so far. */
export function paced(
  report: (done: number, total: number, msLeft: number | null) => void,
): (done: number, total: number) => void {
  let lastAt = -Infinity;
  let from: { at: number; done: number } | null = null;
  return (done, total) => {
    const now = performance.now();
    from ??= { at: now, done };
    if (done < total && now - lastAt < REPORT_EVERY_MS) return;
    lastAt = now;
    const pace = done > from.done ? (now - from.at) / (done - from.done) : null;
    report(done, total, pace === null || now - from.at < 500 ? null : pace * (total - done));
  };
}
