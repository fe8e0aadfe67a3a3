import { readFile } from 'node:fs/promises';
import type { Split } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import type { ExportFormat, ExportOptions, Parity } from '../../contract/model.ts';
import type { Recipe, RunResult } from '../../contract/run.ts';
import { isBrought } from '../backbones/brought.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import { withPreprocessing } from '../backbones/preprocessing.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import { loadBackbone, weightsState } from '../backbones/weights.ts';
import { pictureFile, type PicturePlaces } from '../dataset/added.ts';
import { attachHead } from '../engine/head.ts';
import { openPredictor } from '../engine/predict.ts';
import { openRunAnswers } from '../engine/run-answers.ts';
import { headConfigOf, readRunModel, readRunSplits, type RunModel, type RunSplits } from '../engine/run-model.ts';
import type { Places } from '../engine/training-job.ts';
import { markTrainedLayers } from '../engine/trained-layers.ts';
import { loadTunedBackbone } from '../engine/tuned-weights.ts';
import { decodeImage, ImageProblem } from '../native/image.ts';
import { tf } from '../native/tf.ts';
import type { ExportedRun } from './format.ts';
import { comparePredictions } from './parity.ts';
import { formats } from './registry.ts';
import { readRunFacts } from './run-facts.ts';
import { writeExport, type WrittenExport } from './write-export.ts';

/** Pictures that the certificate rests on, where there are so many. */
const NUM_PARITY_IMAGES = 32;

/** Pictures to choose from, by their paths in the data set. */
export interface ProofPictures {
  images: readonly { path: string; className: string; split: Split }[];
}

export interface ExportJob extends Places {
  runId: string;
  runFolder: string;
  cacheFolder: string;
  format: ExportFormat;
  options: ExportOptions;
  /** Absolute, new or empty. */
  out: string;
  /** Where the run's pictures lie. */
  data: PicturePlaces;
  /** Pictures that the proof rests on instead of those of the run. */
  otherPictures: ProofPictures | null;
  /** For messages only: no format may write it down. */
  datasetName: string;
  /** True for a saved model that was opened in Graft. */
  isImported: boolean;
  /** Of the runs that led to this one, and its own; none of a saved model. */
  recipes: Recipe[];
  earlierData: ExportedRun['earlierData'];
  missingParentRunId: string | null;
  result: RunResult | null;
  /** Day on which Graft trained the model, or opened it, as 2026-01-31. */
  madeOn: string;
}

/** What a fresh process needs to check an export: files, and what the app answered. */
export interface VerifyJob {
  format: ExportFormat;
  /** Folder of what was written. */
  folder: string;
  inputSize: readonly [number, number];
  pictures: string[];
  /** Of the same pictures in the data set's folder. */
  paths: string[];
  /** Probabilities by class index, a picture each, as the app gave them. */
  expected: Float32Array[];
}

/**
 * Writes a run's model in a format. The proof is asked of a fresh process.
 *
 * @param prove loads what was written elsewhere and compares
 * @throws run-not-finished, weights-missing, out-not-empty, export-differs, dataset-changed, image-not-readable
 */
export async function exportRun(job: ExportJob, prove: (proof: VerifyJob) => Promise<Parity>): Promise<WrittenExport> {
  const { model: facts, weights, tuned } = await readRunModel(job.runFolder, job.runId);
  const splits = await readRunSplits(job.runFolder, job.runId);
  const paths = heldOut(job.otherPictures ?? splits);
  const pictures = paths.map((file) => pictureFile(job.data, file));
  const expected = formats[job.format].predict ? await askTheApp(job, paths) : []; // else there is nothing to compare
  const spec = findBackbone(facts.backboneId, job);
  const loaded = await loadTunedBackbone(spec, facts.inputSize, job, tuned);
  await markTrainedLayers(loaded, job.runFolder, job.runId);
  const base = await withPreprocessing(loaded);
  const model = attachHead(tf, base, headConfigOf(facts), weights);
  const models = [model, loaded.model]; // `base` has no layers but those of `model`
  const free = (): void => {
    for (const one of models.splice(0)) one.dispose();
  };
  try {
    const context = {
      model,
      options: job.options,
      classNames: facts.classNames,
      inputSize: facts.inputSize,
      provenance: {
        graftVersion: process.env['GRAFT_VERSION'] ?? '0.0.0',
        ...backboneFacts(spec),
        weightsSha256: facts.weightsSha256,
        head: facts.head.kind,
        numTrainImages: job.isImported ? null : splits.images.filter(({ split }) => split === 'train').length,
        testAccuracy: job.result?.test?.accuracy ?? null,
        trainedOn: job.isImported ? null : job.madeOn,
      },
      run: await exportedRun(job, spec, facts, splits),
    };
    return await writeExport(job.format, context, job.out, (folder) => {
      free(); // the proof's process needs the memory, and nothing writes the model again
      return prove({ format: job.format, folder, inputSize: facts.inputSize, pictures, paths, expected });
    });
  } finally {
    free();
  }
}

