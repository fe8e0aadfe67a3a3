import { GraftError } from '../../contract/errors.ts';
import type { Split } from '../../contract/dataset.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import { verifyWeights } from '../backbones/weights.ts';
import type { PicturePlaces } from '../dataset/added.ts';
import { extractFeatures } from './extract-features.ts';
import { closeFeatureSpaces, openFeatureSpaces, wantedBy } from './feature-spaces.ts';
import { headLogits } from './head.ts';
import { softmaxRow } from './metrics.ts';
import { openFrozenPart } from './open-frozen-part.ts';
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
 * @throws dataset-changed when a picture that has to be read is not there as it was; run-not-finished, weights-missing
 */
export async function openRunAnswers(job: AnswersJob): Promise<RunAnswers> {
  const { model, weights, tuned } = await readRunModel(job.runFolder, job.runId);
  const { images } = await readRunSplits(job.runFolder, job.runId);
  const spec = findBackbone(model.backboneId, job);
  const { sha256: baseSha256 } = await verifyWeights(spec, job);
  const isGap = model.head.kind === 'gap';
  const want = { pooled: isGap, maps: !isGap, layers: [] };
  const spaces = await openFeatureSpaces(job.cacheFolder, {
    spec,
    weightsSha256: effectiveSha256(baseSha256, tuned),
    inputSize: model.inputSize,
    featureShape: model.featureShape,
    ...want,
  });
  try {
    const { sha256ByPath } = await extractFeatures(
      job.data,
      images.map((image) => ({ ...image, sizeBytes: 0, mtimeMs: 0, facts: null })),
      model.inputSize,
      [{ spaces, augment: null }],
      () => openFrozenPart(spec, model.inputSize, wantedBy(want), job, tuned),
      () => undefined,
      new AbortController().signal,
    );
    const changed = images.filter((image) => sha256ByPath.get(image.path) !== image.sha256).map(({ path }) => path);
    if (changed.length > 0)
      throw new GraftError('dataset-changed', {
        name: job.datasetName,
        numFiles: changed.length,
        files: changed.slice(0, 5),
      });
  } catch (error) {
    closeFeatureSpaces(spaces);
    throw error;
  }
  const space = (spaces.pooled ?? spaces.maps)!;
  const read = (index: number) => {
    const row = new Float32Array(space.rowLength);
    space.read(images[index]!.sha256, row, 0);
    return row;
  };
  const numChannels = model.featureShape[2];
  return {
    images,
    numChannels,
    featuresOf: (index) => (isGap ? read(index) : channelMeans(read(index), numChannels)),
    probabilitiesOf(index) {
      const probabilities = headLogits(weights, read(index));
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
