import { GraftError } from '../../contract/errors.ts';
import type { Split } from '../../contract/dataset.ts';
import type { PicturePlaces } from '../dataset/added.ts';
import type { ManifestImage } from '../dataset/manifest.ts';
import { extractFeatures, requireAll, type Extracted } from './extract-features.ts';
import { closeFeatureSpaces, openFeatureSpaces, wantedBy } from './feature-spaces.ts';
import { headLogits } from './head.ts';
import { softmaxRow } from './metrics.ts';
import { openFrozenPart } from './open-frozen-part.ts';
import { backboneOfRun } from './run-backbone.ts';
import { readRunModel, readRunSplits } from './run-model.ts';
import { effectiveSha256 } from './tuned-weights.ts';

/** What a run's model gives for the run's own pictures, read picture by picture: memory does not grow with them. The owner closes it. */
export interface RunAnswers {
  /** In the order of the run's splits; paths relative to the data set's folder. */
  images: readonly { path: string; className: string; split: Split }[];
  /** Features of a picture. */
  numChannels: number;
  /** The mean of each channel of the backbone's maps, fine-tuned layers included: float32 [numChannels]. */
  featuresOf: (index: number) => Float32Array;
  /** By class index: float32 [numClasses]. */
  probabilitiesOf: (index: number) => Float32Array;
  close(): void;
}

export interface AnswersJob {
  runId: string;
  runFolder: string;
  home: string;
  assets: string;
  cacheFolder: string;
  data: PicturePlaces;
  datasetName: string;
}

/**
 * Opens the answers of a run's model for its pictures. What the cache lacks is computed first.
 *
 * @throws dataset-changed when a picture that has to be read is not there as it was; run-not-finished, weights-missing,
 *   weights-damaged
 */
export async function openRunAnswers(job: AnswersJob): Promise<RunAnswers> {
  const { images } = await readRunSplits(job.runFolder, job.runId);
  const { extracted, ...opened } = await openAnswers(job, images);
  const changed = images.filter((image) => extracted.sha256ByPath.get(image.path) !== image.sha256);
  if (changed.length > 0) {
    opened.close();
    throw datasetChanged(
      job,
      changed.map(({ path }) => path),
    );
  }
  const { numChannels, isGap } = opened;
  return {
    images,
    numChannels,
    featuresOf(index) {
      const row = opened.rowOf(images[index]!.sha256);
      return isGap ? row : channelMeans(row, numChannels);
    },
    probabilitiesOf: (index) => opened.probabilitiesOf(images[index]!.sha256),
    close: opened.close,
  };
}

/**
 * What a run's model answers for any pictures, as they are on the disk now: with the features of those bytes where the
 * cache has them, as it does of the run's own.
 *
 * @param paths in the folder of `job.data`
 * @returns probabilities by class index, float32 [numClasses], a picture each
 * @throws dataset-changed when one is not there; image-not-readable; run-not-finished, weights-missing, weights-damaged;
 *   what the cache throws
 */
export async function answersFor(job: AnswersJob, paths: readonly string[]): Promise<Float32Array[]> {
  const { extracted, probabilitiesOf, close } = await openAnswers(
    job,
    paths.map((path) => ({ path, className: '', split: 'test' as const, sha256: null })),
  );
  try {
    const [skipped] = extracted.skipped;
    if (skipped?.reason === 'unreadable') throw datasetChanged(job, [skipped.path]);
    requireAll(job.datasetName, extracted);
    return paths.map((path) => probabilitiesOf(extracted.sha256ByPath.get(path)!));
  } finally {
    close();
  }
}

const datasetChanged = ({ datasetName }: AnswersJob, files: readonly string[]): GraftError =>
  new GraftError('dataset-changed', { name: datasetName, numFiles: files.length, files: files.slice(0, 5) });

/** @param images with null for the hash of one that is to be read as it is now */
async function openAnswers(
  job: AnswersJob,
  images: readonly Pick<ManifestImage, 'path' | 'className' | 'split' | 'sha256'>[],
) {
  const { model, weights, tuned } = await readRunModel(job.runFolder, job.runId);
  const { spec, baseSha256 } = await backboneOfRun(model, job);
  const isGap = model.head.kind === 'gap';
  const want = { pooled: isGap, maps: !isGap, layers: [] };
  const spaces = await openFeatureSpaces(job.cacheFolder, {
    spec,
    weightsSha256: effectiveSha256(baseSha256, tuned),
    inputSize: model.inputSize,
    featureShape: model.featureShape,
    ...want,
  });
  let extracted: Extracted;
  try {
    extracted = await extractFeatures(
      job.data,
      images.map((image) => ({ ...image, sizeBytes: 0, mtimeMs: 0, facts: null })),
      model.inputSize,
      [{ spaces, augment: null }],
      () => openFrozenPart(spec, model.inputSize, wantedBy(want), job, tuned),
      () => undefined,
      new AbortController().signal,
    );
  } catch (error) {
    closeFeatureSpaces(spaces);
    throw error;
  }
  const space = (spaces.pooled ?? spaces.maps)!;
  const rowOf = (sha256: string): Float32Array => {
    const row = new Float32Array(space.rowLength);
    space.read(sha256, row, 0);
    return row;
  };
  return {
    extracted,
    isGap,
    numChannels: model.featureShape[2],
    /** Pooled features, or maps for a head that takes them. */
    rowOf,
    probabilitiesOf: (sha256: string): Float32Array => {
      const probabilities = headLogits(weights, rowOf(sha256));
      softmaxRow(probabilities, 0, probabilities.length);
      return probabilities;
    },
    close: () => closeFeatureSpaces(spaces),
  };
}

/** Global average pooling. @param maps [height, width, channels] */
export function channelMeans(maps: Float32Array, numChannels: number): Float32Array {
  const sums = new Float64Array(numChannels);
  for (let i = 0; i < maps.length; i++) sums[i % numChannels]! += maps[i]!;
  const numPlaces = maps.length / numChannels;
  return Float32Array.from(sums, (sum) => sum / numPlaces);
}
