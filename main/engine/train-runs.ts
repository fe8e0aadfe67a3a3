import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SkippedFile, Split } from '../../contract/dataset.ts';
import type { Recipe } from '../../contract/run.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import { requireSize } from '../backbones/feature-shape.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import type { Manifest, ManifestImage } from '../dataset/manifest.ts';
import { resolveSplits } from '../dataset/split.ts';
import { augmentFor } from './augment-views.ts';
import { extractFeatures, requireAll, requireUnchanged, type View } from './extract-features.ts';
import { evictFeatures, type FeatureSpace } from './feature-cache.ts';
import { closeFeatureSpaces, openFeatureSpaces, spacesIn, wantedBy } from './feature-spaces.ts';
import { openFrozenPart } from './open-frozen-part.ts';
import { readRunSplits, writeRunSplits, type RunSplits } from './run-model.ts';
import { cacheLimitBytes, fitsCache, numRowsOf, planRun, spacesOf, tunedBelowCut, type RunPlan } from './run-plan.ts';
import { partOf, splitAfter, splitUsable, taughtBy, type SplitImage } from './split-parts.ts';
import { trainOne, type RunFeatures } from './train-one.ts';
import {
  ended,
  paced,
  progress,
  type JobControl,
  type Places,
  type RunOfJob,
  type TrainJobReport,
} from './training-job.ts';

/** One or more runs on the same data, backbone, layers, input size and seed; only their heads differ. */
export interface TrainJob extends Places {
  manifest: Manifest;
  runs: RunOfJob[];
  cacheFolder: string;
  /** The run whose weights they begin with; null: the backbone's own and a fresh head. */
  parent: { runId: string; folder: string } | null;
  /** True to go on from the checkpoint of the one run. */
  isResumed: boolean;
}

/** Decodes and computes what is missing, then trains each run in turn, evaluates it and saves it. */
export async function trainRuns(
  job: TrainJob,
  report: (report: TrainJobReport) => void,
  control: JobControl,
): Promise<null> {
  const startedAt = performance.now();
  const { recipe, runId } = job.runs[0]!;
  const { signal } = control;
  const spec = findBackbone(recipe.backbone, job);
  const inputSize = sizeOf(spec, recipe);
  report(progress(runId, 'loading', 0, 1));
  // In a turn of its own: the decoders are busy by then, and loading blocks this thread for most of a second.
  const loadingTf = nextTurn().then(() => import('../native/tf.ts'));
  loadingTf.catch(() => undefined); // awaited below
  const plan = await planRun(spec, inputSize, recipe, job.parent, job);
  const own = job.isResumed ? await ownPictures(job) : null;
  const pictures = own ?? job.manifest.images;
  const before = job.parent && !own ? await readRunSplits(job.parent.folder, job.parent.runId) : null;
  const opened = await openViews(job, plan, pictures.length, numTrainImages(job, own, before));
  if (!opened.keepsCut)
    for (const run of job.runs) report({ kind: 'note', runId: run.runId, note: 'features-not-kept' });
  try {
    const tuned = tunedBelowCut(plan);
    const extract = async (images: readonly ManifestImage[], views: readonly View[]) => {
      const extracted = await extractFeatures(
        job.manifest,
        images,
        inputSize,
        views,
        () => openFrozenPart(spec, inputSize, wantedBy(opened.of), job, tuned),
        paced((done, total, msLeft) => report(progress(runId, 'features', done, total, msLeft))),
        signal,
        control.whenRunning,
      );
      // This run ends by them. Reading the data set again would not find them: the next run is to know them.
      const sha256ByPath = extracted.unnoticed;
      if (sha256ByPath.length > 0) report({ kind: 'files', sha256ByPath, skipped: job.manifest.skipped });
      return extracted;
    };
    const extracted = await extract(pictures, opened.views.slice(0, 1));
    const { name } = job.manifest;
    // Before anybody hears of what was found: a run learns from what was seen, or not at all.
    if (own) requireAll(name, extracted);
    else requireUnchanged(name, extracted);
    const skipped = [...job.manifest.skipped, ...extracted.skipped];
    // A resumed run finds out nothing new, and what lies under its paths by now may be other pictures.
    if (!own) report({ kind: 'files', sha256ByPath: [...extracted.sha256ByPath], skipped });
    const images = own ?? splitFor(job, before, extracted.sha256ByPath, skipped);
    if (opened.views.length > 1) {
      const train = images.filter((image) => image.split === 'train');
      requireAll(name, await extract(train, opened.views.slice(1)));
    }
    const inUse = opened.views.flatMap(({ spaces }) => spacesIn(spaces).map((space) => space.folder));
    await evictFeatures(job.cacheFolder, cacheLimitBytes(), inUse);
    const featuresMs = performance.now() - startedAt;
    const { tf } = await loadingTf;
    const features: RunFeatures = {
      head: (split, kind) => partOf(images, split, viewsOf(opened.views, split, kind), job.manifest.classNames),
      cut: opened.keepsCut
        ? (split) => partOf(images, split, viewsOf(opened.views, split, 'layers'), job.manifest.classNames)
        : null,
    };
    for (const run of job.runs) {
      const common = { ...run, plan, images, features, skipped, featuresMs, startedAt, places: job };
      const { datasetId, classNames } = job.manifest;
      if (signal.aborted) {
        report(ended(run.runId, 'stopped', null, null, skipped.length));
        continue;
      }
      if (!job.isResumed)
        await writeRunSplits(run.folder, {
          formatVersion: 1,
          datasetId,
          images: images.map(({ path, className, split, sha256 }) => ({ path, className, split, sha256 })),
          learnt: before ? [...taughtBy(before)] : [],
        });
      await trainOne(tf, { ...common, pictures: job.manifest, classNames, isResumed: job.isResumed }, report, control);
    }
    return null;
  } finally {
    for (const { spaces } of opened.views) closeFeatureSpaces(spaces);
  }
}

