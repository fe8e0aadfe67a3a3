import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Emit } from '../../contract/contract.ts';
import { GraftError, toWire } from '../../contract/errors.ts';
import { Manifest } from '../dataset/manifest.ts';
import { readJson } from '../store/read-json.ts';
import { asWriteError, renameDurably, writeFileAtomic } from '../store/write-atomic.ts';
import { Stopped, type WorkerHost } from '../workers/host.ts';
import { readHistory } from './dataset-history.ts';
import { entryOf, type DatasetEntry } from './dataset-entry.ts';
import { snapshotOf, viewOf } from './dataset-view.ts';
import { DatasetWork } from './dataset-work.ts';
import type { Log } from './log.ts';
import { uploadRecordName } from './upload-record.ts';

const TELL_EVERY_MS = 100;
/** How the folder of a data set is called once nobody knows it any more. */
const REMOVED = '.removed-';
const LEFT_UPLOAD_MS = 24 * 3600e3;

/** The data sets that are known, each with its place in the home: what is said of them is kept and announced here. */
export class DatasetShelf {
  readonly work = new DatasetWork();
  readonly log: Log;
  /** Starts a process for decoding; the caller of it closes it. */
  readonly newMedia: () => WorkerHost;
  readonly #folder: string;
  readonly #emit: Emit;
  readonly #entries = new Map<string, DatasetEntry>();
  readonly #loading: Promise<void>;
  readonly #restoreUpload: (datasetId: string) => Promise<DatasetEntry | null>;
  #isClosed = false;

  /** @param restoreUpload gives what lies in the home of an upload that was cut off; null where it is none */
  constructor(
    folder: string,
    emit: Emit,
    newMedia: () => WorkerHost,
    log: Log,
    restoreUpload: (datasetId: string) => Promise<DatasetEntry | null>,
  ) {
    this.#restoreUpload = restoreUpload;
    this.#folder = folder;
    this.#emit = emit;
    this.newMedia = newMedia;
    this.log = log;
    this.#loading = this.#load();
    this.#loading.catch(() => undefined); // each method awaits it
  }

