import { setImmediate as nextTurn } from 'node:timers/promises';
import { GraftError } from '../../contract/errors.ts';
import type { SkippedFile, Split } from '../../contract/dataset.ts';
import type { EpochReport, Recipe, RunProgress, RunResult } from '../../contract/run.ts';
import { featureShapeAt } from '../backbones/feature-shape.ts';
import { findBackbone } from '../backbones/registry.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import { verifyWeights } from '../backbones/weights.ts';
import type { Manifest, ManifestImage } from '../dataset/manifest.ts';
import { resolveSplits } from '../dataset/split.ts';
import { writeRunModel, writeRunSplits, type EvaluatedImage } from './run-model.ts';
import { extractFeatures, type FeatureSpaces } from './extract-features.ts';
import { CACHE_LIMIT_BYTES, evictFeatures } from './feature-cache.ts';
import { closeFeatureSpaces, featureSet, openFeatureSpaces } from './feature-spaces.ts';
import { headParameters, type HeadConfig, type HeadWeights } from './head.ts';
import { confusionMatrix, wilson } from './metrics.ts';
import { openFrozenPart } from './open-frozen-part.ts';
import { evaluateHead, HeadNetwork, trainHead, type FeatureSet } from './train.ts';

/** Where the worker finds and leaves things. */
export interface Places {
  home: string;
  assets: string;
}

/** One or more runs on the same data, backbone, input size and seed; only their heads differ. */
export interface TrainJob extends Places {
  manifest: Manifest;
  runs: { runId: string; folder: string; recipe: Recipe }[];
  cacheFolder: string;
}

export type TrainJobReport =
  | { kind: 'progress'; runId: string; progress: RunProgress }
  | { kind: 'epoch'; runId: string; report: EpochReport }
  | { kind: 'files'; sha256ByPath: [string, string][]; skipped: SkippedFile[] }
  | {
      kind: 'ended';
      runId: string;
      phase: 'finished' | 'stopped';
      result: RunResult | null;
      confusion: number[][] | null;
      numSkipped: number;
    };

/** A split picture whose features are in the cache. */
export type SplitImage = ManifestImage & { split: Split; sha256: string };

const REPORT_EVERY_MS = 150;
/** Features that a head reads and answers in well under a second. */
const QUICK_EVALUATION_BYTES = 100e6;

/** Decodes and computes what is missing, then trains each head in turn, evaluates it and saves it. */
export async function trainRuns(
  job: TrainJob,
  report: (report: TrainJobReport) => void,
  signal: AbortSignal,
): Promise<null> {
  const startedAt = performance.now();
  const first = job.runs[0]!;
  const spec = findBackbone(first.recipe.backbone);
  const inputSize = sizeOf(spec, first.recipe);
  const featureShape = featureShapeAt(spec, inputSize);
  const { sha256: weightsSha256 } = await verifyWeights(spec, job);
  const heads = job.runs.map((run) => run.recipe.head.kind);
  const spaces = await openFeatureSpaces(job.cacheFolder, spec, weightsSha256, inputSize, featureShape, heads);
  try {
    report(progress(first.runId, 'loading', 0, 1));
    // In a turn of its own: the decoders are busy by then, and loading blocks this thread for most of a second.
    const loadingTf = nextTurn().then(() => import('../native/tf.ts'));
    loadingTf.catch(() => undefined); // awaited below
    const extracted = await extractFeatures(
      job.manifest.root,
      job.manifest.images,
      inputSize,
      spaces,
      () => openFrozenPart(spec, inputSize, { pooled: true, maps: spaces.maps !== null }, job),
      paced((done, total, msLeft) => report(progress(first.runId, 'features', done, total, msLeft))),
      signal,
    );
    const skipped = [...job.manifest.skipped, ...extracted.skipped];
    report({ kind: 'files', sha256ByPath: [...extracted.sha256ByPath], skipped });
    await evictFeatures(job.cacheFolder, CACHE_LIMIT_BYTES, [spaces.pooled.folder, spaces.maps?.folder ?? '']);
    const featuresMs = performance.now() - startedAt;
    const images = splitUsable(job.manifest, extracted.sha256ByPath, skipped, first.recipe);
    const { tf } = await loadingTf;
    for (const run of job.runs) {
      if (signal.aborted)
        report({
          kind: 'ended',
          runId: run.runId,
          phase: 'stopped',
          result: null,
          confusion: null,
          numSkipped: skipped.length,
        });
      else
        await trainOne(
          tf,
          spec,
          {
            ...run,
            images,
            featureShape,
            inputSize,
            weightsSha256,
            spaces,
            skipped,
            featuresMs,
            startedAt,
            datasetId: job.manifest.datasetId,
            classNames: job.manifest.classNames,
          },
          report,
          signal,
        );
    }
    return null;
  } finally {
    closeFeatureSpaces(spaces);
  }
}