/** Opens the caches of all views: the first is the picture itself, the others are augmented. */
async function openViews(job: TrainJob, plan: RunPlan, numImages: number, numTrain: number) {
  const { recipe } = job.runs[0]!;
  const hasFlatten = job.runs.some((run) => run.recipe.head.kind === 'flatten');
  const numViews = recipe.augmentation.strength === 'none' ? 1 : recipe.augmentation.numViews;
  const numRows = numRowsOf(numTrain, numImages - numTrain, numViews);
  const keepsCut = fitsCache(plan.freezing?.kept ?? [], numRows);
  const of = spacesOf(plan, hasFlatten, keepsCut);
  const views: View[] = [];
  for (let view = 0; view < numViews; view++) {
    const made = view === 0 ? null : augmentFor(recipe, view, plan.inputSize);
    const spaces = await openFeatureSpaces(job.cacheFolder, { ...of, ...(made && { view: made.key }) });
    views.push({ spaces, augment: made?.augment ?? null });
  }
  return { of, views, keepsCut };
}

/** How many pictures are for training, as far as it can be known before they are read. */
function numTrainImages(
  { manifest, runs }: TrainJob,
  own: readonly SplitImage[] | null,
  before: RunSplits | null,
): number {
  const known = own ?? (before?.datasetId === manifest.datasetId ? before.images : null);
  const images = known ?? resolveSplits(manifest, runs[0]!.recipe);
  const numTrain = images.filter(({ split }) => split === 'train').length;
  return own ? numTrain : Math.min(manifest.images.length, numTrain);
}

/** The spaces of one kind of features, for each view that a split draws from: only training pictures have more than one. */
function viewsOf(views: readonly View[], split: Split, kind: 'gap' | 'flatten' | 'layers'): FeatureSpace[][] {
  const own = split === 'train' ? views : views.slice(0, 1);
  return own.map(({ spaces }) => {
    if (kind === 'layers') return spaces.layers;
    return [kind === 'gap' ? spaces.pooled! : spaces.maps!];
  });
}

/** The pictures with their split; a run that begins with another's weights keeps to that one's. @param before that one's */
function splitFor(
  { manifest, runs }: TrainJob,
  before: RunSplits | null,
  sha256ByPath: ReadonlyMap<string, string>,
  skipped: readonly SkippedFile[],
): SplitImage[] {
  // Of its own data set all that is new is for train. Another may hold pictures of it too, under other names.
  if (before?.datasetId === manifest.datasetId) return splitAfter(before, manifest, sha256ByPath);
  const drawn = splitUsable(manifest, sha256ByPath, skipped, runs[0]!.recipe);
  if (!before) return drawn;
  const splits = new Map(drawn.map(({ path, split }) => [path, split]));
  return splitAfter(before, manifest, sha256ByPath, (path) => splits.get(path)!);
}

/** The pictures that an interrupted run is trained on, whatever was edited in its data set meanwhile: that is for the next run. */
async function ownPictures({ runs }: TrainJob): Promise<SplitImage[]> {
  const { runId, folder } = runs[0]!;
  const { images } = await readRunSplits(folder, runId);
  return images.map((image) => ({ ...image, sizeBytes: 0, mtimeMs: 0, facts: null }));
}

/** The input size a recipe asks for. @throws input-size-too-small, input-size-fixed */
export function sizeOf(spec: BackboneSpec, recipe: Recipe): readonly [number, number] {
  if (recipe.inputSize === null) return spec.inputSize;
  const size = [recipe.inputSize, recipe.inputSize] as const;
  requireSize(spec, size);
  return size;
}
