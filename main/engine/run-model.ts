import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { Split } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import { HeadKind } from '../../contract/run.ts';
import { readSafetensors, writeSafetensors, type NamedTensors } from '../backbones/safetensors.ts';
import { readJson } from '../store/read-json.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import { headShapes, type HeadConfig, type HeadWeights } from './head.ts';
import { readTunedWeights, TUNED_FILE, type TunedWeights } from './tuned-weights.ts';

/** `model/model.json` of a run: what to put the head's weights on. */
export const RunModel = z.object({
  formatVersion: z.literal(1),
  backboneId: z.string(),
  weightsSha256: z.string(),
  inputSize: z.tuple([z.int(), z.int()]),
  featureShape: z.tuple([z.int(), z.int(), z.int()]),
  head: z.object({ kind: HeadKind, denseUnits: z.int().nullable(), dropout: z.number() }),
  classNames: z.array(z.string()).min(2),
  keptEpoch: z.int(),
  /** What fine-tuning changed in the backbone; null: nothing. */
  tuned: z.object({ sha256: z.string() }).nullable().default(null),
});
export type RunModel = z.infer<typeof RunModel>;

const EvaluatedImage = z.object({ path: z.string(), label: z.int(), predicted: z.int() });
export type EvaluatedImage = z.infer<typeof EvaluatedImage>;
/** `evaluation.json`: what the finished model says of each picture it did not learn from; class indexes. */
export const RunEvaluation = z.object({
  formatVersion: z.literal(1),
  validation: z.array(EvaluatedImage),
  test: z.array(EvaluatedImage),
});
export type RunEvaluation = z.infer<typeof RunEvaluation>;

/** `splits.json`: which pictures the run used, for what, with the SHA-256 of their bytes. */
export const RunSplits = z.object({
  formatVersion: z.literal(1),
  datasetId: z.string(),
  images: z.array(z.object({ path: z.string(), className: z.string(), split: Split, sha256: z.string() })),
  /** SHA-256 of what the runs before it learnt from, whose weights it began with. */
  learnt: z.array(z.string()).default([]),
});
export type RunSplits = z.infer<typeof RunSplits>;

export const headConfigOf = (model: RunModel): HeadConfig => ({
  ...model.head,
  featureShape: model.featureShape,
  numClasses: model.classNames.length,
});

/** Saves a trained head with everything needed to use it; `model.json` last, so that a torn save is not taken for a model. */
export async function writeRunModel(
  folder: string,
  parts: {
    weights: HeadWeights;
    /** Named `<layer>/<weight>`; null: the backbone is as it was. */
    tuned: NamedTensors | null;
    model: Omit<z.input<typeof RunModel>, 'tuned'>;
    evaluation: RunEvaluation;
  },
): Promise<void> {
  await mkdir(path.join(folder, 'model'), { recursive: true });
  const tuned = parts.tuned && writeSafetensors(parts.tuned);
  if (tuned) await writeFileAtomic(path.join(folder, TUNED_FILE), tuned);
  await writeFileAtomic(
    path.join(folder, 'model', 'head.safetensors'),
    writeSafetensors(
      new Map(Object.entries(parts.weights).map(([name, t]) => [name, { shape: t.shape, data: t.values }])),
    ),
  );
  await writeFileAtomic(path.join(folder, 'evaluation.json'), JSON.stringify(parts.evaluation));
  await writeFileAtomic(
    path.join(folder, 'model', 'model.json'),
    `${JSON.stringify(RunModel.parse({ ...parts.model, tuned: tuned && { sha256: sha256Of(tuned) } }), null, 2)}\n`,
  );
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export async function writeRunSplits(folder: string, splits: z.input<typeof RunSplits>): Promise<void> {
  await writeFileAtomic(path.join(folder, 'splits.json'), JSON.stringify(splits));
}

/** Reads a run's model. @throws run-not-finished, run-damaged */
export async function readRunModel(
  folder: string,
  runId: string,
): Promise<{ model: RunModel; weights: HeadWeights; tuned: TunedWeights | null }> {
  const model = await readJson(path.join(folder, 'model', 'model.json'), RunModel);
  if (!model) throw new GraftError('run-not-finished', { runId, phase: 'no model' });
  const file = 'model/head.safetensors';
  const bytes = await readFile(path.join(folder, file)).catch(() => null);
  if (!bytes) throw new GraftError('run-damaged', { runId, file });
  let weights: HeadWeights;
  try {
    weights = Object.fromEntries(
      [...readSafetensors(bytes)].map(([name, t]) => [name, { shape: [...t.shape], values: t.data }]),
    );
  } catch (cause) {
    throw new GraftError('run-damaged', { runId, file }, { cause });
  }
  for (const { name, shape } of headShapes(headConfigOf(model))) {
    if (JSON.stringify(weights[name]?.shape) !== JSON.stringify(shape))
      throw new GraftError('run-damaged', { runId, file });
  }
  const tuned = model.tuned && (await readTunedWeights(folder, runId, model.tuned.sha256));
  return { model, weights, tuned };
}

/** @throws run-damaged */
export async function readRunSplits(folder: string, runId: string): Promise<RunSplits> {
  const splits = await readJson(path.join(folder, 'splits.json'), RunSplits);
  if (!splits) throw new GraftError('run-damaged', { runId, file: 'splits.json' });
  return splits;
}