/** What a model that somebody brought is called outside, whose own id holds its name. */
const OWN_BACKBONE = 'own';

/** A model that somebody brought is named by them, and by the file that it was: neither leaves. */
function backboneFacts(spec: BackboneSpec) {
  const isOwn = isBrought(spec);
  return {
    backboneId: isOwn ? OWN_BACKBONE : spec.id,
    backboneName: isOwn ? 'a model of somebody’s own' : spec.name,
    backboneLicence: spec.licence,
    backbonePaper: spec.paper,
    weightsOrigin: isOwn ? 'A model that was brought to Graft, cut where its classifier began.' : spec.weights.origin,
  };
}

/** How the model came to be; nothing is computed before a format asks. */
async function exportedRun(
  job: ExportJob,
  backbone: BackboneSpec,
  { inputSize, head }: RunModel,
  splits: RunSplits,
): Promise<ExportedRun> {
  const { isImported, madeOn, recipes, earlierData, missingParentRunId, result } = job;
  const { state, sha256 } = await weightsState(backbone, job);
  return {
    backbone,
    isImported,
    madeOn,
    head,
    importedWeights: state === 'imported' ? sha256 : null,
    recipes: isBrought(backbone) ? recipes.map((recipe) => ({ ...recipe, backbone: OWN_BACKBONE })) : recipes,
    earlierData,
    missingParentRunId,
    result,
    training: await readRunFacts(job.runFolder, job.runId, splits),
    images: splits.images.map(({ path, className, split }) => ({ path, className, split })),
    decode: (path) =>
      held(path, job.datasetName, async () => {
        const { pixels } = await decodeImage(await readFile(pictureFile(job.data, path)), inputSize);
        return pixels;
      }),
    openAnswers: () => openRunAnswers(job),
    async loadPretrained() {
      const loaded = await loadBackbone(backbone, inputSize, job);
      try {
        return await withPreprocessing(loaded);
      } finally {
        loaded.model.dispose();
      }
    },
  };
}

/** Reads a picture of the run. @throws dataset-changed where it is gone, image-not-readable where it is broken */
async function held<T>(name: string, datasetName: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof ImageProblem)
      throw new GraftError('image-not-readable', { name, reason: cause.reason }, { cause });
    if (cause instanceof Error && 'syscall' in cause)
      throw new GraftError('dataset-changed', { name: datasetName, numFiles: 1, files: [name] }, { cause });
    throw cause;
  }
}

/** What the app says of pictures: the very path of a prediction in the window. */
async function askTheApp(job: ExportJob, paths: readonly string[]): Promise<Float32Array[]> {
  const predictor = await openPredictor(job.runFolder, job.runId, job);
  try {
    const answers: Float32Array[] = [];
    for (const path of paths)
      answers.push(
        await held(path, job.datasetName, async () => predictor.predict(await readFile(pictureFile(job.data, path)))),
      );
    return answers;
  } finally {
    await predictor.dispose();
  }
}

/** Pictures that the model did not learn from, of every class in turn: test, else validation, else train. */
export function heldOut(splits: ProofPictures): string[] {
  const order = ['test', 'validation', 'train'] as const;
  const byClass = new Map<string, string[]>();
  for (const split of order) {
    for (const image of splits.images) {
      if (image.split !== split) continue;
      const own = byClass.get(image.className) ?? [];
      byClass.set(image.className, own);
      own.push(image.path);
    }
  }
  const chosen: string[] = [];
  for (let round = 0; chosen.length < Math.min(NUM_PARITY_IMAGES, splits.images.length); round++) {
    for (const own of byClass.values())
      if (own[round] !== undefined && chosen.length < NUM_PARITY_IMAGES) chosen.push(own[round]!);
  }
  return chosen;
}

/** Loads an export as others would and compares it with the app, from the picture files. For a fresh process. */
export async function verifyExport(job: VerifyJob): Promise<Parity> {
  const { format, folder, inputSize, pictures, paths, expected } = job;
  const pixels = await Promise.all(
    pictures.map(async (file) => (await decodeImage(await readFile(file), inputSize)).pixels),
  );
  const { predict } = formats[format];
  if (!predict) throw new Error(`${format} holds no model`);
  return comparePredictions(expected, await predict(folder, pixels, inputSize, paths));
}
