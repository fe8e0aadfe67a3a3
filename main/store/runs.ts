import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GraftError } from '../../contract/errors.ts';
import { EpochReport, Recipe, RunSnapshot, RunSummary } from '../../contract/run.ts';
import { readJson } from './read-json.ts';
import { renameDurably, writeFileAtomic } from './write-atomic.ts';

/** `run.json`: a run's summary, and what only the snapshot shows. */
const RunFile = RunSummary.extend({
  formatVersion: z.literal(1),
  classNames: z.array(z.string()),
  confusion: z.array(z.array(z.int())).nullable(),
  numSkipped: z.int(),
  notes: RunSnapshot.shape.notes,
  /** The process that trains it; null when it has ended. */
  ownerPid: z.int().nullable(),
});
export type RunFile = z.infer<typeof RunFile>;
type NewRun = Omit<RunFile, 'runId' | 'number' | 'formatVersion' | 'createdAt'>;

/** A run as it lies on disk. */
export interface StoredRun {
  file: RunFile;
  recipe: Recipe;
  epochs: EpochReport[];
}

/** The runs of a home: a folder each, with `run.json`, `recipe.json`, `metrics.ndjson` and what the trainer adds. */
export class RunStore {
  readonly folder: string;
  #lastCreated: Promise<unknown> = Promise.resolve();
  constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws run-not-found for an id that no run can have: it comes from outside */
  folderOf(runId: string): string {
    if (!/^run-[a-z0-9-]{1,60}$/.test(runId)) throw new GraftError('run-not-found', { runId });
    return path.join(this.folder, runId);
  }

  /**
   * One after the other: two runs made in the same moment would take the same number.
   *
   * @param filled a folder with what a run holds already; it becomes the run's own
   */
  create(run: NewRun, recipe: Recipe, filled?: string): Promise<RunFile> {
    const created = this.#lastCreated.then(() => this.#create(run, recipe, filled));
    this.#lastCreated = created.catch(() => undefined);
    return created;
  }

  async #create(run: NewRun, recipe: Recipe, filled?: string): Promise<RunFile> {
    const createdAt = new Date();
    const stamp = createdAt.toISOString().replace(/\D/g, '').slice(0, 14);
    const runId = `run-${stamp}-${randomBytes(3).toString('hex')}`;
    const numbers = (await this.list()).map((other) => other.number);
    const file: RunFile = {
      ...run,
      formatVersion: 1,
      runId,
      number: Math.max(0, ...numbers) + 1,
      createdAt: createdAt.toISOString(),
    };
    if (filled === undefined) await mkdir(this.folderOf(runId), { recursive: true });
    else await renameDurably(filled, this.folderOf(runId));
    await writeFileAtomic(path.join(this.folderOf(runId), 'recipe.json'), `${JSON.stringify(recipe, null, 2)}\n`);
    await this.save(file);
    return file;
  }

  async save(file: RunFile): Promise<void> {
    await writeFileAtomic(path.join(this.folderOf(file.runId), 'run.json'), `${JSON.stringify(file, null, 2)}\n`);
  }

  async addEpoch(runId: string, report: EpochReport): Promise<void> {
    await appendFile(path.join(this.folderOf(runId), 'metrics.ndjson'), `${JSON.stringify(report)}\n`);
  }

  /** Keeps the epochs given and drops those after them: the run goes on from there. */
  async setEpochs(runId: string, epochs: readonly EpochReport[]): Promise<void> {
    const lines = epochs.map((epoch) => `${JSON.stringify(epoch)}\n`).join('');
    await writeFileAtomic(path.join(this.folderOf(runId), 'metrics.ndjson'), lines);
  }

  /** All runs, oldest first. A folder that holds no readable run is left out. */
  async list(): Promise<RunFile[]> {
    const names = await readdir(this.folder).catch(() => [] as string[]);
    const files = await Promise.all(
      names
        .filter((name) => name.startsWith('run-'))
        .map((name) => readJson(path.join(this.folder, name, 'run.json'), RunFile).catch(() => null)),
    );
    return files
      .filter((file) => file !== null)
      .sort((a, b) => a.number - b.number || (a.createdAt < b.createdAt ? -1 : 1));
  }

  /** @throws run-not-found, run-damaged */
  async get(runId: string): Promise<StoredRun> {
    const folder = this.folderOf(runId);
    const file = await readJson(path.join(folder, 'run.json'), RunFile);
    if (!file) {
      const isThere = (await readdir(folder).catch(() => null)) !== null;
      throw isThere
        ? new GraftError('run-damaged', { runId, file: 'run.json' })
        : new GraftError('run-not-found', { runId });
    }
    const recipe = await readJson(path.join(folder, 'recipe.json'), Recipe);
    if (!recipe) throw new GraftError('run-damaged', { runId, file: 'recipe.json' });
    const lines = await readFile(path.join(folder, 'metrics.ndjson'), 'utf8').catch(() => '');
    return { file, recipe, epochs: lines.split('\n').flatMap((line) => parseEpoch(line)) };
  }

  async remove(runId: string): Promise<void> {
    await rm(this.folderOf(runId), { recursive: true, force: true });
  }
}

/** A line that a crash cut short is dropped. */
function parseEpoch(line: string): EpochReport[] {
  try {
    const parsed = EpochReport.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}