interface OneRun {
  runId: string;
  folder: string;
  recipe: Recipe;
  images: SplitImage[];
  featureShape: readonly [number, number, number];
  inputSize: readonly [number, number];
  weightsSha256: string;
  spaces: FeatureSpaces;
  skipped: SkippedFile[];
  featuresMs: number;
  startedAt: number;
  datasetId: string;
  classNames: readonly string[];
}

async function trainOne(
  tf: typeof import('../native/tf.ts').tf,
  spec: BackboneSpec,
  run: OneRun,
  report: (report: TrainJobReport) => void,
  signal: AbortSignal,
): Promise<void> {
  const { recipe, runId } = run;
  const trainStartedAt = performance.now();
  const config: HeadConfig = { ...recipe.head, featureShape: run.featureShape, numClasses: run.classNames.length };
  const part = (split: Split) => partOf(run.images, split, recipe.head.kind, run.spaces, run.classNames);
  const ended = (phase: 'finished' | 'stopped', result: RunResult | null, confusion: number[][] | null) =>
    report({ kind: 'ended', runId, phase, result, confusion, numSkipped: run.skipped.length });

  const training = trainHead(
    tf,
    config,
    { train: part('train').features, validation: part('validation').features },
    recipe,
    run.classNames,
    signal,
  );
  const batches = paced((done, total, msLeft) => report(progress(runId, 'training', done, total, msLeft)));
  let step = await training.next();
  for (; !step.done; step = await training.next()) {
    const { value } = step;
    if (value.kind === 'epoch') report({ kind: 'epoch', runId, report: value.report });
    else batches((value.epoch - 1) * value.numSteps + value.step, recipe.epochs * value.numSteps);
    await nextTurn(); // lets a stop in
  }
  const { weights, keptEpoch } = step.value;
  const trainMs = performance.now() - trainStartedAt;
  if (signal.aborted && keptEpoch === 0) return ended('stopped', null, null);

  report(progress(runId, 'evaluating', 0, 1));
  const evaluated = (split: Split) => {
    const { images, features } = part(split);
    // A stopped run must be saved before its process is ended: parts that take long are left unevaluated then.
    const isQuick = images.length * features.rowLength * 4 <= QUICK_EVALUATION_BYTES;
    return images.length > 0 && (isQuick || !signal.aborted)
      ? evaluateSplit(tf, config, weights, { images, features })
      : null;
  };
  const validation = evaluated('validation');
  const test = evaluated('test');
  report(progress(runId, 'saving', 0, 1));
  await writeRunModel(run.folder, {
    weights,
    model: {
      formatVersion: 1,
      backboneId: spec.id,
      weightsSha256: run.weightsSha256,
      inputSize: [...run.inputSize],
      head: { ...recipe.head },
      featureShape: [...run.featureShape],
      classNames: [...run.classNames],
      keptEpoch,
    },
    evaluation: { formatVersion: 1, validation: validation?.images ?? [], test: test?.images ?? [] },
  });
  await writeRunSplits(run.folder, {
    formatVersion: 1,
    datasetId: run.datasetId,
    images: run.images.map(({ path, className, split, sha256 }) => ({ path, className, split, sha256 })),
  });
  const numHead = headParameters(config);
  ended(
    signal.aborted ? 'stopped' : 'finished',
    {
      trainableParameters: numHead,
      frozenParameters: spec.numParameters,
      headParameters: numHead,
      validation: validation?.share ?? null,
      test: test?.share ?? null,
      keptEpoch,
      featuresMs: run.featuresMs,
      trainMs,
      totalMs: performance.now() - run.startedAt,
    },
    (test ?? validation)?.confusion ?? null,
  );
}