  async #load(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [] as string[])) {
      if (name.startsWith(REMOVED)) {
        void this.#drop(path.join(this.#folder, name)); // cut off while it was removed
        continue;
      }
      const manifest = await readJson(path.join(this.#folder, name, 'manifest.json'), Manifest).catch(
        (error: unknown) => {
          this.log.bug(error); // one folder that cannot be read must not take the others along
          return null;
        },
      );
      if (manifest && manifest.datasetId === name) {
        if (manifest.addedFolder !== undefined) manifest.addedFolder = this.addedFolder(name); // the home may have moved
        await rm(this.incomingFolder(name), { recursive: true, force: true }); // left by a crash
        const history = await readHistory(this.placeOf(name));
        this.#entries.set(name, entryOf(manifest, manifest.isHere ? 'ready' : 'paused', history));
      } else if (name.startsWith('up-')) await this.#loadUpload(name);
    }
  }

  async #loadUpload(datasetId: string): Promise<void> {
    const entry = await this.#restoreUpload(datasetId).catch((error: unknown) => {
      this.log.bug(error);
      return null;
    });
    if (entry) this.#entries.set(datasetId, entry);
    else await this.#dropLeftUpload(this.placeOf(datasetId));
  }

  /**
   * An upload of which nothing says what it is to be is copies only, and nobody can see it: it goes after a day. What has a
   * manifest or a record stays, though they cannot be read, for an older or a newer Graft may: pictures that were added to a
   * data set lie nowhere else.
   */
  async #dropLeftUpload(folder: string): Promise<void> {
    const kept = ['manifest.json', uploadRecordName, 'added'];
    if (kept.some((name) => existsSync(path.join(folder, name)))) return;
    const info = await stat(folder).catch(() => null);
    if (info && Date.now() - info.mtimeMs > LEFT_UPLOAD_MS) await rm(folder, { recursive: true, force: true });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Graft's own place for a data set. */
  placeOf(datasetId: string): string {
    return path.join(this.#folder, datasetId);
  }

  /** Where copies of pictures lie that were added to a data set by themselves. */
  addedFolder(datasetId: string): string {
    return path.join(this.#folder, datasetId, 'added');
  }

  /** Where those lie that have not been judged yet. */
  incomingFolder(datasetId: string): string {
    return path.join(this.#folder, datasetId, 'incoming');
  }

  /** Ends when all that lies in the home is known. */
  loaded(): Promise<void> {
    return this.#loading;
  }

  /** @throws dataset-not-found */
  async entry(datasetId: string): Promise<DatasetEntry> {
    await this.#loading;
    const entry = this.#entries.get(datasetId);
    if (!entry) throw new GraftError('dataset-not-found', { datasetId });
    return entry;
  }

  /** The data set of this id as far as it is known now. */
  known(datasetId: string): DatasetEntry | undefined {
    return this.#entries.get(datasetId);
  }

  all(): DatasetEntry[] {
    return [...this.#entries.values()];
  }

  /** From now on this is the data set of its id. It is not announced yet. */
  put(entry: DatasetEntry): void {
    this.#entries.set(entry.manifest.datasetId, entry);
  }

  /** The data set whose picture this is, as it is shown. @throws image-not-found */
  async viewWith(imageId: string) {
    await this.#loading;
    const entry = this.#entries.get(imageId.slice(0, imageId.lastIndexOf('.')));
    if (!entry) throw new GraftError('image-not-found', { imageId });
    return { manifest: entry.manifest, view: viewOf(entry) };
  }

  /** Keeps what is now known of a data set, and announces it. */
  async take(entry: DatasetEntry, manifest: Manifest): Promise<Manifest> {
    entry.manifest = manifest;
    entry.view = null;
    if (entry.stop.signal.aborted) return manifest;
    await this.save(entry, 'manifest.json', manifest);
    this.changed(entry);
    return manifest;
  }

  /** Writes a file in the place of a data set, after those before it: the last to write is the one that stays. @throws disk-full, cannot-write */
  async save(entry: DatasetEntry, name: string, content: unknown): Promise<void> {
    const { datasetId } = entry.manifest;
    const file = path.join(this.#folder, datasetId, name);
    const write = () => writeFileAtomic(file, JSON.stringify(content));
    entry.saving = this.work.during(datasetId, entry.saving.then(write, write));
    await entry.saving;
  }

  /** Tells that something went wrong with a data set; not where it was stopped. */
  fail(entry: DatasetEntry, error: unknown): void {
    if (error instanceof Stopped || entry.stop.signal.aborted) return;
    entry.phase = 'failed';
    entry.progress = null;
    entry.error = toWire(error, (bug) => this.log.bug(bug));
    this.changed(entry);
  }

  /** Forgets a data set that did not come to be. */
  takeOff(entry: DatasetEntry): void {
    if (this.known(entry.manifest.datasetId) === entry) this.#entries.delete(entry.manifest.datasetId);
  }

  /** Announces a data set, unless another has taken its place. */
  changed(entry: DatasetEntry): void {
    if (this.#entries.get(entry.manifest.datasetId) === entry) this.#emit('dataset.changed', snapshotOf(entry));
  }

  /** The same for what changes with every file or piece: thousands of them would otherwise each be announced to every window. */
  changedOften(entry: DatasetEntry, isLast: boolean): void {
    if (!isLast && Date.now() - entry.toldAt < TELL_EVERY_MS) return;
    entry.toldAt = Date.now();
    this.changed(entry);
  }

  /** Takes the progress of a worker, or of an upload, for that of a data set. */
  progressOf(entry: DatasetEntry) {
    return (progress: unknown) => {
      const now = progress as { done: number; total: number };
      entry.progress = { step: 'files', ...now };
      this.changedOften(entry, now.done >= now.total);
    };
  }

  /** Forgets a data set: stops what is at work in its place, waits for it, and takes the place away. */
  async remove(datasetId: string): Promise<void> {
    const entry = await this.entry(datasetId);
    entry.stop.abort();
    this.#entries.delete(datasetId);
    const stopped = this.work.stop(datasetId); // not what comes when it is added again meanwhile
    await this.work.inTurn(datasetId, async () => {
      await Promise.all([entry.scanning, stopped]); // they write there
      await this.#discard(path.join(this.#folder, datasetId)); // only Graft's own place, never the root of a folder
    });
  }

  /** Takes a folder away under another name, so that half of it is never taken for a data set. */
  async #discard(folder: string): Promise<void> {
    const away = path.join(this.#folder, `${REMOVED}${randomUUID().slice(0, 12)}`);
    try {
      await renameDurably(folder, away);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw asWriteError(error, folder);
    }
    await this.#drop(away);
  }

  /** Deletes what nobody knows any more; what resists is tried again at the next start. */
  async #drop(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) => this.log.bug(error));
  }

  /** Stops all that is on its way, as a pause does, and waits until it has let go of its files. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#loading.catch(() => undefined);
    const entries = this.all();
    for (const entry of entries) entry.stop.abort();
    await Promise.all([this.work.stopAll(), ...entries.map((entry) => entry.scanning)]);
  }
}
