import type { Emit, Parsed } from '../../contract/contract.ts';
import { GraftError, toWire } from '../../contract/errors.ts';
import type {
  CompareReport,
  EpochReport,
  Evaluation,
  HeadKind,
  RateCurve,
  Recipe,
  RunProgress,
  RunResult,
  RunSnapshot,
  RunSummary,
} from '../../contract/run.ts';
import type { Split } from '../../contract/dataset.ts';
import type { ImportedModel, ImportOptions } from '../../contract/model.ts';
import { resolveSplits } from '../dataset/split.ts';
import type { Manifest } from '../dataset/manifest.ts';
import type { RunFile, RunStore, StoredRun } from '../store/runs.ts';
import { asWriteError } from '../store/write-atomic.ts';
import { checkpointPlace } from '../store/checkpoint-place.ts';
import { Stopped, type WorkerHost } from '../workers/host.ts';
import type { TrainJobReport } from '../engine/training-job.ts';
import type { Backbones } from './backbones.ts';
import { contrastRuns } from './contrast.ts';
import type { Datasets } from './datasets.ts';
import { findLearningRate } from './find-learning-rate.ts';
import { importModel } from './import-model.ts';
import type { Log } from './log.ts';
import type { Asking } from './questions.ts';

interface LiveRun extends StoredRun {
  progress: RunProgress | null;
  stop: AbortController;
  startedAt: number;
  hasEnded: boolean;
  /** Ends it while it still waits; null once its turn has begun. */
  giveUpTurn: (() => void) | null;
  /** What trains it, once its turn has begun. */
  trainer: WorkerHost | null;
  /** The first write that failed. */
  writeError: unknown;
  /** Writes in their order. */
  saving: Promise<void>;
}

type CreateRuns = (manifest: Manifest) => (() => Promise<LiveRun>)[];

/** What runs are made on. */
interface Launch {
  datasetId: string;
  recipe: Recipe;
  parentRunId: string | null;
  /** Of a run that they go on from: those of the pictures must be among them. Null: the data set's own. */
  classNames: readonly string[] | null;
  /** They go on with the split of the run before them; it is not drawn from the data set. */
  keepsSplit?: boolean;
  isResumed?: boolean;
}

export interface RunsOptions {
  store: RunStore;
  datasets: Datasets;
  backbones: Backbones;
  places: { home: string; assets: string; cacheFolder: string };
  emit: Emit;
  newTrainer: () => WorkerHost;
  log: Log;
}

/** The runs of a home: starts, follows and keeps them. One trains at a time; others wait their turn. */
export class Runs {
  #o: RunsOptions;
  #live = new Map<string, LiveRun>();
  #queue: Promise<unknown> = Promise.resolve();
  /** Runs that are being made, by which backbone and from which run: no list has them yet. */
  #launches = new Set<{ backboneId: string; parentRunId: string | null; ended: Promise<unknown> }>();
  /** Runs that are about to go on; not alive yet. */
  #resuming = new Map<string, Promise<string>>();

  constructor(options: RunsOptions) {
    this.#o = options;
  }

