import { isDeepStrictEqual } from 'node:util';
import type { SkippedFile } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import { emptyManifest, type About, type Manifest } from '../dataset/manifest.ts';
import { merge, withVerdicts } from '../dataset/merge.ts';
import { scanData } from '../dataset/scan-data.ts';
import { expectUnchanged } from '../dataset/write-folders.ts';
import { Stopped } from '../workers/host.ts';
import { isInside } from './allowed-path.ts';
import type { DatasetShelf } from './dataset-shelf.ts';
import { entryOf, stillLooking, type DatasetEntry, type DatasetView } from './dataset-entry.ts';
import { viewOf } from './dataset-view.ts';
import { compareContents, verifyFiles, type VerifyOptions } from './verification.ts';

/** Reads data sets: lists their files, decodes them for their verdicts, and says what a run may train on. */
export class DatasetScans {
  readonly #shelf: DatasetShelf;
  /** Real folders that links may lead into; null: any. */
  readonly #roots: readonly string[] | null;

  constructor(shelf: DatasetShelf, roots: readonly string[] | null) {
    this.#shelf = shelf;
    this.#roots = roots;
  }

  /**
   * Lists the files of a data set, in place of what was doing that before, and then looks at each.
   *
   * @param quick nothing is decoded
   * @returns its new entry; its `scanning` ends with the listing
   */
  scan(datasetId: string, about: About, quick: boolean): DatasetEntry {
    const shelf = this.#shelf;
    const known = shelf.known(datasetId);
    known?.stop.abort();
    const entry = entryOf(known?.manifest ?? emptyManifest(datasetId, about), 'scanning', known?.history);
    if (known) entry.saving = known.saving;
    entry.wantsVerdicts = !quick;
    shelf.put(entry);
    const before = shelf.work.turnOf(datasetId); // one of this id may just be being removed
    entry.scanning = (async () => {
      await before;
      const scanned = await scanData(entry.manifest, { ...this.#scanOptions(about.root), signal: entry.stop.signal });
      entry.phase = 'ready';
      entry.upload = null;
      if (!quick) entry.progress = { done: 0, total: scanned.images.length, step: 'files' }; // nobody may take the listing for the last word
      await shelf.take(entry, merge(entry.manifest, scanned));
      if (quick || entry.stop.signal.aborted) return; // once stopped, nothing more may begin in its place
      shelf.work.during(datasetId, this.#verify(entry)).catch((error: unknown) => shelf.fail(entry, error));
    })().catch((error: unknown) => shelf.fail(entry, error));
    shelf.changed(entry);
    return entry;
  }

  /** Links inside a folder may lead only where its user may go. */
  #scanOptions(root: string) {
    const roots = this.#roots;
    return roots === null ? {} : { isAllowed: (real: string) => [root, ...roots].some((one) => isInside(real, one)) };
  }

  /** The data set as it is being read: where looking at its files was cut off, that goes on. */
  goneOnWith(entry: DatasetEntry): DatasetEntry {
    const { wantsVerdicts, phase, progress, manifest } = entry;
    const isCutOff =
      wantsVerdicts && phase === 'ready' && progress === null && !manifest.complete && !this.#shelf.isClosed;
    return isCutOff ? this.scan(manifest.datasetId, manifest, false) : entry;
  }

  /** Decodes every file that is not yet known, for its verdict, then looks for near duplicates. */
  async #verify(entry: DatasetEntry): Promise<void> {
    do {
      const withFound = await verifyFiles(entry.manifest, this.#verifyOptions(entry));
      // Told at once; the list of duplicates may take a while longer.
      await this.#shelf.take(entry, withFound(entry.manifest));
    } while (!entry.manifest.complete); // listed again meanwhile, with files that are new
    await this.#compare(entry);
    entry.progress = null;
    this.#shelf.changed(entry);
  }

  /** Looks for near duplicates until all are compared: more pictures may come meanwhile. That it cannot is no reason to keep them back. */
  async #compare(entry: DatasetEntry): Promise<void> {
    try {
      for (;;) {
        const compared = await compareContents(entry.manifest, this.#verifyOptions(entry));
        if (compared === null) return;
        await this.#shelf.take(entry, { ...entry.manifest, ...compared });
      }
    } catch (error) {
      if (error instanceof Stopped || entry.stop.signal.aborted) throw error;
      this.#shelf.log.bug(error);
    }
  }

  /** For pictures that came when all others had been compared. */
  compareLater(entry: DatasetEntry): void {
    const { log, work } = this.#shelf;
    if (entry.stop.signal.aborted) return;
    if (!entry.manifest.complete || entry.progress !== null) return; // it is done at the end of what runs, or of the next scan
    work
      .during(entry.manifest.datasetId, this.#compare(entry))
      .catch((error: unknown) => (error instanceof Stopped ? undefined : log.bug(error)))
      .finally(() => {
        entry.progress = null;
        this.#shelf.changed(entry);
      });
  }

  #verifyOptions(entry: DatasetEntry): VerifyOptions {
    const { newMedia } = this.#shelf;
    return {
      folder: this.#shelf.placeOf(entry.manifest.datasetId),
      newMedia,
      signal: entry.stop.signal,
      onProgress: this.#shelf.progressOf(entry),
    };
  }

  /**
   * The listed data set, once listing is over, be it one that was begun anew meanwhile.
   *
   * @throws dataset-not-ready at once for one whose files are still to come; job-stopped where its listing was stopped;
   *   dataset-not-found where it was removed
   */
  async ready(datasetId: string): Promise<Manifest> {
    for (;;) {
      const entry = await this.#shelf.entry(datasetId);
      const { phase, manifest } = entry;
      if (phase === 'ready') return viewOf(entry).manifest;
      // What is still on its way may take hours, with others waiting behind whoever waits for it; a listing ends soon.
      if (phase !== 'scanning' && phase !== 'drawing')
        throw new GraftError('dataset-not-ready', { name: manifest.name, phase });
      await entry.scanning;
      if (entry.phase === phase && this.#shelf.known(datasetId) === entry) throw new GraftError('job-stopped', {});
    }
  }

  /** What is trained on, as it is shown, once every file has been looked at. @throws dataset-not-ready */
  async shown(datasetId: string): Promise<DatasetView> {
    await this.ready(datasetId);
    const entry = await this.#shelf.entry(datasetId);
    if (entry.progress !== null) throw stillLooking(entry);
    return viewOf(entry);
  }

  /** Lists the folder again, so that a run sees what is there now; what was found out about unchanged files is kept. */
  async refreshed(datasetId: string): Promise<Manifest> {
    const manifest = await this.ready(datasetId);
    const scanned = await scanData(manifest, this.#scanOptions(manifest.root));
    const entry = await this.#shelf.entry(datasetId);
    await this.#shelf.take(entry, merge(entry.manifest, scanned));
    if (manifest.complete) this.#verifyLater(entry);
    return viewOf(entry).manifest;
  }

  /** For files that a new listing of a data set found, when every file of the old one had been looked at. */
  #verifyLater(entry: DatasetEntry): void {
    const { work } = this.#shelf;
    if (entry.manifest.complete || entry.progress !== null || entry.stop.signal.aborted) return;
    entry.progress = { done: 0, total: entry.manifest.images.length, step: 'files' };
    this.#shelf.changed(entry);
    work
      .during(entry.manifest.datasetId, this.#verify(entry))
      .catch((error: unknown) => this.#shelf.fail(entry, error));
  }

  /**
   * What is trained on, as it was read: with files that are others now, a run would learn from something nobody has seen.
   * Where not every file has been looked at yet, the folder is listed again instead.
   *
   * @throws dataset-not-ready, dataset-changed
   */
  async asRead(datasetId: string): Promise<Manifest> {
    const manifest = await this.ready(datasetId);
    if (!manifest.complete) return this.refreshed(datasetId);
    await expectUnchanged(manifest.name, manifest, manifest.images);
    return manifest;
  }

  /** Reads the files again, with what is known of those that are as they were. */
  async refresh(datasetId: string): Promise<void> {
    const { manifest, phase } = await this.#shelf.entry(datasetId);
    if (phase === 'ready') this.scan(datasetId, manifest, false);
  }

  /** Keeps what a run found out about the files, of those that still are as the run's manifest has them. */
  async learn(
    { datasetId, images: seen }: Pick<Manifest, 'datasetId' | 'images'>,
    sha256ByPath: readonly (readonly [string, string])[],
    skipped: readonly SkippedFile[],
  ): Promise<void> {
    const entry = this.#shelf.known(datasetId);
    if (!entry) return;
    const wasComplete = entry.manifest.complete;
    await this.#shelf.take(entry, withVerdicts(entry.manifest, sha256ByPath, skipped, [], seen));
    if (wasComplete && entry.phase === 'ready') this.#verifyLater(entry); // a file has other bytes than it had
  }

  /**
   * Keeps which pictures a map found to show the same; the last map of two pictures has the word on them.
   *
   * @param contents SHA-256 of the pictures that were on the map.
   */
  async learnCopies(
    datasetId: string,
    contents: readonly string[],
    pairs: Manifest['featureDuplicates'],
  ): Promise<void> {
    const entry = this.#shelf.known(datasetId);
    if (!entry) return;
    const { manifest } = entry;
    const isThere = new Set(manifest.images.map(({ sha256 }) => sha256));
    const isCompared = new Set(contents);
    const isStillKnown = ([a, b]: [string, string, number]) =>
      isThere.has(a) && isThere.has(b) && !(isCompared.has(a) && isCompared.has(b));
    const featureDuplicates = [...manifest.featureDuplicates.filter(isStillKnown), ...pairs];
    if (isDeepStrictEqual(featureDuplicates, manifest.featureDuplicates)) return;
    await this.#shelf.take(entry, { ...manifest, featureDuplicates });
  }
}
