import { setImmediate as nextTurn } from 'node:timers/promises';
import type * as tfTypes from '@tensorflow/tfjs-node';
import { GraftError } from '../../contract/errors.ts';
import type { SkippedFile, Split } from '../../contract/dataset.ts';
import type { HeadKind, Recipe, RunResult } from '../../contract/run.ts';
import type { PicturePlaces } from '../dataset/added.ts';
import { readCheckpoint, removeCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { headParameters, initialHead, type HeadConfig, type HeadWeights } from './head.ts';
import { openLiveFeatures } from './live-features.ts';
import { headOf, Network, tunedOf } from './network.ts';
import type { OptimizerOptions } from './optimizer.ts';
import { writeRunModel } from './run-model.ts';
import { requireWeights } from './run-backbone.ts';
import type { FreezingPlan, RunPlan } from './run-plan.ts';
import { evaluateSplit, type Part, type SplitImage } from './split-parts.ts';
import { trainPhase, type Phase, type PhaseState, type TrainedWeights } from './train.ts';
import {
  ended,
  paced,
  progress,
  type JobControl,
  type Places,
  type RunOfJob,
  type TrainJobReport,
} from './training-job.ts';
import { createTrainedPart, withValues, type TrainedPart } from './trained-part.ts';
import { loadTunedBackbone } from './tuned-weights.ts';

type Tf = typeof tfTypes;

/** Where a run's two phases read from. */
export interface RunFeatures {
  head: (split: Split, kind: HeadKind) => Part;
  /** Null: the cut's features were too large to keep. */
  cut: ((split: Split) => Part) | null;
}

export interface OneRun extends RunOfJob {
  plan: RunPlan;
  images: readonly SplitImage[];
  features: RunFeatures;
  skipped: readonly SkippedFile[];
  featuresMs: number;
  startedAt: number;
  places: Places & { cacheFolder: string };
  /** Of the pictures. */
  pictures: PicturePlaces;
  classNames: readonly string[];
  isResumed: boolean;
}

/** Features that a head reads and answers in well under a second. */
const QUICK_EVALUATION_BYTES = 100e6;

/** Trains one run whose features are computed: the head, then the layers above the cut; evaluates it and saves it. */
export async function trainOne(
  tf: Tf,
  run: OneRun,
  report: (report: TrainJobReport) => void,
  control: JobControl,
): Promise<void> {
  const { recipe, runId, plan } = run;
  const config: HeadConfig = { ...recipe.head, featureShape: plan.featureShape, numClasses: run.classNames.length };
  const checkpoint = run.isResumed ? await readCheckpoint(run.folder) : null;
  if (checkpoint?.weightsSha256) requireWeights(plan, checkpoint.weightsSha256);
  const training = new Training(tf, run, config, report, control, checkpoint);
  try {
    const outcome = await training.train();
    if (outcome.keptEpoch === 0 && control.signal.aborted) {
      await training.saved;
      return report(ended(runId, 'stopped', null, null, run.skipped.length));
    }
    report(progress(runId, 'evaluating', 0, 1));
    const validation = await training.evaluated('validation', outcome);
    const test = await training.evaluated('test', outcome);
    report(progress(runId, 'saving', 0, 1));
    await training.saved;
    const trained = tunedOf(outcome.weights, config);
    const before = plan.start?.tuned?.tensors;
    await writeRunModel(run.folder, {
      weights: headOf(outcome.weights, config),
      tuned: trained || before ? new Map([...(before ?? []), ...(trained ?? [])]) : null,
      model: {
        formatVersion: 1,
        backboneId: plan.spec.id,
        weightsSha256: plan.baseSha256,
        inputSize: [...plan.inputSize],
        head: { ...recipe.head },
        featureShape: [...plan.featureShape],
        classNames: [...run.classNames],
        keptEpoch: outcome.keptEpoch,
      },
      evaluation: { formatVersion: 1, validation: validation?.images ?? [], test: test?.images ?? [] },
    });
    if (!control.signal.aborted) await removeCheckpoint(run.folder);
    const numHead = headParameters(config);
    const numTrained = numTrainedParameters(plan.freezing);
    const result: RunResult = {
      trainableParameters: numHead + numTrained,
      frozenParameters: plan.spec.numParameters - numTrained,
      headParameters: numHead,
      validation: validation?.share ?? null,
      test: test?.share ?? null,
      keptEpoch: outcome.keptEpoch,
      featuresMs: run.featuresMs,
      trainMs: training.trainMs,
      totalMs: performance.now() - run.startedAt,
    };
    const phase = control.signal.aborted ? 'stopped' : 'finished';
    report(ended(runId, phase, result, (test ?? validation)?.confusion ?? null, run.skipped.length));
  } finally {
    await training.dispose();
  }
}

/** Weights of the backbone that a plan trains. */
export const numTrainedParameters = (freezing: FreezingPlan | null): number =>
  freezing
    ? freezing.graph.reduce((sum, layer) => sum + (freezing.trainable.has(layer.name) ? layer.numTrainable : 0), 0)
    : 0;

/** The phases of one run, with what they hand on. */
class Training {
  readonly #tf: Tf;
  readonly #run: OneRun;
  readonly #config: HeadConfig;
  readonly #report: (report: TrainJobReport) => void;
  readonly #control: JobControl;
  readonly #checkpoint: Checkpoint | null;
  /** Above the cut; there from the second phase on. */
  #part: TrainedPart | null = null;
  #live: Awaited<ReturnType<typeof openLiveFeatures>> | null = null;
  #trainedBefore: number;
  readonly #startedAt = performance.now();
  #isSaving = false;
  /** Why a checkpoint could not be written. */
  #saveError: { error: unknown } | null = null;
  /** The checkpoint that is being written; a failure is in `#saveError`. */
  saved: Promise<void> = Promise.resolve();

  constructor(
    tf: Tf,
    run: OneRun,
    config: HeadConfig,
    report: (report: TrainJobReport) => void,
    control: JobControl,
    checkpoint: Checkpoint | null,
  ) {
    this.#tf = tf;
    this.#run = run;
    this.#config = config;
    this.#report = report;
    this.#control = control;
    this.#checkpoint = checkpoint;
    this.#trainedBefore = checkpoint?.trainMs ?? 0;
  }

  /** Milliseconds in training, those before an interruption included. */
  get trainMs(): number {
    return this.#trainedBefore + performance.now() - this.#startedAt;
  }

  async train(): Promise<TrainedWeights> {
    const { recipe, plan } = this.#run;
    const head = plan.start?.head ?? initialHead(this.#config, recipe.seed);
    let outcome: TrainedWeights | null = null;
    if (!plan.start && this.#checkpoint?.state.phase !== 'fine-tune') {
      outcome = await this.#headPhase(head);
      if (this.#control.signal.aborted || !plan.freezing) return outcome;
    }
    const handedOver = this.#checkpoint?.state.phase === 'fine-tune' ? null : outcome;
    const fineTuned = await this.#fineTunePhase(handedOver ? headOf(handedOver.weights, this.#config) : head);
    // Stopped within the first epoch: the head is worth more than half an epoch of the rest.
    return fineTuned.keptEpoch === 0 && outcome ? outcome : fineTuned;
  }

  async #headPhase(head: HeadWeights): Promise<TrainedWeights> {
    const { recipe, features } = this.#run;
    const checkpoint = this.#checkpoint;
    const network = new Network(
      this.#tf,
      this.#config,
      checkpoint ? headOf(checkpoint.weights, this.#config) : head,
      null,
      optimizerOf(recipe),
    );
    try {
      const kind = recipe.head.kind;
      return await this.#follow(
        network,
        { train: features.head('train', kind), validation: features.head('validation', kind) },
        { name: 'head', numEpochs: recipe.epochs, learningRate: recipe.learningRate },
        checkpoint,
        0,
      );
    } finally {
      network.dispose();
    }
  }

  async #fineTunePhase(head: HeadWeights): Promise<TrainedWeights> {
    const { recipe, plan } = this.#run;
    const checkpoint = this.#checkpoint?.state.phase === 'fine-tune' ? this.#checkpoint : null;
    const part = await this.#openPart();
    const begun = checkpoint ? { ...part, variables: withValues(part.variables, checkpoint.weights) } : part;
    const frozenBefore = part.frozenSha256();
    const network = new Network(
      this.#tf,
      this.#config,
      checkpoint ? headOf(checkpoint.weights, this.#config) : head,
      begun,
      optimizerOf(recipe),
    );
    try {
      const outcome = await this.#follow(
        network,
        { train: await this.#cutPart('train'), validation: await this.#cutPart('validation') },
        { name: 'fine-tune', numEpochs: recipe.fineTune.epochs, learningRate: recipe.fineTune.learningRate },
        checkpoint,
        plan.start ? 0 : recipe.epochs,
      );
      for (const [layer, sha256] of part.frozenSha256())
        if (frozenBefore.get(layer) !== sha256) throw new GraftError('frozen-weights-changed', { layer });
      return outcome;
    } finally {
      network.dispose();
    }
  }

  async #openPart(): Promise<TrainedPart> {
    const { plan, places } = this.#run;
    const { cut, trainable } = plan.freezing!;
    const loaded = await loadTunedBackbone(plan.spec, plan.inputSize, places, plan.start?.tuned ?? null);
    this.#part = createTrainedPart(this.#tf, loaded.model, cut, trainable);
    return this.#part;
  }

  async #cutPart(split: Split): Promise<Part> {
    const { features, images, plan, places, pictures, recipe, classNames } = this.#run;
    if (features.cut) return features.cut(split);
    this.#live ??= await openLiveFeatures(plan, recipe, places, pictures);
    return this.#live.partOf(images, split, classNames);
  }

  /** Runs a phase to its end, reporting and leaving checkpoints. */
  async #follow(
    network: Network,
    parts: { train: Part; validation: Part },
    phase: Phase,
    checkpoint: Checkpoint | null,
    epochsBefore: number,
  ): Promise<TrainedWeights> {
    const { recipe, runId, plan } = this.#run;
    const from = checkpoint?.state.phase === phase.name ? checkpoint : null;
    if (from) network.restoreOptimizer(from.optimizer);
    const steps = trainPhase(
      network,
      { train: parts.train.features, validation: parts.validation.features },
      recipe,
      phase,
      this.#run.classNames,
      this.#control.signal,
      from?.state ?? null,
    );
    const numEpochs = (plan.start ? 0 : recipe.epochs) + (plan.freezing ? recipe.fineTune.epochs : 0);
    const batches = paced((done, total, msLeft) => this.#report(progress(runId, 'training', done, total, msLeft)));
    let step = await steps.next();
    for (; !step.done; step = await steps.next()) {
      const { value } = step;
      if (value.kind === 'epoch') {
        this.#report({ kind: 'epoch', runId, report: value.report });
        // Said now, not after all epochs; the last checkpoint that was written is whole.
        if (this.#saveError !== null) throw this.#saveError.error;
        this.#save(network, value.state);
      } else batches((epochsBefore + value.epoch - 1) * value.numSteps + value.step, numEpochs * value.numSteps);
      await nextTurn(); // lets a stop in
      await this.#control.whenRunning();
    }
    return step.value;
  }

  /** Leaves a checkpoint behind, unless the one before is still being written: training does not wait for the disk. */
  #save(network: Network, state: PhaseState): void {
    if (this.#isSaving) return;
    this.#isSaving = true;
    const checkpoint: Checkpoint = {
      state,
      weights: network.read(),
      optimizer: network.optimizerState(),
      trainMs: this.trainMs,
      weightsSha256: this.#run.plan.baseSha256,
    };
    this.saved = writeCheckpoint(this.#run.folder, checkpoint)
      .catch((error: unknown) => void (this.#saveError ??= { error }))
      .then(() => void (this.#isSaving = false));
  }

  /** What the trained network says of a split; null when it has no pictures, or there is no time for them. */
  async evaluated(split: Split, { weights }: TrainedWeights) {
    const { features, recipe } = this.#run;
    const tuned = tunedOf(weights, this.#config);
    const part = tuned ? await this.#cutPart(split) : features.head(split, recipe.head.kind);
    if (part.images.length === 0) return null;
    // A stopped run must be saved before its process is ended: parts that take long are left unevaluated then.
    const rowBytes = 4 * part.features.rowLengths.reduce((a, b) => a + b, 0);
    const isQuick = !tuned && part.images.length * rowBytes <= QUICK_EVALUATION_BYTES;
    if (this.#control.signal.aborted && !isQuick) return null;
    const trainedPart = tuned && {
      ...this.#part!,
      variables: withValues(this.#part!.variables, weights),
    };
    const network = new Network(this.#tf, this.#config, headOf(weights, this.#config), trainedPart);
    try {
      return await evaluateSplit(network, part, recipe.batchSize);
    } finally {
      network.dispose();
    }
  }

  async dispose(): Promise<void> {
    this.#part?.dispose();
    await this.#live?.dispose();
    await this.saved;
  }
}

/** The optimizer that a recipe asks for. */
export function optimizerOf({ optimizer, momentum, weightDecay }: Recipe): OptimizerOptions {
  return { kind: optimizer, momentum, weightDecay };
}
