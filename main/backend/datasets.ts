import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Emit, Output, Parsed } from '../../contract/contract.ts';
import type { DatasetEdit, DatasetSnapshot, DatasetSummary, SkippedFile } from '../../contract/dataset.ts';
import type { ImageLabels } from '../../contract/dataset-map.ts';
import { GraftError, toWire } from '../../contract/errors.ts';
import type { Network } from '../dataset/ask.ts';
import { EditHistory, noEdits, withEdit } from '../dataset/edits.ts';
import { Manifest, type PackedSource } from '../dataset/manifest.ts';
import { parseLink } from '../dataset/link-address.ts';
import { merge, withVerdicts } from '../dataset/merge.ts';
import { scanFolder } from '../dataset/scan.ts';
import { checkUploadPath } from '../dataset/upload-path.ts';
import { readJson } from '../store/read-json.ts';
import { asWriteError, writeFileAtomic } from '../store/write-atomic.ts';
import { Stopped, type WorkerHost } from '../workers/host.ts';
import { isInside } from './allowed-path.ts';
import { resolveEdit } from './dataset-edits.ts';
import { entryOf, imageIdOf, imagesWhere, snapshotOf, summaryOf, viewOf, type DatasetEntry } from './dataset-view.ts';
import { imageById, labelsOf } from './image-lookup.ts';
import type { Log } from './log.ts';
import {
  archiveFacts,
  bringPacked,
  isArchiveFile,
  filesIn,
  nameOfArchive,
  receivePiece,
  type Transfer,
} from './packed-data.ts';

/** The seed of the sample data set: everybody sees the same cats and dogs. */
const SAMPLE_SEED = 1;
const SAMPLE_ID = 'sample';
const TELL_EVERY_MS = 100;
const LEFT_UPLOAD_MS = 24 * 3600e3;

