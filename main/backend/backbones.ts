import { rm } from 'node:fs/promises';
import type {
  BackboneFacts,
  BackboneLayers,
  BlockProbe,
  BringOptions,
  HeadAdvice,
  ModelInspection,
  TrainingCost,
  TrainingCostInput,
} from '../../contract/backbone.ts';
import type { Emit, Parsed } from '../../contract/contract.ts';
import { GraftError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/run.ts';
import { featureShapeAt, requireSize } from '../backbones/feature-shape.ts';
import { broughtFile, isBrought } from '../backbones/brought.ts';
import { allBackbones, findBackbone } from '../backbones/catalogue.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import { officialSource, typedSource } from '../backbones/weight-source.ts';
import { removeWeights, verifyWeights, weightsState } from '../backbones/weights.ts';
import type { Manifest } from '../dataset/manifest.ts';
import { resolveSplits } from '../dataset/split.ts';
import { speedKey, trainingCost, type TrainingSpeed } from '../engine/cost.ts';
import { FROZEN_BATCH_SIZE } from '../engine/frozen-batch.ts';
import { headParameters } from '../engine/head.ts';
import type { ImportModelJob, TakenModel } from '../engine/import-model.ts';
import type { ProbeJob } from '../engine/probe.ts';
import type { LayerGraph } from '../engine/layer-graph.ts';
import { readMeasurements, writeMeasurements } from '../store/settings.ts';
import type { BringJob, ImportJob } from '../workers/backbone-jobs.ts';
import type { WorkerHost } from '../workers/host.ts';
import type { Log } from './log.ts';
import type { Asking } from './questions.ts';
import { WeightDownloads } from './weight-downloads.ts';

/** From as many channels on, means of channels decide well enough and Flatten mostly memorises; below, places matter more. */
const MANY_CHANNELS = 256;
const BYTES_A_NUMBER = 4;

/** A backbone's layers in their own order, and as they are listed. */
interface Layers {
  graph: LayerGraph;
  listed: BackboneLayers;
}

/** The catalogue with what this machine knows of it: weights and speed. */
export class Backbones {
  #places: { home: string; assets: string; cacheFolder: string };
  #measurementsFile: string;
  #emit: Emit;
  #newTrainer: () => WorkerHost;
  #layers = new Map<string, Promise<Layers>>();
  #speeds = new Map<string, TrainingSpeed>();
  #mirror: string | undefined;
  /** Those that are being removed. */
  #leaving = new Set<string>();
  #downloads: WeightDownloads;

  constructor(
    places: { home: string; assets: string; cacheFolder: string },
    measurementsFile: string,
    emit: Emit,
    newTrainer: () => WorkerHost,
    { log, mirror }: { log: Log; mirror: string | undefined },
  ) {
    this.#places = places;
    this.#measurementsFile = measurementsFile;
    this.#emit = emit;
    this.#newTrainer = newTrainer;
    this.#mirror = mirror;
    this.#downloads = new WeightDownloads(places.home, {
      importFile: (spec, file, isOfficial, signal) => this.#import(spec.id, file, isOfficial, signal),
      announce: (backboneId) => this.#announce(backboneId).then(() => undefined),
      emit,
      log,
    });
  }

  async list(): Promise<BackboneFacts[]> {
    const measured = await readMeasurements(this.#measurementsFile);
    return Promise.all(allBackbones(this.#places.home).map((spec) => this.#facts(spec, measured)));
  }

  async #facts(spec: BackboneSpec, measured: Record<string, number>): Promise<BackboneFacts> {
    return {
      id: spec.id,
      name: spec.name,
      family: spec.family,
      inputSize: [...spec.inputSize],
      minInputSize: spec.minInputSize,
      featureShape: [...spec.featureShape],
      preprocessing: spec.preprocessing.description,
      numParameters: spec.numParameters,
      numLayers: spec.numLayers,
      sizeBytes: spec.numParameters * BYTES_A_NUMBER,
      imagenet: spec.imagenet,
      licence: spec.licence,
      paper: spec.paper,
      weights: { ...(await weightsState(spec, this.#places)), download: this.#downloads.progress(spec.id) },
      msPerImage: measured[spec.id] ?? null,
    };
  }

  async facts(backboneId: string): Promise<BackboneFacts> {
    return this.#facts(findBackbone(backboneId, this.#places), await readMeasurements(this.#measurementsFile));
  }

  /** Checks what a recipe asks of a backbone. @throws backbone-not-found, input-size-too-small, weights-missing */
  async requireTrainable(recipe: Pick<Recipe, 'backbone' | 'inputSize'>): Promise<void> {
    // Said before anything is awaited: whoever begins earlier is known to the removal, and makes it wait.
    if (this.#leaving.has(recipe.backbone))
      throw new GraftError('backbone-not-found', { backboneId: recipe.backbone, near: [] });
    const spec = findBackbone(recipe.backbone, this.#places);
    inputSizeOf(spec, recipe.inputSize ?? undefined);
    if ((await weightsState(spec, this.#places)).state === 'missing') {
      const { official } = spec.weights;
      throw new GraftError('weights-missing', {
        backboneId: spec.id,
        officialFile: official?.file ?? '',
        officialUrl: official?.url ?? '',
      });
    }
  }

  /** Reads the weights and checks every byte. @throws weights-missing, weights-damaged */
  async verify(backboneId: string): Promise<BackboneFacts> {
    await this.requireTrainable({ backbone: backboneId, inputSize: null });
    await verifyWeights(findBackbone(backboneId, this.#places), this.#places);
    return this.facts(backboneId);
  }

  advice({ backboneId, inputSize, numClasses, denseUnits }: Parsed<'backbone.advice'>): HeadAdvice {
    const spec = findBackbone(backboneId, this.#places);
    const featureShape = featureShapeAt(spec, inputSizeOf(spec, inputSize));
    const [height, width, channels] = featureShape;
    const parameters = (kind: 'gap' | 'flatten') =>
      headParameters({ kind, denseUnits, dropout: 0, featureShape, numClasses });
    return {
      backboneId,
      featureShape,
      gapParameters: parameters('gap'),
      flattenParameters: parameters('flatten'),
      gapBytesPerImage: channels * BYTES_A_NUMBER,
      flattenBytesPerImage: height * width * channels * BYTES_A_NUMBER,
      advised: channels >= MANY_CHANNELS ? 'gap' : 'flatten',
    };
  }

  async layers(backboneId: string, inputSize: number | undefined): Promise<BackboneLayers> {
    return (await this.#layersAt(backboneId, inputSize)).listed;
  }

  /** Built once a size: the list does not change while Graft runs. */
  #layersAt(backboneId: string, inputSize: number | undefined): Promise<Layers> {
    const size = inputSizeOf(findBackbone(backboneId, this.#places), inputSize);
    const key = `${backboneId} ${size.join()}`;
    const known = this.#layers.get(key);
    if (known) return known;
    const asked = this.#inWorker((worker) =>
      worker.call<Layers>('layers', { home: this.#places.home, backboneId, inputSize: size }),
    );
    this.#layers.set(key, asked);
    asked.catch(() => this.#layers.delete(key));
    return asked;
  }

  /** @throws layer-not-found, nothing-to-train, input-size-too-small */
  async cost(input: TrainingCostInput): Promise<TrainingCost> {
    const { graph } = await this.#layersAt(input.backboneId, input.inputSize ?? undefined);
    return trainingCost(graph, input, FROZEN_BATCH_SIZE, this.#speeds.get(speedKey(input)) ?? null);
  }

  async measureTraining(input: TrainingCostInput): Promise<TrainingCost> {
    await this.cost(input); // says now what is wrong with it
    const speed = await this.#inWorker((worker) =>
      worker.call<TrainingSpeed>('measureTraining', { ...input, home: this.#places.home }),
    );
    this.#speeds.set(speedKey(input), speed);
    return this.cost(input);
  }

  async measure(backboneId: string): Promise<number> {
    await this.requireTrainable({ backbone: backboneId, inputSize: null });
    const msPerImage = await this.#inWorker((worker) =>
      worker.call<number>('measure', { ...this.#places, backboneId }),
    );
    await writeMeasurements(this.#measurementsFile, {
      ...(await readMeasurements(this.#measurementsFile)),
      [backboneId]: msPerImage,
    });
    await this.#announce(backboneId);
    return msPerImage;
  }

  /** How well each block's features separate the classes. @throws weights-missing, input-size-too-small, what keeps a split from being made */
  async probe(manifest: Manifest, recipe: Recipe, { signal, onProgress }: Asking): Promise<BlockProbe> {
    await this.requireTrainable(recipe);
    resolveSplits(manifest, recipe); // says now what is wrong with it
    const job: ProbeJob = { ...this.#places, manifest, recipe };
    return this.#inWorker((worker) =>
      worker.call<BlockProbe>('probe', job, {
        signal,
        onProgress: (raw) => {
          const { done, total } = raw as { done: number; total: number };
          onProgress(done, total);
        },
      }),
    );
  }

  /** What a model in a file is. @param file absolute, let in by the caller. @throws model-not-readable, model-layer-refused */
  inspectModel(file: string): Promise<ModelInspection> {
    return this.#inWorker((worker) => worker.call<ModelInspection>('inspectModel', { file }));
  }

  /** Makes a backbone of a model in a file. @throws model-not-readable, model-layer-refused, layer-not-found */
  async bring(file: string, options: BringOptions): Promise<BackboneFacts> {
    const job: BringJob = { ...options, file, home: this.#places.home };
    return this.#announce(await this.#inWorker((worker) => worker.call<string>('bringModel', job)));
  }

  /** Takes a whole model in: a backbone of its features, and the files of a run. @throws what `importModel` of the engine throws */
  async takeIn(job: ImportModelJob): Promise<TakenModel> {
    const taken = await this.#inWorker((worker) => worker.call<TakenModel>('importModel', job));
    await this.#announce(taken.backboneId);
    return taken;
  }

  /**
   * Takes a brought model out of the home; from now on nothing begins with it.
   *
   * @param needing tells the numbers of the runs that would be lost
   * @throws backbone-not-found, backbone-not-brought, backbone-in-use
   */
  async remove(backboneId: string, needing: () => Promise<readonly number[]>): Promise<void> {
    const spec = findBackbone(backboneId, this.#places);
    if (!isBrought(spec)) throw new GraftError('backbone-not-brought', { backboneId });
    this.#leaving.add(backboneId);
    try {
      const runs = await needing();
      if (runs.length > 0) throw new GraftError('backbone-in-use', { backboneId, runs: [...runs] });
      // In this order: a crash between the two leaves weights that nothing names.
      await rm(broughtFile(this.#places.home, backboneId), { force: true });
      await removeWeights(backboneId, this.#places.home);
    } finally {
      this.#leaving.delete(backboneId);
    }
    for (const key of this.#layers.keys()) if (key.startsWith(`${backboneId} `)) this.#layers.delete(key);
    this.#emit('backbone.removed', { backboneId });
  }

  /** @param file absolute, let in by the caller. @throws weights-not-readable, weights-mismatch */
  async importWeights(backboneId: string, file: string): Promise<BackboneFacts> {
    findBackbone(backboneId, this.#places);
    await this.#import(backboneId, file, false);
    return this.#announce(backboneId);
  }

  /**
   * Downloads a backbone's weights and takes them in; weights that are here already are kept. Ends with `job.ended`.
   *
   * @throws backbone-not-found, weights-no-address
   */
  async download(backboneId: string): Promise<{ jobId: string }> {
    const spec = findBackbone(backboneId, this.#places);
    const isMissing = (await weightsState(spec, this.#places)).state === 'missing';
    return this.#downloads.start(spec, isMissing ? officialSource(spec, this.#mirror) : null);
  }

  /** The same from an address that the person at this machine typed; replaces what is here. No method of the contract: who calls from elsewhere names no addresses. */
  downloadFrom(backboneId: string, url: string): { jobId: string } {
    const spec = findBackbone(backboneId, this.#places);
    return this.#downloads.start(spec, typedSource(spec, url));
  }

  async cancelDownload(backboneId: string): Promise<void> {
    await this.#downloads.cancel(findBackbone(backboneId, this.#places).id);
  }

  close(): Promise<void> {
    return this.#downloads.close();
  }

  async #import(backboneId: string, file: string, isKnownOfficial: boolean, signal?: AbortSignal): Promise<void> {
    const job = { ...this.#places, backboneId, file, isKnownOfficial } satisfies ImportJob;
    await this.#inWorker((worker) => worker.call('importWeights', job, signal && { signal }));
  }

  async #announce(backboneId: string): Promise<BackboneFacts> {
    const facts = await this.facts(backboneId);
    this.#emit('backbone.changed', facts);
    return facts;
  }

  async #inWorker<T>(work: (worker: WorkerHost) => Promise<T>): Promise<T> {
    const worker = this.#newTrainer();
    try {
      return await work(worker);
    } finally {
      worker.close();
    }
  }
}

function inputSizeOf(spec: BackboneSpec, inputSize: number | undefined): readonly [number, number] {
  if (inputSize === undefined) return spec.inputSize;
  requireSize(spec, [inputSize, inputSize]);
  return [inputSize, inputSize];
}
