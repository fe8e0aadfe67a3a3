import { GraftError } from '../../contract/errors.ts';
import type { Split } from '../../contract/dataset.ts';
import type { Evaluation, Recipe } from '../../contract/run.ts';
import type { Manifest } from '../dataset/manifest.ts';
import { tf } from '../native/tf.ts';
import { extractFeatures } from './extract-features.ts';
import { closeFeatureSpaces, openFeatureSpaces, spacesIn, wantedBy } from './feature-spaces.ts';
import { Network } from './network.ts';
import { openFrozenPart } from './open-frozen-part.ts';
import { backboneOfRun } from './run-backbone.ts';
import { headConfigOf, readRunModel, readRunSplits } from './run-model.ts';
import { evaluateSplit, partOf, type SplitImage } from './split-parts.ts';
import type { Places } from './training-job.ts';
import { effectiveSha256 } from './tuned-weights.ts';

export interface EvaluateJob extends Places {
  runId: string;
  folder: string;
  cacheFolder: string;
  split: Split;
  /** The run's own data set, or another one. */
  manifest: Manifest;
  isOwnDataset: boolean;
  recipe: Recipe;
}

/** Evaluates a run's model on a split of its own data, or on all of another data set that has the same classes. */
export async function evaluateRun(
  job: EvaluateJob,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Evaluation> {
  const { model, weights, tuned } = await readRunModel(job.folder, job.runId);
  const { spec, baseSha256: weightsSha256 } = await backboneOfRun(model, job);
  const kept = new Map((await readRunSplits(job.folder, job.runId)).images.map((image) => [image.path, image]));
  const candidates = await pictures(job, model.classNames);
  const want = { pooled: model.head.kind === 'gap', maps: model.head.kind === 'flatten', layers: [] };
  const spaces = await openFeatureSpaces(job.cacheFolder, {
    spec,
    weightsSha256: effectiveSha256(weightsSha256, tuned),
    inputSize: model.inputSize,
    featureShape: model.featureShape,
    ...want,
  });
  try {
    const extracted = await extractFeatures(
      job.manifest,
      candidates,
      model.inputSize,
      [{ spaces, augment: null }],
      () => openFrozenPart(spec, model.inputSize, wantedBy(want), job, tuned),
      onProgress,
      signal,
    );
    const images = candidates.flatMap((image): SplitImage[] => {
      const sha256 = extracted.sha256ByPath.get(image.path);
      if (job.isOwnDataset && sha256 && kept.get(image.path)?.sha256 !== sha256) {
        extracted.skipped.push({ path: image.path, reason: 'unreadable', detail: 'changed since the run' });
        return [];
      }
      return sha256 ? [{ ...image, split: job.split, sha256 }] : [];
    });
    if (images.length === 0) throw new GraftError('no-split', { split: job.split, name: job.manifest.name });
    const part = partOf(images, job.split, [spacesIn(spaces)], model.classNames);
    const network = new Network(tf, headConfigOf(model), weights, null);
    const { loss, share, confusion } = await evaluateSplit(network, part, job.recipe.batchSize).finally(() =>
      network.dispose(),
    );
    return { split: job.split, classNames: model.classNames, share, confusion, loss, skipped: extracted.skipped };
  } finally {
    closeFeatureSpaces(spaces);
  }
}

/** The run's own pictures are those it kept; of another data set the split asked for, or all where it has none. */
async function pictures(job: EvaluateJob, classNames: readonly string[]): Promise<Manifest['images']> {
  const { images } = job.manifest;
  if (job.isOwnDataset) {
    const kept = new Map((await readRunSplits(job.folder, job.runId)).images.map((image) => [image.path, image]));
    return images.filter((image) => kept.get(image.path)?.split === job.split);
  }
  const found = [...new Set(images.map((image) => image.className))];
  if (found.some((name) => !classNames.includes(name)))
    throw new GraftError('classes-differ', { expected: [...classNames], found: found.sort() });
  return images.every((image) => image.split === null) ? images : images.filter((image) => image.split === job.split);
}
