import type { TrainingCostInput } from '../../contract/backbone.ts';
import type { MapJob } from '../engine/dataset-map.ts';
import type { FindRateJob } from '../engine/find-learning-rate.ts';
import type { ImportModelJob } from '../engine/import-model.ts';
import type { ProbeJob } from '../engine/probe.ts';
import { serveJobs } from './protocol.ts';
import type { EvaluateJob } from '../engine/evaluate-run.ts';
import type { ExportJob } from '../export/export-run.ts';
import type { VerifyJob } from '../export/proof.ts';
import { trainRuns, type TrainJob } from '../engine/train-runs.ts';
import type { BringJob, ImportJob, LayersJob, MeasureJob } from './backbone-jobs.ts';

// Entry of the process that owns TensorFlow for one job. Jobs that are not training are loaded when asked for.
// TensorFlow loads while the backend still lists the folder. A failure shows in the job that needs it.
import('../native/tf.ts').catch(() => undefined);

serveJobs({
  train: (job: TrainJob, report, signal, whenRunning) => trainRuns(job, report, { signal, whenRunning }),
  evaluate: async (job: EvaluateJob, report, signal) =>
    (await import('../engine/evaluate-run.ts')).evaluateRun(job, (done, total) => report({ done, total }), signal),
  export: async (job: ExportJob) => (await import('../export/export-run.ts')).exportRun(job),
  verify: async (job: VerifyJob) => (await import('../export/proof.ts')).verifyExport(job),
  measure: async (job: MeasureJob) => (await import('./backbone-jobs.ts')).measure(job),
  measureTraining: async (input: TrainingCostInput & { home: string }) =>
    (await import('../engine/measure-training.ts')).measureTraining(input),
  layers: async (job: LayersJob) => (await import('./backbone-jobs.ts')).layers(job),
  probe: async (job: ProbeJob, report, signal) =>
    (await import('../engine/probe.ts')).probeBlocks(job, (done, total) => report({ done, total }), signal),
  findLearningRate: async (job: FindRateJob, report, signal) =>
    (await import('../engine/find-learning-rate.ts')).findLearningRate(job, report, signal),
  mapDataset: async (job: MapJob, report, signal) =>
    (await import('../engine/dataset-map.ts')).mapDataset(job, report, signal),
  inspectModel: async (job: { file: string }) => (await import('./backbone-jobs.ts')).inspect(job),
  bringModel: async (job: BringJob) => (await import('./backbone-jobs.ts')).bring(job),
  importModel: async (job: ImportModelJob) => (await import('../engine/import-model.ts')).importModel(job),
  importWeights: async (job: ImportJob) => (await import('./backbone-jobs.ts')).importFile(job),
});
