import type { Client } from '../../contract/client.ts';
import type { EventData, Input } from '../../contract/contract.ts';
import type { HeadKind, RecipeInput, RunSnapshot, RunSummary } from '../../contract/run.ts';

const byNumber = (a: RunSummary, b: RunSummary): number => b.number - a.number;

/** Every run of this home, the one on screen and the one that trains, kept live by the backend's events. */
export class RunState {
  #client: Client;
  #report: (error: unknown) => void;
  #summaries = $state.raw<readonly RunSummary[]>([]);
  #snapshots = $state.raw<Readonly<Record<string, RunSnapshot>>>({}); // replaced whole, never mutated
  #currentId = $state.raw<string | null>(null);
  /** Runs whose snapshot is being asked for; true when it has to be asked for once more. */
  #asking = new Map<string, boolean>();

  /** Newest first. */
  list = $derived([...this.#summaries].sort(byNumber));
  /** The run on screen, or null where there is none or its snapshot is not here yet. */
  current = $derived(this.#currentId === null ? null : (this.#snapshots[this.#currentId] ?? null));
  /** The run that trains now, else one that waits for its turn, else null. */
  running = $derived.by(() => {
    const known = Object.values(this.#snapshots);
    const inPhase = (phase: RunSummary['phase']) => known.find((run) => run.phase === phase);
    return inPhase('running') ?? inPhase('paused') ?? inPhase('waiting') ?? null;
  });

  /** @param report takes failures of work that nobody awaits: refreshing after an event. */
  constructor(client: Client, report: (error: unknown) => void = (error) => globalThis.reportError(error)) {
    this.#client = client;
    this.#report = report;
    client.on('run.started', (summary) => this.#onStarted(summary));
    client.on('run.changed', (summary) => this.#onChanged(summary));
    client.on('run.progress', (data) => this.#onProgress(data));
    client.on('run.epoch', (data) => this.#onEpoch(data));
    client.on('run.ended', (summary) => this.#onEnded(summary));
  }

  get currentId(): string | null {
    return this.#currentId;
  }

  /** The snapshot of a run where it is here already; `refresh` brings one that is not. */
  snapshot(runId: string): RunSnapshot | null {
    return this.#snapshots[runId] ?? null;
  }

  /** Reads the list again, and the whole state of what runs or is on screen. */
  async refreshList(): Promise<void> {
    this.#summaries = await this.#client.call('run.list', {});
    const live = this.#summaries.filter((run) => !isOver(run)).map((run) => run.runId);
    const wanted = new Set(this.#currentId === null ? live : [this.#currentId, ...live]);
    await Promise.all([...wanted].map((runId) => this.refresh(runId)));
  }

  /** Reads the whole state of one run again. */
  async refresh(runId: string): Promise<void> {
    if (this.#asking.has(runId)) {
      this.#asking.set(runId, true);
      return;
    }
    try {
      do {
        this.#asking.set(runId, false);
        this.#keep(await this.#client.call('run.get', { runId }));
      } while (this.#asking.get(runId) === true);
    } finally {
      this.#asking.delete(runId);
    }
  }

  /** Puts a run on screen. */
  async select(runId: string | null): Promise<void> {
    this.#currentId = runId;
    if (runId !== null && this.#snapshots[runId] === undefined) await this.refresh(runId);
  }

  /** Starts a run and puts it on screen. @returns its id */
  async start(datasetId: string, recipe: RecipeInput): Promise<string> {
    const { runId } = await this.#client.call('run.start', { datasetId, recipe });
    this.#currentId = runId;
    await this.refresh(runId);
    return runId;
  }

  /** Starts one run per head on the same features, split and seed. @returns their ids, in the order of `heads` */
  async compare(datasetId: string, recipe: RecipeInput, heads: HeadKind[] = ['gap', 'flatten']): Promise<string[]> {
    const { runIds } = await this.#client.call('run.compare', { datasetId, recipe, heads });
    this.#currentId = runIds[0] ?? this.#currentId;
    await Promise.all(runIds.map((runId) => this.refresh(runId)));
    return runIds;
  }

  /** Asks a run to stop; it has when `run.ended` says so. */
  async stop(runId: string): Promise<void> {
    await this.#client.call('run.stop', { runId });
  }

  /** Holds a run between two batches. */
  async pause(runId: string): Promise<void> {
    await this.#client.call('run.pause', { runId });
  }

  /** Goes on with a paused run, or with a stopped one from its last checkpoint. */
  async resume(runId: string): Promise<void> {
    await this.#client.call('run.resume', { runId });
    await this.refresh(runId);
  }

  /** Starts a run that begins with another's weights and trains layers of the backbone, and puts it on screen. */
  async fineTune(input: Input<'run.fineTune'>): Promise<string> {
    const { runId } = await this.#client.call('run.fineTune', input);
    this.#currentId = runId;
    await this.refresh(runId);
    return runId;
  }

  /** Removes a run for ever. */
  async remove(runId: string): Promise<void> {
    await this.#client.call('run.remove', { runId });
    this.#summaries = this.#summaries.filter((run) => run.runId !== runId);
    const { [runId]: _gone, ...rest } = this.#snapshots;
    this.#snapshots = rest;
    if (this.#currentId === runId) this.#currentId = null;
  }

  #keep(snapshot: RunSnapshot): void {
    const known = this.#snapshots[snapshot.runId];
    if (known === undefined || !isOlder(snapshot, known)) this.#put(snapshot);
  }

  #put(snapshot: RunSnapshot): void {
    this.#snapshots = { ...this.#snapshots, [snapshot.runId]: snapshot };
    this.#list(snapshot);
  }

  #list(run: RunSummary | RunSnapshot): void {
    const summary = summaryOf(run);
    this.#summaries = [...this.#summaries.filter(({ runId }) => runId !== run.runId), summary];
  }

  #refreshBehind(runId: string): void {
    this.refresh(runId).catch(this.#report);
  }

  #onStarted(summary: RunSummary): void {
    this.#list(summary);
    // A run that is resumed has ended before: what is known of it is older than what comes.
    const { [summary.runId]: _ended, ...rest } = this.#snapshots;
    if (_ended !== undefined && isOver(_ended)) this.#snapshots = rest;
    this.#refreshBehind(summary.runId);
  }

  #onProgress({ runId, progress }: EventData<'run.progress'>): void {
    const run = this.#snapshots[runId];
    if (run === undefined || run.phase === 'waiting') this.#refreshBehind(runId);
    else if (run.phase === 'running') this.#snapshots = { ...this.#snapshots, [runId]: { ...run, progress } };
  }

  #onEpoch({ runId, report }: EventData<'run.epoch'>): void {
    const run = this.#snapshots[runId];
    const last = run?.epochs.at(-1);
    // Anything but the next epoch means that an event was missed: ask, do not guess.
    const isNext =
      run !== undefined &&
      (last === undefined || report.phase !== last.phase ? report.epoch === 1 : report.epoch === last.epoch + 1);
    if (isNext) this.#snapshots = { ...this.#snapshots, [runId]: { ...run, epochs: [...run.epochs, report] } };
    else this.#refreshBehind(runId);
  }

  #onChanged(summary: RunSummary): void {
    this.#list(summary);
    const run = this.#snapshots[summary.runId];
    if (run !== undefined) this.#snapshots = { ...this.#snapshots, [summary.runId]: { ...run, ...summary } };
    else this.#refreshBehind(summary.runId);
  }

  #onEnded(summary: RunSummary): void {
    this.#list(summary);
    const run = this.#snapshots[summary.runId];
    if (run !== undefined)
      this.#snapshots = { ...this.#snapshots, [summary.runId]: { ...run, ...summary, progress: null } };
    this.#refreshBehind(summary.runId);
  }
}

/** True when nothing of a run is under way. */
export const isOver = (run: RunSummary): boolean =>
  run.phase !== 'waiting' && run.phase !== 'running' && run.phase !== 'paused';

/** A run without what only its snapshot has. */
function summaryOf(run: RunSummary | RunSnapshot): RunSummary {
  if (!('recipe' in run)) return run;
  const {
    recipe: _r,
    classNames: _n,
    epochs: _e,
    progress: _p,
    numSkipped: _s,
    confusion: _c,
    notes: _o,
    ...rest
  } = run;
  return rest;
}

/** An answer can be overtaken by events that were sent after it. */
function isOlder(answer: RunSnapshot, known: RunSnapshot): boolean {
  return (
    (isOver(known) && !isOver(answer)) ||
    (isOver(known) === isOver(answer) && answer.epochs.length < known.epochs.length)
  );
}
