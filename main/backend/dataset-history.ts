import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { DatasetEdit, DatasetSnapshot } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import { EditHistory, noEdits, withEdit } from '../dataset/edits.ts';
import { readJson } from '../store/read-json.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import { resolveEdit } from './dataset-edits.ts';
import type { DatasetShelf } from './dataset-shelf.ts';
import { requireJudged, requireReady, type DatasetEntry } from './dataset-entry.ts';
import { snapshotOf, viewOf } from './dataset-view.ts';

/** Edits whose outcome is kept by path and rests on which pictures are alike: drawn too early they would be wrong for good. */
const keepsDuplicatesTogether: ReadonlySet<DatasetEdit['kind']> = new Set(['draw-split', 'draw-fold', 'mend']);

/** The edits of data sets: what is trained on changes, never a file of the user's. */
export class DatasetHistory {
  readonly #shelf: DatasetShelf;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(shelf: DatasetShelf) {
    this.#shelf = shelf;
  }

  /** @throws what `resolveEdit` throws, dataset-not-ready */
  async edit(datasetId: string, edit: DatasetEdit): Promise<DatasetSnapshot> {
    return this.change(datasetId, (entry) => {
      if (keepsDuplicatesTogether.has(edit.kind)) requireJudged(entry);
      return withEdit(entry.history, resolveEdit(viewOf(entry), edit));
    });
  }

  /** Takes back the last edit that holds; without one nothing happens. */
  async undo(datasetId: string): Promise<DatasetSnapshot> {
    return this.change(datasetId, ({ history }) => ({ ...history, numDone: Math.max(0, history.numDone - 1) }));
  }

  async redo(datasetId: string): Promise<DatasetSnapshot> {
    return this.change(datasetId, ({ history }) => ({
      ...history,
      numDone: Math.min(history.edits.length, history.numDone + 1),
    }));
  }

  /** One after the other, so that two windows cannot lose each other's edits. @throws dataset-not-ready */
  change(datasetId: string, to: (entry: DatasetEntry) => EditHistory | Promise<EditHistory>): Promise<DatasetSnapshot> {
    const shelf = this.#shelf;
    const changing = this.#changing.then(async () => {
      const entry = requireReady(await shelf.entry(datasetId));
      const history = await to(entry);
      const now = await shelf.entry(datasetId); // it may have been removed, or is listed anew
      if (now !== entry) throw new GraftError('dataset-not-ready', { name: now.manifest.name, phase: now.phase });
      await writeFileAtomic(historyIn(shelf.placeOf(datasetId)), JSON.stringify(history));
      const current = shelf.known(datasetId) ?? entry; // listed anew while that was written: it holds there too
      current.history = history;
      current.view = null;
      shelf.changed(current);
      return snapshotOf(current);
    });
    this.#changing = changing.catch(() => undefined);
    return shelf.work.during(datasetId, changing); // it writes in its place
  }
}

const historyIn = (place: string): string => path.join(place, 'edits.json');

/** What was edited in a data set. Edits that cannot be read are set aside, never overwritten: somebody's work is in them. */
export async function readHistory(place: string): Promise<EditHistory> {
  const file = historyIn(place);
  const history = await readJson(file, EditHistory);
  if (history) return history;
  if (existsSync(file)) await rename(file, `${file}.unreadable`);
  return noEdits;
}