/** The data sets of a home: folders read in place, uploads and the sample. */
export class Datasets {
  #folder: string;
  #emit: Emit;
  #log: Log;
  /** Real folders that links may lead into; null: any. */
  #roots: readonly string[] | null;
  /** Starts a process for decoding; the caller of it closes it. */
  #newMedia: () => WorkerHost;
  #entries = new Map<string, DatasetEntry>();
  #loading: Promise<void>;
  /** Archives on their way: the next attempt waits until the one before has let go of its files. */
  #bringing = new Map<string, Promise<void>>();
  #network: Network | undefined;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(
    folder: string,
    emit: Emit,
    newMedia: () => WorkerHost,
    log: Log,
    { roots, network }: { roots: readonly string[] | null; network?: Network | undefined },
  ) {
    this.#roots = roots;
    this.#network = network;
    this.#folder = folder;
    this.#emit = emit;
    this.#newMedia = newMedia;
    this.#log = log;
    this.#loading = this.#load();
    this.#loading.catch(() => undefined); // each method awaits it
  }

  async #load(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [] as string[])) {
      const manifest = await readJson(path.join(this.#folder, name, 'manifest.json'), Manifest).catch(
        (error: unknown) => {
          this.#log.bug(error); // one folder that cannot be read must not take the others along
          return null;
        },
      );
      if (manifest && manifest.datasetId === name)
        this.#entries.set(name, entryOf(manifest, manifest.isHere ? 'ready' : 'paused', await this.#readHistory(name)));
      else if (name.startsWith('up-')) await this.#dropLeftUpload(path.join(this.#folder, name));
    }
  }

  /** Edits that cannot be read are set aside, never overwritten: somebody's work is in them. */
  async #readHistory(datasetId: string): Promise<EditHistory> {
    const file = this.#historyFile(datasetId);
    const history = await readJson(file, EditHistory);
    if (history) return history;
    if (existsSync(file)) await rename(file, `${file}.unreadable`);
    return noEdits;
  }

  #historyFile(datasetId: string): string {
    return path.join(this.#folder, datasetId, 'edits.json');
  }

  /** An upload that never ended is copies only, and nobody can see it: it goes after a day. */
  async #dropLeftUpload(folder: string): Promise<void> {
    const info = await stat(folder).catch(() => null);
    if (info && Date.now() - info.mtimeMs > LEFT_UPLOAD_MS) await rm(folder, { recursive: true, force: true });
  }

  async #entry(datasetId: string): Promise<DatasetEntry> {
    await this.#loading;
    const entry = this.#entries.get(datasetId);
    if (!entry) throw new GraftError('dataset-not-found', { datasetId });
    return entry;
  }

  async list(): Promise<DatasetSummary[]> {
    await this.#loading;
    return [...this.#entries.values()].map(summaryOf).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  async get(datasetId: string): Promise<DatasetSnapshot> {
    return snapshotOf(await this.#entry(datasetId));
  }

  /** @param root absolute and real: a folder, or an archive. `quick`: nothing is decoded. */
  async add(root: string, quick: boolean): Promise<{ datasetId: string }> {
    await this.#loading;
    if (await isArchiveFile(root)) return this.#addArchive(root, quick);
    const datasetId = `ds-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
    this.#scan(datasetId, { name: path.basename(root) || root, kind: 'folder', root }, quick);
    return { datasetId };
  }

  async #addArchive(file: string, quick: boolean): Promise<{ datasetId: string }> {
    const { key, name } = await archiveFacts(file);
    return this.#addPacked('zip', key, name, { kind: 'archive', file }, quick);
  }

  /** @throws link-refused for what can be seen in the link itself */
  async addLink(text: string, sha256: string | undefined): Promise<{ datasetId: string }> {
    await this.#loading;
    const link = parseLink(text);
    if (link === null || link.kind === 'refused')
      throw new GraftError('link-refused', { url: text.trim(), problem: link?.problem ?? 'not-a-link' });
    const { pathname, host } = new URL(link.url);
    const name = link.kind === 'drive' ? 'Google Drive' : nameOfArchive(pathname.split('/').at(-1) ?? '') || host;
    const source = { kind: 'link' as const, url: link.url, sha256: sha256?.toLowerCase() ?? null };
    return this.#addPacked('link', link.url, name, source, false);
  }

  /** The data set of an archive: new, or the one that is here or on its way already. */
  #addPacked(
    prefix: 'zip' | 'link',
    key: string,
    name: string,
    source: PackedSource,
    quick: boolean,
  ): { datasetId: string } {
    const datasetId = `${prefix}-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
    const known = this.#entries.get(datasetId);
    if (known?.manifest.isHere && known.phase !== 'failed') {
      if (known.phase === 'ready') this.#scan(datasetId, known.manifest, quick);
      return { datasetId };
    }
    if (known && (known.phase === 'downloading' || known.phase === 'unpacking')) return { datasetId };
    const root = filesIn(path.join(this.#folder, datasetId));
    const kind = source.kind === 'link' ? 'link' : 'archive';
    const about = known?.manifest ?? emptyManifest(datasetId, { name, kind, root });
    this.#bring({ ...about, source, isHere: false }, quick);
    return { datasetId };
  }

  /** Stops a download where it is. */
  async pause(datasetId: string): Promise<null> {
    const entry = await this.#entry(datasetId);
    if (entry.phase !== 'downloading') return null;
    entry.phase = 'paused';
    entry.stop.abort();
    this.#changed(entry);
    return null;
  }

  async resume(datasetId: string): Promise<null> {
    const { manifest, phase } = await this.#entry(datasetId);
    if (manifest.source === null || manifest.isHere) {
      if (phase === 'failed') this.#scan(datasetId, manifest, false);
    } else if (phase === 'paused' || phase === 'failed') this.#bring(manifest, false);
    return null;
  }

  /** Downloads and unpacks what a manifest names, then reads it as any folder. */
  #bring(manifest: Manifest, quick: boolean): void {
    const { datasetId } = manifest;
    const source = manifest.source!;
    const folder = path.join(this.#folder, datasetId);
    const known = this.#entries.get(datasetId);
    known?.stop.abort();
    const entry = entryOf(manifest, source.kind === 'link' ? 'downloading' : 'unpacking', known?.history);
    if (known?.transfer)
      entry.transfer = { ...known.transfer, startedAt: Date.now(), startBytes: known.transfer.receivedBytes };
    this.#entries.set(datasetId, entry);
    const before = this.#bringing.get(datasetId) ?? Promise.resolve();
    const bringing = (async () => {
      await before;
      entry.stop.signal.throwIfAborted();
      if (source.kind !== 'upload') await this.#take(entry, manifest); // so that it can go on after a restart
      return bringPacked(source, folder, {
        signal: entry.stop.signal,
        newMedia: this.#newMedia,
        network: this.#network,
        onTransfer: (transfer) => this.#transferred(entry, transfer),
      });
    })();
    const settled = bringing.then(
      () => undefined,
      () => undefined,
    );
    this.#bringing.set(datasetId, settled);
    entry.scanning = bringing
      .then(({ name, left }) => {
        if (entry.stop.signal.aborted) return undefined; // forgotten, or begun anew
        entry.transfer = null;
        entry.manifest = { ...manifest, isHere: true, left: left ?? manifest.left, name: name ?? manifest.name };
        return this.#scan(datasetId, entry.manifest, quick).scanning;
      })
      .catch((error: unknown) => this.#fail(entry, error));
    this.#changed(entry);
  }

  #transferred(entry: DatasetEntry, { phase, receivedBytes, totalBytes }: Transfer): void {
    if (entry.stop.signal.aborted) return;
    const isNew = entry.transfer === null || entry.phase !== phase;
    const from = isNew ? { startedAt: Date.now(), startBytes: receivedBytes } : entry.transfer!;
    entry.phase = phase;
    entry.transfer = { startedAt: from.startedAt, startBytes: from.startBytes, receivedBytes, totalBytes };
    if (receivedBytes !== totalBytes && Date.now() - entry.toldAt < TELL_EVERY_MS) return;
    entry.toldAt = Date.now();
    this.#changed(entry);
  }

  async addSample(): Promise<{ datasetId: string }> {
    await this.#loading;
    const known = this.#entries.get(SAMPLE_ID);
    if (known && known.phase !== 'failed') return { datasetId: SAMPLE_ID };
    const root = path.join(this.#folder, SAMPLE_ID, 'files');
    const about = { name: 'sample', kind: 'sample' as const, root };
    const entry = entryOf(emptyManifest(SAMPLE_ID, about), 'drawing');
    this.#entries.set(SAMPLE_ID, entry);
    // The folder appears whole or not at all, so one that is there needs no drawing.
    const drawn = existsSync(root) ? Promise.resolve() : this.#draw(entry, root);
    entry.scanning = drawn
      .then(() => this.#scan(SAMPLE_ID, about, false).scanning)
      .catch((error: unknown) => this.#fail(entry, error));
    return { datasetId: SAMPLE_ID };
  }

  async #draw(entry: DatasetEntry, folder: string): Promise<void> {
    const media = this.#newMedia();
    try {
      await media.call(
        'drawSample',
        { folder, seed: SAMPLE_SEED },
        { onProgress: this.#progressOf(entry), signal: entry.stop.signal },
      );
    } finally {
      media.close();
    }
  }

  async beginUpload(name: string, numFiles: number): Promise<{ datasetId: string }> {
    await this.#loading;
    const datasetId = `up-${randomUUID().slice(0, 12)}`;
    const root = path.join(this.#folder, datasetId, 'files');
    await mkdir(root, { recursive: true });
    const entry = entryOf(emptyManifest(datasetId, { name, kind: 'upload', root }), 'uploading');
    entry.upload = { numExpected: numFiles, numReceived: 0, paths: new Set() };
    entry.progress = { done: 0, total: numFiles };
    this.#entries.set(datasetId, entry);
    this.#changed(entry);
    return { datasetId };
  }

  async beginArchive(name: string, sizeBytes: number): Promise<{ datasetId: string }> {
    await this.#loading;
    const datasetId = `up-${randomUUID().slice(0, 12)}`;
    const root = filesIn(path.join(this.#folder, datasetId));
    const manifest = emptyManifest(datasetId, { name: nameOfArchive(name), kind: 'archive', root });
    const entry = entryOf({ ...manifest, source: { kind: 'upload' }, isHere: false }, 'uploading');
    entry.upload = { numExpected: sizeBytes, numReceived: 0, paths: new Set() };
    entry.transfer = { receivedBytes: 0, totalBytes: sizeBytes, startedAt: Date.now(), startBytes: 0 };
    this.#entries.set(datasetId, entry);
    this.#changed(entry);
    return { datasetId };
  }

  /** Keeps a piece of an uploaded archive; one that came already may come again. @throws upload-incomplete for one out of turn */
  async receivePiece(datasetId: string, offset: number, bytes: Readable): Promise<void> {
    const entry = await this.#entry(datasetId);
    const { upload, manifest } = entry;
    if (!upload || manifest.source?.kind !== 'upload' || !(offset >= 0 && offset <= upload.numReceived))
      throw new GraftError('upload-incomplete', {
        name: manifest.name,
        numReceived: upload?.numReceived ?? 0,
        numExpected: upload?.numExpected ?? 0,
      });
    const end = await receivePiece(path.join(this.#folder, datasetId), offset, bytes);
    if (end > upload.numExpected)
      throw new GraftError('upload-too-large', { name: manifest.name, maxBytes: upload.numExpected });
    upload.numReceived = Math.max(upload.numReceived, end);
    const { transfer } = entry;
    if (transfer) entry.transfer = { ...transfer, receivedBytes: upload.numReceived };
    this.#changed(entry);
  }

  /** Keeps one uploaded file. @throws upload-incomplete for a path that leads elsewhere or an upload that is over */
  async receiveFile(datasetId: string, given: string, bytes: Readable): Promise<void> {
    const entry = await this.#entry(datasetId);
    const relative = checkUploadPath(given);
    const { upload } = entry;
    if (!upload || relative === null) {
      throw new GraftError('upload-incomplete', {
        name: given.slice(0, 200),
        numReceived: upload?.numReceived ?? 0,
        numExpected: upload?.numExpected ?? 0,
      });
    }
    if (upload.paths.has(relative)) return void bytes.resume(); // it came; its answer was lost
    const file = path.join(entry.manifest.root, relative);
    await mkdir(path.dirname(file), { recursive: true });
    try {
      await pipeline(bytes, createWriteStream(file, { flags: 'wx' }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(file, { force: true });
      throw asWriteError(error, relative);
    }
    upload.paths.add(relative);
    upload.numReceived++;
    this.#progressOf(entry)({ done: upload.numReceived, total: upload.numExpected });
  }

  async finishUpload(datasetId: string): Promise<{ datasetId: string }> {
    const entry = await this.#entry(datasetId);
    const { upload, manifest } = entry;
    if (!upload || upload.numReceived < upload.numExpected) {
      throw new GraftError('upload-incomplete', {
        name: manifest.name,
        numReceived: upload?.numReceived ?? 0,
        numExpected: upload?.numExpected ?? 0,
      });
    }
    if (manifest.source?.kind === 'upload') {
      entry.upload = null;
      this.#bring(manifest, false);
    } else this.#scan(datasetId, manifest, false);
    return { datasetId };
  }

  async images({ datasetId, offset, limit, ...filter }: Parsed<'dataset.images'>): Promise<Output<'dataset.images'>> {
    const wanted = imagesWhere(viewOf(await this.#entry(datasetId)), filter);
    return { total: wanted.length, images: wanted.slice(offset, offset + limit) };
  }

  /** One picture, in use or taken out. @throws image-not-found */
  async image(imageId: string): Promise<Output<'dataset.image'>> {
    await this.#loading;
    const entry = this.#entries.get(imageId.slice(0, imageId.lastIndexOf('.')));
    if (!entry) throw new GraftError('image-not-found', { imageId });
    return imageById(viewOf(entry), imageId);
  }

  async labels(datasetId: string, imageIds: readonly string[]): Promise<ImageLabels> {
    return labelsOf(viewOf(await this.#entry(datasetId)), imageIds);
  }

  /** Changes what is trained on, never a file. @throws what `resolveEdit` throws, dataset-not-ready */
  async edit(datasetId: string, edit: DatasetEdit): Promise<DatasetSnapshot> {
    return this.#change(datasetId, (entry) => withEdit(entry.history, resolveEdit(viewOf(entry), edit)));
  }

  /** Takes back the last edit that holds; without one nothing happens. */
  async undo(datasetId: string): Promise<DatasetSnapshot> {
    return this.#change(datasetId, ({ history }) => ({ ...history, numDone: Math.max(0, history.numDone - 1) }));
  }

  async redo(datasetId: string): Promise<DatasetSnapshot> {
    return this.#change(datasetId, ({ history }) => ({
      ...history,
      numDone: Math.min(history.edits.length, history.numDone + 1),
    }));
  }

  /** One after the other, so that two windows cannot lose each other's edits. */
  #change(datasetId: string, to: (entry: DatasetEntry) => EditHistory): Promise<DatasetSnapshot> {
    const changing = this.#changing.then(async () => {
      const entry = await this.#entry(datasetId);
      if (entry.phase !== 'ready')
        throw new GraftError('dataset-not-ready', { name: entry.manifest.name, phase: entry.phase });
      const history = to(entry);
      await writeFileAtomic(this.#historyFile(datasetId), JSON.stringify(history));
      entry.history = history;
      entry.view = null;
      this.#changed(entry);
      return snapshotOf(entry);
    });
    this.#changing = changing.catch(() => undefined);
    return changing;
  }

  async skipped({ datasetId, offset, limit }: Parsed<'dataset.skipped'>): Promise<Output<'dataset.skipped'>> {
    const { manifest } = await this.#entry(datasetId);
    const all = [...manifest.skipped, ...manifest.left];
    return { total: all.length, files: all.slice(offset, offset + limit) };
  }

  async remove(datasetId: string): Promise<null> {
    const entry = await this.#entry(datasetId);
    entry.stop.abort();
    this.#entries.delete(datasetId);
    await this.#bringing.get(datasetId); // it lets go of its files first
    this.#bringing.delete(datasetId);
    await entry.saving.catch(() => undefined);
    await rm(path.join(this.#folder, datasetId), { recursive: true, force: true, maxRetries: 3 }); // only Graft's own place, never the root of a folder
    return null;
  }

  /** The file of a data set's picture. @throws image-not-found */
  async fileOf(imageId: string): Promise<string> {
    await this.#loading;
    const entry = this.#entries.get(imageId.slice(0, imageId.lastIndexOf('.')));
    const relative = entry && viewOf(entry).pathById.get(imageId);
    if (!entry || relative === undefined) throw new GraftError('image-not-found', { imageId });
    return path.join(entry.manifest.root, relative);
  }

  /** The id under which a picture of a data set is shown. */
  imageIdOf(datasetId: string, relativePath: string): string {
    return imageIdOf(datasetId, relativePath);
  }

  /** The listed data set, once listing is over. @throws what went wrong with it */
  async ready(datasetId: string): Promise<Manifest> {
    const entry = await this.#entry(datasetId);
    await entry.scanning;
    const now = await this.#entry(datasetId);
    if (now.phase !== 'ready') throw new GraftError('dataset-not-ready', { name: now.manifest.name, phase: now.phase });
    return viewOf(now).manifest;
  }

  /** Lists the folder again, so that a run sees what is there now; what was found out about unchanged files is kept. */
  async refreshed(datasetId: string): Promise<Manifest> {
    const { root } = await this.ready(datasetId);
    const scanned = await scanFolder(root, this.#scanOptions(root));
    const entry = await this.#entry(datasetId);
    await this.#take(entry, merge(entry.manifest, scanned));
    return viewOf(entry).manifest;
  }

  /** Keeps what a run found out about the files. */
  async learn(
    datasetId: string,
    sha256ByPath: readonly (readonly [string, string])[],
    skipped: readonly SkippedFile[],
  ): Promise<void> {
    const entry = this.#entries.get(datasetId);
    if (entry) await this.#take(entry, withVerdicts(entry.manifest, sha256ByPath, skipped));
  }

  #scan(datasetId: string, about: Pick<Manifest, 'name' | 'kind' | 'root'>, quick: boolean): DatasetEntry {
    const known = this.#entries.get(datasetId);
    known?.stop.abort();
    const entry = entryOf(known?.manifest ?? emptyManifest(datasetId, about), 'scanning', known?.history);
    this.#entries.set(datasetId, entry);
    entry.scanning = (async () => {
      const scanned = await scanFolder(about.root, { ...this.#scanOptions(about.root), signal: entry.stop.signal });
      entry.phase = 'ready';
      entry.upload = null;
      if (!quick) entry.progress = { done: 0, total: scanned.images.length }; // nobody may take the listing for the last word
      await this.#take(entry, merge(entry.manifest, scanned));
      if (!quick) this.#verify(entry).catch((error: unknown) => this.#fail(entry, error));
    })().catch((error: unknown) => this.#fail(entry, error));
    this.#changed(entry);
    return entry;
  }

  /** Links inside a folder may lead only where its user may go. */
  #scanOptions(root: string) {
    const roots = this.#roots;
    return roots === null ? {} : { isAllowed: (real: string) => [root, ...roots].some((one) => isInside(real, one)) };
  }

  /** Decodes every file that is not yet known, for its verdict. */
  async #verify(entry: DatasetEntry): Promise<void> {
    const paths = entry.manifest.images.filter((image) => image.sha256 === null).map((image) => image.path);
    let found: { sha256ByPath: [string, string][]; skipped: SkippedFile[] } = { sha256ByPath: [], skipped: [] };
    if (paths.length > 0) {
      entry.progress = { done: 0, total: paths.length };
      this.#changed(entry);
      const media = this.#newMedia();
      try {
        found = await media.call(
          'verifyFiles',
          { root: entry.manifest.root, paths },
          { onProgress: this.#progressOf(entry), signal: entry.stop.signal },
        );
      } finally {
        media.close();
      }
    }
    entry.progress = null;
    await this.#take(entry, {
      ...withVerdicts(entry.manifest, found.sha256ByPath, [...entry.manifest.skipped, ...found.skipped]),
      complete: true,
    });
  }

  #progressOf(entry: DatasetEntry) {
    return (progress: unknown) => {
      const now = progress as { done: number; total: number };
      entry.progress = now;
      // An upload of thousands of files would otherwise announce each of them to every window.
      if (now.done < now.total && Date.now() - entry.toldAt < TELL_EVERY_MS) return;
      entry.toldAt = Date.now();
      this.#changed(entry);
    };
  }

  async #take(entry: DatasetEntry, manifest: Manifest): Promise<Manifest> {
    entry.manifest = manifest;
    entry.view = null;
    if (entry.stop.signal.aborted) return manifest;
    entry.saving = writeFileAtomic(
      path.join(this.#folder, manifest.datasetId, 'manifest.json'),
      JSON.stringify(manifest),
    );
    await entry.saving;
    this.#changed(entry);
    return manifest;
  }

  #fail(entry: DatasetEntry, error: unknown): void {
    if (error instanceof Stopped || entry.stop.signal.aborted) return;
    entry.phase = 'failed';
    entry.progress = null;
    entry.error = toWire(error, (bug) => this.#log.bug(bug));
    this.#changed(entry);
  }

  #changed(entry: DatasetEntry): void {
    if (this.#entries.get(entry.manifest.datasetId) === entry) this.#emit('dataset.changed', snapshotOf(entry));
  }
}

function emptyManifest(datasetId: string, about: Pick<Manifest, 'name' | 'kind' | 'root'>): Manifest {
  return {
    formatVersion: 1,
    datasetId,
    name: about.name,
    kind: about.kind,
    root: about.root,
    createdAt: new Date().toISOString(),
    layout: 'unknown',
    classNames: [],
    images: [],
    skipped: [],
    broken: [],
    source: null,
    left: [],
    isHere: true,
    complete: false,
  };
}
