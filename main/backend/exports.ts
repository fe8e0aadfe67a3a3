import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Emit } from '../../contract/contract.ts';
import type { ExportFormat, ExportOptions, ExportReport, Parity } from '../../contract/model.ts';
import { GraftError, toWire } from '../../contract/errors.ts';
import type { ManifestImage } from '../dataset/manifest.ts';
import type { ExportJob, WrittenRun } from '../export/export-run.ts';
import { finishExport } from '../export/finish-export.ts';
import { writeNewFolder } from '../store/new-folder.ts';
import type { RunStore, StoredRun } from '../store/runs.ts';
import { ownData, type Runs } from './runs.ts';
import type { WorkerHost } from '../workers/host.ts';
import type { Datasets } from './datasets.ts';
import type { Log } from './log.ts';

export interface ExportsOptions {
  folder: string;
  store: RunStore;
  runs: Runs;
  datasets: Datasets;
  places: { home: string; assets: string; cacheFolder: string };
  emit: Emit;
  newTrainer: () => WorkerHost;
  log: Log;
}

/** A run at the end of those that led to it: each began with what the one before had learnt. */
interface Line {
  runs: StoredRun[];
  /** What the first of them began with, where no run says how that was trained; null: the backbone's own weights. */
  missingParentRunId: string | null;
  /** True when that is a saved model, and no run that is gone. */
  isFromSavedModel: boolean;
}

/** Exports of this session: written by one process, loaded back and compared by a fresh one. */
export class Exports {
  #o: ExportsOptions;
  #reports = new Map<string, ExportReport>();
  #running = new Set<Promise<void>>();

  constructor(options: ExportsOptions) {
    this.#o = options;
  }

  /**
   * @param out absolute folder, new or empty; undefined: Graft's own place.
   * @param datasetId whose pictures the proof of a model rests on; undefined: those that the run did not learn from.
   * @throws run-not-finished, run-without-data, out-not-empty
   */
  async start(
    runId: string,
    format: ExportFormat,
    options: ExportOptions,
    out: string | undefined,
    datasetId: string | undefined,
  ): Promise<{ exportId: string }> {
    const run = await this.#o.runs.finished(runId);
    const isAboutOwnData = format === 'script' || format === 'features';
    if (run.file.imported && isAboutOwnData) throw new GraftError('run-without-data', { runId, needs: 'training' });
    const line = await this.#lineOf(run);
    if (format === 'script' && !isToldWhole(line))
      throw new GraftError('run-without-data', { runId, needs: 'whole-training' });
    const proofData = isAboutOwnData ? ownData(run.file) : (datasetId ?? ownData(run.file));
    const exportId = `ex-${randomUUID().slice(0, 12)}`;
    const folder = out ?? path.join(this.#o.folder, exportId, `graft-run-${run.file.number}-${format}`);
    const content = await readdir(folder).catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOTDIR' ? ['a file'] : [],
    );
    if (content.length > 0) throw new GraftError('out-not-empty', { path: folder });
    const report: ExportReport = {
      exportId,
      runId,
      format,
      options,
      phase: 'running',
      files: [],
      folder: null,
      parity: null,
      usage: null,
      error: null,
    };
    this.#reports.set(exportId, report);
    const work = this.#export(report, line, folder, proofData).then(() => undefined);
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
    return { exportId };
  }

  async #export(report: ExportReport, line: Line, out: string, datasetId: string): Promise<void> {
    const run = line.runs.at(-1)!.file;
    const writer = this.#o.newTrainer();
    const reader = this.#o.newTrainer(); // that never saw the model
    try {
      const manifest = await this.#o.datasets.ready(datasetId);
      const job: Omit<ExportJob, 'folder'> = {
        ...this.#o.places,
        runId: report.runId,
        runFolder: this.#o.store.folderOf(report.runId),
        format: report.format,
        options: report.options,
        data: { root: manifest.root, addedFolder: manifest.addedFolder },
        otherPictures: datasetId === run.datasetId ? null : notLearnt(manifest.images),
        datasetName: manifest.name,
        isImported: run.imported !== null,
        recipes: run.imported ? [] : line.runs.map(({ recipe }) => recipe),
        earlierData: earlierDataOf(line),
        missingParentRunId: line.missingParentRunId,
        result: run.result,
        madeOn: run.createdAt.slice(0, 10),
      };
      if (report.format !== 'script') reader.start(); // it loads its libraries while the model is written; a script has no proof
      const exported = await writeNewFolder(out, async (folder) => {
        const { written, proof } = await writer.call<WrittenRun>('export', { ...job, folder } satisfies ExportJob);
        writer.close(); // the proof needs the memory
        // What holds a file of the folder open would keep Windows from renaming it.
        const parity = proof && (await reader.call<Parity>('verify', proof).finally(() => reader.close()));
        return finishExport(written, parity, folder);
      });
      this.#tell({ ...report, ...exported, phase: 'finished', folder: out });
    } catch (error) {
      this.#tell({ ...report, phase: 'failed', error: toWire(error, (bug) => this.#o.log.bug(bug)) });
    } finally {
      writer.close();
      reader.close();
    }
  }

  /** A run and those that it goes back to, as far as they are still there and were trained here. */
  async #lineOf(run: StoredRun): Promise<Line> {
    const runs = [run];
    for (let next = run.file.parentRunId; next !== null;) {
      const stored: StoredRun | null = await this.#o.store.get(next).catch((error: unknown) => {
        if (error instanceof GraftError) return null;
        throw error;
      });
      if (!stored || stored.file.imported) return { runs, missingParentRunId: next, isFromSavedModel: stored !== null };
      runs.unshift(stored);
      next = stored.file.parentRunId;
    }
    return { runs, missingParentRunId: null, isFromSavedModel: false };
  }

  #tell(report: ExportReport): void {
    this.#reports.set(report.exportId, report);
    this.#o.emit('model.exported', report);
  }

  get(exportId: string): ExportReport {
    const report = this.#reports.get(exportId);
    if (!report) throw new GraftError('export-not-found', { exportId });
    return report;
  }

  /** The folder of a finished export. @throws export-not-found */
  folderOf(exportId: string): string {
    const { folder } = this.get(exportId);
    if (!folder) throw new GraftError('export-not-found', { exportId });
    return folder;
  }

  async close(): Promise<void> {
    await Promise.all(this.#running);
  }
}

/** True when one script on the run's own pictures does all that the model was trained with, as far as runs are still there. */
const isToldWhole = (line: Line): boolean => !line.isFromSavedModel && earlierDataOf(line) !== 'other';

/** Whose pictures the runs before learnt from. */
function earlierDataOf({ runs, missingParentRunId }: Line): ExportJob['earlierData'] {
  const { datasetId } = runs.at(-1)!.file;
  if (runs.some(({ file }) => file.datasetId !== datasetId)) return 'other';
  return missingParentRunId === null ? 'same' : 'unknown';
}

/** Of a data set that a model did not learn from, any picture will do. */
const notLearnt = (images: readonly ManifestImage[]): ExportJob['otherPictures'] => ({
  images: images.map(({ path: file, className, split }) => ({ path: file, className, split: split ?? 'test' })),
});