  /** @returns ids in the order of `heads`. @throws whatever keeps a run from starting */
  async start(datasetId: string, recipe: Recipe, heads: readonly HeadKind[]): Promise<string[]> {
    return this.#launch({ datasetId, recipe, parentRunId: null, classNames: null }, (manifest) => {
      const comparisonId = heads.length > 1 ? `cmp-${Date.now().toString(36)}` : null;
      return heads.map(
        (kind) => () => this.#create(manifest, { ...recipe, head: { ...recipe.head, kind } }, comparisonId, null),
      );
    });
  }

  /** A new run that begins with a finished one's weights. @throws run-not-found, run-not-finished, run-without-data, nothing-to-train, classes-differ, layer-not-found */
  async fineTune({ runId, trainable, epochs, learningRate, ...on }: Parsed<'run.fineTune'>): Promise<string> {
    const parent = await this.finished(runId);
    if (trainable === 'none') throw new GraftError('nothing-to-train', { backboneId: parent.recipe.backbone });
    const datasetId = on.datasetId ?? ownData(parent.file);
    const recipe: Recipe = {
      ...parent.recipe,
      trainable,
      fineTune: {
        epochs: epochs ?? parent.recipe.fineTune.epochs,
        learningRate: learningRate ?? parent.recipe.fineTune.learningRate,
      },
    };
    const { classNames } = parent.file;
    const [id] = await this.#launch(
      { datasetId, recipe, parentRunId: runId, classNames, keepsSplit: datasetId === parent.file.datasetId },
      (manifest) => [() => this.#create(manifest, recipe, null, runId)],
    );
    return id!;
  }

  /**
   * Goes on with a paused run where it stands; with a stopped, failed or killed one from its last checkpoint, or from its
   * start when it left none: the same seed gives the same run.
   *
   * @throws run-not-found, run-already-finished, run-busy, classes-differ
   */
  async resume(runId: string): Promise<string> {
    const live = this.#live.get(runId);
    if (live) {
      if (live.file.phase === 'paused') this.#hold(live, false);
      return runId;
    }
    // Asked for twice at once, it goes on once.
    const begun = this.#resuming.get(runId) ?? this.#goOn(runId).finally(() => this.#resuming.delete(runId));
    this.#resuming.set(runId, begun);
    return begun;
  }

  async #goOn(runId: string): Promise<string> {
    const stored = await this.#o.store.get(runId);
    const { phase, ownerPid, parentRunId, classNames } = asLeft(stored.file);
    if (phase === 'finished') throw new GraftError('run-already-finished', { runId });
    if (phase === 'running' || phase === 'waiting' || phase === 'paused') {
      if (ownerPid !== process.pid) throw new GraftError('run-busy', { runId });
    }
    const folder = this.#o.store.folderOf(runId);
    const from = await checkpointPlace(folder);
    const isBefore = (epoch: EpochReport) =>
      from !== null && (epoch.phase === from.phase ? epoch.epoch <= from.epoch : epoch.phase === 'head');
    const { recipe } = stored;
    await this.#launch(
      {
        datasetId: ownData(stored.file),
        recipe,
        parentRunId,
        classNames,
        keepsSplit: from !== null || parentRunId !== null,
        isResumed: from !== null,
      },
      () => [
        async () => {
          const epochs = stored.epochs.filter(isBefore);
          await this.#o.store.setEpochs(runId, epochs);
          const file: RunFile = {
            ...stored.file,
            phase: 'waiting',
            result: null,
            error: null,
            confusion: null,
            numEpochs: epochs.length,
            ownerPid: process.pid,
          };
          await this.#o.store.save(file);
          return this.#bringToLife(file, stored.recipe, epochs);
        },
      ],
    );
    return runId;
  }

  /** Makes a finished run of a saved model, as `importModel` says. */
  async import(file: string, options: ImportOptions): Promise<ImportedModel> {
    return importModel(this.#o, file, options, async (backboneId, make) => {
      const made = this.#o.backbones.requireTrainable({ backbone: backboneId, inputSize: null }).then(make);
      const kept = await this.#known({ backboneId, parentRunId: null }, made);
      this.#o.emit('run.ended', summaryOf(kept));
      return kept;
    });
  }

  /** Lets whoever would take a backbone or a run away know of what is being made with it. */
  async #known<T>(by: { backboneId: string; parentRunId: string | null }, made: Promise<T>): Promise<T> {
    const launch = { ...by, ended: made.catch(() => undefined) };
    this.#launches.add(launch);
    return made.finally(() => this.#launches.delete(launch));
  }

  /** Makes runs, known from the beginning to whoever would take away what they need. @throws whatever keeps them from starting */
  #launch(launch: Launch, create: CreateRuns): Promise<string[]> {
    const { recipe, parentRunId } = launch;
    return this.#known({ backboneId: recipe.backbone, parentRunId }, this.#make(launch, create));
  }

  /** Checks what can be checked, makes the runs, and puts them in the queue. */
  async #make({ datasetId, recipe, parentRunId, keepsSplit, ...from }: Launch, create: CreateRuns): Promise<string[]> {
    const trainer = this.#o.newTrainer();
    if (this.#live.size === 0) trainer.start(); // warms up while the folder is listed
    try {
      await this.#o.backbones.requireTrainable(recipe);
      const read = await this.#o.datasets.asRead(datasetId);
      // A resumed run goes on with the pictures and the classes that it began with, whatever was edited since.
      const manifest = from.isResumed
        ? { ...read, classNames: [...from.classNames!] }
        : withClasses(read, from.classNames);
      // Says now what would otherwise end the run after minutes.
      if (!keepsSplit) resolveSplits(manifest, recipe);
      const runs: LiveRun[] = [];
      for (const make of create(manifest)) runs.push(await make());
      for (const run of runs) run.giveUpTurn = () => this.#giveUpTurn(trainer, runs);
      const parent = parentRunId && { runId: parentRunId, folder: this.#o.store.folderOf(parentRunId) };
      const turn = this.#queue.then(() =>
        this.#train(trainer, manifest, runs, parent || null, from.isResumed ?? false),
      );
      this.#queue = turn.catch((error: unknown) => this.#o.log.bug(error));
      return runs.map((run) => run.file.runId);
    } catch (error) {
      trainer.close();
      throw error;
    }
  }

  async #create(
    manifest: { datasetId: string; name: string; classNames: string[] },
    recipe: Recipe,
    comparisonId: string | null,
    parentRunId: string | null,
  ): Promise<LiveRun> {
    const file = await this.#o.store.create(
      {
        datasetId: manifest.datasetId,
        datasetName: manifest.name,
        imported: null,
        backboneId: recipe.backbone,
        head: recipe.head.kind,
        phase: 'waiting',
        comparisonId,
        parentRunId,
        canResume: false,
        numEpochs: 0,
        result: null,
        error: null,
        classNames: [...manifest.classNames],
        confusion: null,
        numSkipped: 0,
        notes: [],
        ownerPid: process.pid,
      },
      recipe,
    );
    return this.#bringToLife(file, recipe, []);
  }

  #bringToLife(file: RunFile, recipe: Recipe, epochs: EpochReport[]): LiveRun {
    const run: LiveRun = {
      file,
      recipe,
      epochs,
      progress: { step: 'waiting', done: 0, total: 1, msLeft: null },
      stop: new AbortController(),
      startedAt: performance.now(),
      hasEnded: false,
      giveUpTurn: null,
      trainer: null,
      writeError: null,
      saving: Promise.resolve(),
    };
    this.#live.set(file.runId, run);
    this.#o.emit('run.started', summaryOf(file));
    return run;
  }

  async #train(
    trainer: WorkerHost,
    manifest: Manifest,
    runs: LiveRun[],
    parent: { runId: string; folder: string } | null,
    isResumed: boolean,
  ): Promise<void> {
    // One stop ends them all: they share the worker, and a comparison without its other half is none.
    const stop = new AbortController();
    for (const run of runs) {
      if (run.stop.signal.aborted) stop.abort();
      run.stop.signal.addEventListener('abort', () => stop.abort(), { once: true });
    }
    if (runs.every((run) => run.hasEnded)) return;
    for (const run of runs) {
      run.giveUpTurn = null;
      run.trainer = trainer;
    }
    const byId = new Map(runs.map((run) => [run.file.runId, run]));
    try {
      if (stop.signal.aborted) throw new Stopped();
      for (const run of runs) this.#save(run, { phase: run === runs[0] ? 'running' : 'waiting' });
      const job = {
        ...this.#o.places,
        manifest,
        parent,
        isResumed,
        runs: runs.map((run) => ({
          runId: run.file.runId,
          folder: this.#o.store.folderOf(run.file.runId),
          recipe: run.recipe,
        })),
      };
      await trainer.call('train', job, {
        signal: stop.signal,
        onProgress: (raw) => this.#hear(raw as TrainJobReport, byId, manifest),
      });
    } catch (error) {
      for (const run of runs) {
        if (error instanceof Stopped) this.#end(run, 'stopped', null, null);
        else
          this.#end(
            run,
            'failed',
            null,
            toWire(error, (bug) => this.#o.log.bug(bug)),
          );
      }
    } finally {
      trainer.close();
      await Promise.all(runs.map((run) => run.saving));
    }
  }

  #hear(report: TrainJobReport, runs: ReadonlyMap<string, LiveRun>, seen: Manifest): void {
    if (report.kind === 'files') {
      this.#o.datasets
        .learn(seen, report.sha256ByPath, report.skipped)
        .catch((error: unknown) => this.#o.log.bug(error));
      return;
    }
    const run = runs.get(report.runId);
    if (!run) return;
    if (run.file.phase === 'waiting') this.#save(run, { phase: 'running' });
    if (report.kind === 'note') this.#save(run, { notes: [...new Set([...run.file.notes, report.note])] });
    else if (report.kind === 'progress') {
      run.progress = report.progress;
      this.#o.emit('run.progress', { runId: report.runId, progress: report.progress });
    } else if (report.kind === 'epoch') {
      run.epochs = [...run.epochs, report.report];
      run.file = { ...run.file, numEpochs: run.epochs.length };
      run.saving = run.saving
        .then(() => this.#o.store.addEpoch(report.runId, report.report))
        .catch(this.#keepWriteError(run));
      this.#o.emit('run.epoch', { runId: report.runId, report: report.report });
    } else {
      const result = report.result && { ...report.result, totalMs: performance.now() - run.startedAt };
      run.file = { ...run.file, confusion: report.confusion, numSkipped: report.numSkipped };
      this.#end(run, report.phase, result, null);
    }
  }

  #save(run: LiveRun, change: Partial<RunFile>): void {
    run.file = { ...run.file, ...change };
    const { file } = run;
    run.saving = run.saving.then(() => this.#o.store.save(file)).catch(this.#keepWriteError(run));
  }

  #keepWriteError(run: LiveRun) {
    return (error: unknown) => {
      run.writeError ??= asWriteError(error, this.#o.store.folderOf(run.file.runId));
      this.#o.log.bug(error);
    };
  }

  /** Ends runs whose turn has not come: at once, since nothing of theirs is under way. */
  #giveUpTurn(trainer: WorkerHost, runs: LiveRun[]): void {
    trainer.close();
    for (const run of runs) this.#end(run, 'stopped', null, null);
  }

  #end(
    run: LiveRun,
    phase: 'finished' | 'stopped' | 'failed',
    result: RunResult | null,
    error: RunFile['error'],
  ): void {
    if (run.hasEnded) return; // one end a run
    run.hasEnded = true;
    run.progress = null;
    this.#save(run, { phase, result, error, ownerPid: null });
    // Told, and read from the disk, once it is there: whoever asks finds the end and not the middle.
    run.saving = run.saving.then(async () => {
      if (run.writeError && phase === 'finished') {
        // A run that is not whole on the disk is no finished run, whatever was learnt.
        const told = toWire(run.writeError, (bug) => this.#o.log.bug(bug));
        run.file = { ...run.file, phase: 'failed', result: null, error: told };
        await this.#o.store.save(run.file).catch(() => undefined); // the same disk; the window is told in any case
      }
      this.#live.delete(run.file.runId);
      this.#o.emit('run.ended', summaryOf(run.file));
    });
  }

  /** Holds a run between two batches. @throws run-not-found */
  async pause(runId: string): Promise<null> {
    const run = this.#live.get(runId);
    if (!run) await this.#o.store.get(runId);
    if (run?.file.phase === 'running' && !run.hasEnded) this.#hold(run, true);
    return null;
  }

  #hold(run: LiveRun, isPaused: boolean): void {
    run.trainer?.pause(isPaused);
    this.#save(run, { phase: isPaused ? 'paused' : 'running' });
    this.#o.emit('run.changed', summaryOf(run.file));
  }

  async stop(runId: string): Promise<null> {
    const run = this.#live.get(runId);
    if (run?.giveUpTurn) run.giveUpTurn();
    else if (run) run.stop.abort();
    else await this.#o.store.get(runId); // an unknown id is an error; one that has ended is not
    return null;
  }

  async list(): Promise<RunSummary[]> {
    const files = await this.#o.store.list();
    return files.map((file) => summaryOf(this.#live.get(file.runId)?.file ?? asLeft(file))).reverse();
  }

  /** Numbers of the runs that are lost without a backbone, those that are just being made included. */
  async needing(backboneId: string): Promise<number[]> {
    const launches = [...this.#launches].filter((launch) => launch.backboneId === backboneId);
    await Promise.all(launches.map(({ ended }) => ended));
    return (await this.list()).filter((run) => run.backboneId === backboneId).map((run) => run.number);
  }

  async get(runId: string): Promise<RunSnapshot> {
    await this.#settled(runId);
    const live = this.#live.get(runId);
    const run = live ?? (await this.#o.store.get(runId));
    const file = live ? live.file : asLeft(run.file);
    const { classNames, confusion, numSkipped, notes } = file;
    return {
      ...summaryOf(file),
      recipe: run.recipe,
      classNames,
      epochs: run.epochs,
      progress: live?.progress ?? null,
      numSkipped,
      confusion,
      notes,
    };
  }

  /** Waits for the last write of a run that has ended. */
  async #settled(runId: string): Promise<void> {
    const live = this.#live.get(runId);
    if (live?.hasEnded) await live.saving;
  }

  /** @throws run-not-found; run-busy while it trains, or another that begins with its weights; run-in-use when such a one can be resumed */
  async remove(runId: string): Promise<null> {
    this.#requireIdle(runId);
    await this.#o.store.get(runId);
    const children = (await this.list()).filter((run) => run.parentRunId === runId && run.phase !== 'finished');
    const left = children.filter((run) => run.canResume).map(({ number }) => number);
    if (left.length > 0) throw new GraftError('run-in-use', { runId, runs: left });
    if (children.length > 0) throw new GraftError('run-busy', { runId }); // another process trains it
    this.#requireIdle(runId); // it may have gone on meanwhile
    await this.#o.store.remove(runId);
    return null;
  }

  #requireIdle(runId: string): void {
    const needing = [...this.#launches, ...[...this.#live.values()].map(({ file }) => file)];
    const isBusy = this.#live.has(runId) || this.#resuming.has(runId);
    if (isBusy || needing.some(({ parentRunId }) => parentRunId === runId)) throw new GraftError('run-busy', { runId });
  }

  /** A run that has a model. @throws run-not-found, run-not-finished */
  async finished(runId: string): Promise<StoredRun> {
    await this.#settled(runId);
    const run = await this.#o.store.get(runId);
    if (!run.file.result)
      throw new GraftError('run-not-finished', { runId, phase: this.#live.get(runId)?.file.phase ?? run.file.phase });
    return run;
  }

  async evaluate(runId: string, split: Split, datasetId: string | undefined): Promise<Evaluation> {
    const run = await this.finished(runId);
    const id = datasetId ?? ownData(run.file);
    const manifest = await this.#o.datasets.refreshed(id);
    const trainer = this.#o.newTrainer();
    try {
      return await trainer.call<Evaluation>('evaluate', {
        ...this.#o.places,
        runId,
        folder: this.#o.store.folderOf(runId),
        split,
        manifest,
        isOwnDataset: id === run.file.datasetId,
        recipe: run.recipe,
      });
    } finally {
      trainer.close();
    }
  }

  /** Where the head of a recipe learns fastest; makes no run. @throws whatever keeps a run from starting */
  findLearningRate(datasetId: string, recipe: Recipe, asking: Asking): Promise<RateCurve> {
    return findLearningRate(this.#o, datasetId, recipe, asking);
  }

  async contrast(runIds: readonly string[]): Promise<CompareReport> {
    const runs = await Promise.all(runIds.map((runId) => this.finished(runId)));
    return contrastRuns(
      runs.map((run) => ({
        summary: summaryOf(run.file),
        folder: this.#o.store.folderOf(run.file.runId),
        classNames: run.file.classNames,
      })),
      (id, file) => this.#o.datasets.imageIdOf(id, file),
    );
  }

  /** Ends what runs and waits until it is on disk. */
  async close(): Promise<void> {
    for (const run of this.#live.values()) run.stop.abort();
    await this.#queue;
  }
}

/** The data set that a run was trained on. @throws run-without-data */
export function ownData({ runId, datasetId }: RunFile): string {
  if (datasetId === null) throw new GraftError('run-without-data', { runId, needs: 'pictures' });
  return datasetId;
}

/** A data set with its classes as a run has them, in its order. @throws classes-differ when a picture is of another class */
function withClasses(manifest: Manifest, classNames: readonly string[] | null): Manifest {
  if (!classNames) return manifest;
  const found = [...new Set(manifest.images.map((image) => image.className))].sort();
  if (found.some((name) => !classNames.includes(name)))
    throw new GraftError('classes-differ', { expected: [...classNames], found });
  return { ...manifest, classNames: [...classNames] };
}

/** A run that says it runs though its process is gone was cut off: it is shown as stopped. */
function asLeft(file: RunFile): RunFile {
  if (file.phase !== 'running' && file.phase !== 'waiting' && file.phase !== 'paused') return file;
  if (file.ownerPid !== null && file.ownerPid !== process.pid && isAlive(file.ownerPid)) return file;
  return { ...file, phase: 'stopped' };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function summaryOf(file: RunFile): RunSummary {
  const {
    runId,
    number,
    datasetId,
    datasetName,
    imported,
    backboneId,
    head,
    phase,
    createdAt,
    comparisonId,
    parentRunId,
    numEpochs,
    result,
    error,
  } = file;
  return {
    runId,
    number,
    datasetId,
    datasetName,
    imported,
    backboneId,
    head,
    phase,
    createdAt,
    comparisonId,
    parentRunId,
    canResume: phase === 'stopped' || phase === 'failed',
    numEpochs,
    result,
    error,
  };
}
