import { readFile } from 'node:fs/promises';
import type { ExportFormat, ExportOptions } from '../../contract/model.ts';
import type { Recipe, RunResult } from '../../contract/run.ts';
import { isBrought } from '../backbones/brought.ts';
import { withPreprocessing } from '../backbones/preprocessing.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import { loadBackbone, weightsState } from '../backbones/weights.ts';
import { pictureFile, type PicturePlaces } from '../dataset/added.ts';
import { attachHead } from '../engine/head.ts';
import { openRunAnswers } from '../engine/run-answers.ts';
import { backboneOfRun } from '../engine/run-backbone.ts';
import { headConfigOf, readRunModel, readRunSplits, type RunModel, type RunSplits } from '../engine/run-model.ts';
import type { Places } from '../engine/training-job.ts';
import { markTrainedLayers } from '../engine/trained-layers.ts';
import { loadTunedBackbone } from '../engine/tuned-weights.ts';
import { decodeImage } from '../native/image.ts';
import { tf } from '../native/tf.ts';
import type { WrittenModel } from './finish-export.ts';
import type { ExportedRun } from './format.ts';
import { held, heldOut, knownAnswers, type ProofPictures, type VerifyJob } from './proof.ts';
import { formats } from './registry.ts';
import { readRunFacts } from './run-facts.ts';
import { writeModel } from './write-model.ts';

export interface ExportJob extends Places {
  runId: string;
  runFolder: string;
  cacheFolder: string;
  format: ExportFormat;
  options: ExportOptions;
  /** Absolute; exists and is empty. */
  folder: string;
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

/** A run's model in a format, and how to prove it. */
export interface WrittenRun {
  written: WrittenModel;
  /** For a fresh process; null for a format that holds no model. */
  proof: VerifyJob | null;
}

/**
 * Writes a run's model in a format and tells what the proof has to find in it.
 *
 * @throws run-not-finished, weights-missing, weights-damaged, dataset-changed, image-not-readable; what `writeModel` throws
 */
export async function exportRun(job: ExportJob): Promise<WrittenRun> {
  const { model: facts, weights, tuned } = await readRunModel(job.runFolder, job.runId);
  const splits = await readRunSplits(job.runFolder, job.runId);
  const { spec } = await backboneOfRun(facts, job);
  const proof = formats[job.format].predict ? await proofOf(job, facts, splits) : null;
  const loaded = await loadTunedBackbone(spec, facts.inputSize, job, tuned);
  await markTrainedLayers(loaded, job.runFolder, job.runId);
  const base = await withPreprocessing(loaded);
  const model = attachHead(tf, base, headConfigOf(facts), weights);
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
    return { written: await writeModel(job.format, context, job.folder), proof };
  } finally {
    for (const one of [model, loaded.model]) one.dispose(); // `base` has no layers but those of `model`
  }
}

async function proofOf(job: ExportJob, { inputSize }: RunModel, splits: RunSplits): Promise<VerifyJob> {
  const { format, folder, runId, runFolder, home, assets, cacheFolder, data, datasetName } = job;
  const app = { runId, runFolder, home, assets, cacheFolder, data, datasetName };
  const paths = heldOut(job.otherPictures ?? splits);
  const expected = await knownAnswers(format, app, paths);
  return { format, precision: job.options.precision, folder, inputSize, paths, app, expected };
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
