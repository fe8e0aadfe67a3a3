import type { SkippedFile } from '../../contract/dataset.ts';
import { MAX_ON_MAP } from '../../contract/dataset-map.ts';
import { GraftError } from '../../contract/errors.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import { featureShapeAt } from '../backbones/feature-shape.ts';
import { verifyWeights } from '../backbones/weights.ts';
import type { Manifest, ManifestImage } from '../dataset/manifest.ts';
import { createRandom } from '../dataset/seeded.ts';
import { extractFeatures, requireUnchanged } from './extract-features.ts';
import { featureCopies, type ContentPair } from './feature-copies.ts';
import { centre, normaliseRows, readFeatures } from './feature-matrix.ts';
import { closeFeatureSpaces, openFeatureSpaces, wantedBy, type SpacesOf } from './feature-spaces.ts';
import { labelSuspects, sameSimilarity, similarPairs, type SimilarPair, type Suspect } from './label-suspects.ts';
import { nearestNeighbours } from './neighbours.ts';
import { openFrozenPart } from './open-frozen-part.ts';
import { projectFeatures, type Projection } from './project-features.ts';
import type { Places } from './training-job.ts';

export interface MapJob extends Places {
  /** As edited: what is trained on. */
  manifest: Manifest;
  backboneId: string;
  cacheFolder: string;
}

/** How many pictures have their features, or what the job learns of the files before it has an answer. */
export type MapReport = { done: number; total: number } | { sha256ByPath: [string, string][]; skipped: SkippedFile[] };

/** A map of a data set; pictures by their index in `paths`. */
export interface FoundMap extends Projection {
  /** Those that could be decoded, in the order of the manifest. */
  paths: string[];
  /** Index in the manifest's class names of each. */
  labels: Int32Array;
  suspects: Suspect[];
  similar: SimilarPair[];
  /** SHA-256 of each of `paths`. */
  contents: string[];
  /** Pictures that most likely show the same thing in the same way. */
  copies: ContentPair[];
}

/** Enough for the map, and for ten that are no copies. */
const numNeighbours = 30;
const seed = 1;

/**
 * Draws a data set by what a backbone sees in its pictures, and finds labels that do not fit. Features that are missing are
 * computed and kept, as a run would. Same pictures, same map.
 *
 * @throws weights-missing, weights-damaged, no-usable-images
 */
export async function mapDataset(
  job: MapJob,
  report: (report: MapReport) => void,
  signal: AbortSignal,
): Promise<FoundMap> {
  const { manifest } = job;
  const spec = findBackbone(job.backboneId, job);
  const of: SpacesOf = {
    spec,
    weightsSha256: (await verifyWeights(spec, job)).sha256,
    inputSize: spec.inputSize,
    featureShape: featureShapeAt(spec, spec.inputSize),
    pooled: true,
    maps: false,
    layers: [],
  };
  const spaces = await openFeatureSpaces(job.cacheFolder, of);
  try {
    const extracted = await extractFeatures(
      manifest,
      shownOf(manifest.images),
      spec.inputSize,
      [{ spaces, augment: null }],
      () => openFrozenPart(spec, spec.inputSize, wantedBy(of), job),
      (done, total) => report({ done, total }),
      signal,
    );
    // Reading the data set again would not find them: the next question is to know them.
    if (extracted.unnoticed.length > 0) report({ sha256ByPath: extracted.unnoticed, skipped: manifest.skipped });
    requireUnchanged(manifest.name, extracted);
    const { sha256ByPath } = extracted;
    report({ sha256ByPath: [...sha256ByPath], skipped: [...manifest.skipped, ...extracted.skipped] });
    const images = manifest.images.filter(({ path }) => sha256ByPath.has(path));
    if (images.length === 0)
      throw new GraftError('no-usable-images', {
        path: manifest.root,
        numSkipped: extracted.skipped.length,
        reasons: [...new Set(extracted.skipped.map(({ reason }) => reason))].join(', '),
      });
    const contents = images.map(({ path }) => sha256ByPath.get(path)!);
    const features = readFeatures(spaces.pooled!, contents);
    centre(features);
    normaliseRows(features);
    const neighbours = await nearestNeighbours(features, numNeighbours, signal);
    const labels = Int32Array.from(images, ({ className }) => manifest.classNames.indexOf(className));
    return {
      ...(await projectFeatures(features, neighbours, seed, signal)),
      paths: images.map(({ path }) => path),
      labels,
      suspects: labelSuspects(neighbours, labels, manifest.classNames.length),
      similar: similarPairs(neighbours, sameSimilarity),
      contents,
      copies: featureCopies(neighbours, contents),
    };
  } finally {
    closeFeatureSpaces(spaces);
  }
}

/** All pictures, or of too many as many as fit, drawn by lot and in their order. */
function shownOf(images: readonly ManifestImage[]): readonly ManifestImage[] {
  if (images.length <= MAX_ON_MAP) return images;
  const order = createRandom(seed, 'pictures on the map').shuffle(Uint32Array.from(images, (_, i) => i));
  return Array.from(order.subarray(0, MAX_ON_MAP).sort(), (index) => images[index]!);
}
