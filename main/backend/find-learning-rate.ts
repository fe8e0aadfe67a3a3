import type { RateCurve, Recipe } from '../../contract/run.ts';
import { resolveSplits } from '../dataset/split.ts';
import type { FindRateJob, FindRateReport } from '../engine/find-learning-rate.ts';
import type { Asking } from './questions.ts';
import type { RunsOptions } from './runs.ts';

/** Tries learning rates in a worker of its own, beside whatever trains. @throws whatever keeps a run from starting */
export async function findLearningRate(
  { datasets, backbones, places, newTrainer, log }: Omit<RunsOptions, 'store' | 'emit'>,
  datasetId: string,
  recipe: Recipe,
  { signal, onProgress }: Asking,
): Promise<RateCurve> {
  await backbones.requireTrainable(recipe);
  const manifest = await datasets.asRead(datasetId);
  resolveSplits(manifest, recipe); // says now what would otherwise come after minutes
  const trainer = newTrainer();
  try {
    const job = { ...places, manifest, recipe } satisfies FindRateJob;
    return await trainer.call<RateCurve>('findLearningRate', job, {
      signal,
      onProgress: (raw) => {
        const report = raw as FindRateReport;
        if ('total' in report) return onProgress(report.done, report.total);
        const { sha256ByPath, skipped } = report;
        datasets.learn(manifest, sha256ByPath, skipped).catch((error: unknown) => log.bug(error));
      },
    });
  } finally {
    trainer.close();
  }
}