/** Splits the pictures that turned out usable. @throws what `resolveSplits` throws */
export function splitUsable(
  manifest: Manifest,
  sha256ByPath: ReadonlyMap<string, string>,
  skipped: readonly SkippedFile[],
  recipe: Recipe,
): SplitImage[] {
  const usable = manifest.images.flatMap((image) => {
    const sha256 = sha256ByPath.get(image.path);
    return sha256 ? [{ ...image, sha256 }] : [];
  });
  const seen = { ...manifest, images: usable, skipped: [...skipped] };
  return resolveSplits(seen, recipe) as SplitImage[];
}

/** The pictures of one split with their features. */
export function partOf(
  images: readonly SplitImage[],
  split: Split,
  head: Recipe['head']['kind'],
  spaces: FeatureSpaces,
  classNames: readonly string[],
) {
  const own = images.filter((image) => image.split === split);
  const labels = Int32Array.from(own, (image) => classNames.indexOf(image.className));
  const space = head === 'gap' ? spaces.pooled : spaces.maps!;
  return {
    images: own,
    features: featureSet(
      space,
      own.map((image) => image.sha256),
      labels,
    ),
  };
}

/** Accuracy, confusion and what the head says of each picture of a part. */
export function evaluateSplit(
  tf: typeof import('../native/tf.ts').tf,
  config: HeadConfig,
  weights: HeadWeights,
  part: { images: readonly SplitImage[]; features: FeatureSet },
) {
  const network = new HeadNetwork(tf, config, weights);
  try {
    const { labels } = part.features;
    const { loss, numCorrect, predicted } = evaluateHead(
      network,
      part.features,
      new Array<number>(config.numClasses).fill(1),
    );
    const images: EvaluatedImage[] = part.images.map((image, i) => ({
      path: image.path,
      label: labels[i]!,
      predicted: predicted[i]!,
    }));
    return {
      loss,
      share: wilson(numCorrect, labels.length),
      confusion: confusionMatrix(labels, predicted, config.numClasses),
      images,
    };
  } finally {
    network.dispose();
  }
}

/** The input size a recipe asks for. @throws input-size-too-small */
export function sizeOf(spec: BackboneSpec, recipe: Recipe): readonly [number, number] {
  if (recipe.inputSize === null) return spec.inputSize;
  if (recipe.inputSize < spec.minInputSize) {
    throw new GraftError('input-size-too-small', {
      backboneId: spec.id,
      inputSize: recipe.inputSize,
      minInputSize: spec.minInputSize,
    });
  }
  return [recipe.inputSize, recipe.inputSize];
}

function progress(
  runId: string,
  step: RunProgress['step'],
  done: number,
  total: number,
  msLeft: number | null = null,
): TrainJobReport {
  return { kind: 'progress', runId, progress: { step, done, total, msLeft } };
}

/** Passes on at most a few calls a second, the last always, with the time left by the pace so far. */
export function paced(
  report: (done: number, total: number, msLeft: number | null) => void,
): (done: number, total: number) => void {
  let lastAt = -Infinity;
  let from: { at: number; done: number } | null = null;
  return (done, total) => {
    const now = performance.now();
    from ??= { at: now, done };
    if (done < total && now - lastAt < REPORT_EVERY_MS) return;
    lastAt = now;
    const pace = done > from.done ? (now - from.at) / (done - from.done) : null;
    report(done, total, pace === null || now - from.at < 500 ? null : pace * (total - done));
  };
}
