import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { AddedImages } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import { withAdded } from '../dataset/added.ts';
import { withEdit } from '../dataset/edits.ts';
import { emptyManifest } from '../dataset/manifest.ts';
import { compareCodePoints } from '../dataset/order.ts';
import { asWriteError } from '../store/write-atomic.ts';
import { Stopped } from '../workers/host.ts';
import { copyIn } from './added-pictures.ts';
import type { DatasetHistory } from './dataset-history.ts';
import type { DatasetScans } from './dataset-scans.ts';
import type { DatasetShelf } from './dataset-shelf.ts';
import { entryOf, requireReady, type DatasetEntry } from './dataset-entry.ts';
import { snapshotOf } from './dataset-view.ts';
import { filesIn } from './packed-data.ts';
import type { Picture } from './pictures.ts';

/** The seed of the sample data set: everybody sees the same cats and dogs. */
const SAMPLE_SEED = 1;
const SAMPLE_ID = 'sample';

/** What Graft makes itself: the sample, data sets that begin empty, and copies of pictures that are added to a class. */
export class OwnData {
  readonly #shelf: DatasetShelf;
  readonly #scans: DatasetScans;
  readonly #history: DatasetHistory;

  constructor(shelf: DatasetShelf, scans: DatasetScans, history: DatasetHistory) {
    this.#shelf = shelf;
    this.#scans = scans;
    this.#history = history;
  }

  async addSample(): Promise<{ datasetId: string }> {
    const shelf = this.#shelf;
    await shelf.loaded();
    const known = shelf.known(SAMPLE_ID);
    if (known && known.phase !== 'failed') return { datasetId: SAMPLE_ID };
    const root = path.join(shelf.placeOf(SAMPLE_ID), 'files');
    const about = { name: 'sample', kind: 'sample' as const, root };
    const entry = entryOf(emptyManifest(SAMPLE_ID, about), 'drawing');
    shelf.put(entry);
    entry.scanning = shelf.work
      .inTurn(SAMPLE_ID, async () => {
        // The folder appears whole or not at all, so one that is there needs no drawing.
        if (!existsSync(root)) await this.#draw(entry, root);
      })
      .then(() => (entry.stop.signal.aborted ? undefined : this.#scans.scan(SAMPLE_ID, about, false).scanning))
      .catch((error: unknown) => shelf.fail(entry, error));
    return { datasetId: SAMPLE_ID };
  }

  async #draw(entry: DatasetEntry, folder: string): Promise<void> {
    const media = this.#shelf.newMedia();
    try {
      await media.call(
        'drawSample',
        { folder, seed: SAMPLE_SEED },
        { onProgress: this.#shelf.progressOf(entry), signal: entry.stop.signal },
      );
    } finally {
      media.close();
    }
  }

  /** Opens an empty data set of Graft's own, with classes to be filled. */
  async create(name: string, classNames: readonly string[]): Promise<{ datasetId: string }> {
    await this.#shelf.loaded();
    const datasetId = `up-${randomUUID().slice(0, 12)}`;
    const root = filesIn(this.#shelf.placeOf(datasetId));
    await mkdir(root, { recursive: true }).catch((error: unknown) => {
      throw asWriteError(error, root);
    });
    const own = [...new Set(classNames.map((one) => one.normalize('NFC')))].sort(compareCodePoints);
    const classes = { layout: 'classes', classNames: own, ownClassNames: own, complete: true } as const;
    const entry = entryOf({ ...emptyManifest(datasetId, { name, kind: 'upload', root }), ...classes }, 'ready');
    this.#shelf.put(entry);
    await this.#shelf.take(entry, entry.manifest);
    return { datasetId };
  }

  /** Copies pictures into Graft's own place and adds those that can be decoded to a class. @throws dataset-not-ready, job-stopped */
  async addImages(datasetId: string, className: string, pictures: readonly Picture[]): Promise<AddedImages> {
    const shelf = this.#shelf;
    requireReady(await shelf.entry(datasetId));
    const addedFolder = shelf.addedFolder(datasetId);
    const signal = shelf.work.signalOf(datasetId);
    const options = { newMedia: shelf.newMedia, signal };
    const copying = copyIn(addedFolder, shelf.incomingFolder(datasetId), pictures, options);
    const copied = await shelf.work.during(datasetId, copying).catch((error: unknown) => {
      throw error instanceof Stopped ? this.#stopped(datasetId) : error;
    });
    const { refused } = copied;
    const numAdded = copied.images.length;
    if (numAdded === 0) {
      const entry = this.#scans.goneOnWith(await shelf.entry(datasetId));
      return { snapshot: snapshotOf(entry), numAdded, refused };
    }
    try {
      const name = className.normalize('NFC');
      const images = copied.images.map((image) => ({ ...image, className: name }));
      const snapshot = await this.#history.change(datasetId, async (entry) => {
        if (signal.aborted) throw this.#stopped(datasetId); // the copies went with the one that had this id
        await shelf.take(entry, withAdded(entry.manifest, addedFolder, images)); // before the edit that names them
        const stored = { kind: 'add-images' as const, paths: images.map((image) => image.path), className: name };
        return withEdit(entry.history, stored);
      });
      this.#scans.compareLater(await shelf.entry(datasetId));
      return { snapshot, numAdded, refused };
    } catch (error) {
      await copied.discard();
      throw error;
    }
  }

  /** What is told of work that ended with its data set, or with the backend. */
  #stopped(datasetId: string): GraftError {
    if (!this.#shelf.known(datasetId)) return new GraftError('dataset-not-found', { datasetId });
    return new GraftError('job-stopped', {});
  }
}
