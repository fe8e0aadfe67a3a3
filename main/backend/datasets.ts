import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import type { Emit, Output, Parsed } from '../../contract/contract.ts';
import type {
  AddedImages,
  DatasetEdit,
  DatasetSnapshot,
  DatasetSummary,
  ImageDetails,
  SkippedFile,
} from '../../contract/dataset.ts';
import type { ImageLabels } from '../../contract/dataset-map.ts';
import { GraftError, toWire } from '../../contract/errors.ts';
import { pictureFile, withAdded } from '../dataset/added.ts';
import type { Network } from '../dataset/ask.ts';
import { EditHistory, noEdits, withEdit } from '../dataset/edits.ts';
import { Manifest, type PackedSource } from '../dataset/manifest.ts';
import { compareCodePoints } from '../dataset/order.ts';
import { parseLink } from '../dataset/link-address.ts';
import { pictureSizes } from '../dataset/picture-sizes.ts';
import { merge, withVerdicts } from '../dataset/merge.ts';
import { isLabelFile, scanData } from '../dataset/scan-data.ts';
import { expectUnchanged } from '../dataset/write-folders.ts';
import { toldPath } from '../dataset/upload-path.ts';
import { readJson } from '../store/read-json.ts';
import { asWriteError, renameDurably, writeFileAtomic } from '../store/write-atomic.ts';
import { Stopped, type WorkerHost } from '../workers/host.ts';
import { copyIn } from './added-pictures.ts';
import { isInside } from './allowed-path.ts';
import { resolveEdit } from './dataset-edits.ts';
import {
  entryOf,
  imageIdOf,
  imagesWhere,
  inOrder,
  itemOf,
  snapshotOf,
  summaryOf,
  viewOf,
  type DatasetEntry,
  type DatasetView,
} from './dataset-view.ts';
import { verdictPage } from './verdict-list.ts';
import { DatasetWork } from './dataset-work.ts';
import { compareContents, verifyFiles, type VerifyOptions } from './verification.ts';
import { FileUpload } from './file-upload.ts';
import { imageById, labelsOf } from './image-lookup.ts';
import type { Log } from './log.ts';
import type { Picture } from './pictures.ts';
import {
  archiveFacts,
  beginPieces,
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
/** How the folder of a data set is called once nobody knows it any more. */
const REMOVED = '.removed-';
const LEFT_UPLOAD_MS = 24 * 3600e3;
const SILENT_UPLOAD_MS = 3600e3;

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
  #work = new DatasetWork();
  #isClosed = false;
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
      if (name.startsWith(REMOVED)) {
        void this.#drop(path.join(this.#folder, name)); // cut off while it was removed
        continue;
      }
      const manifest = await readJson(path.join(this.#folder, name, 'manifest.json'), Manifest).catch(
        (error: unknown) => {
          this.#log.bug(error); // one folder that cannot be read must not take the others along
          return null;
        },
      );
      if (manifest && manifest.datasetId === name) {
        if (manifest.addedFolder !== undefined) manifest.addedFolder = this.#addedFolder(name); // the home may have moved
        await rm(this.#incomingFolder(name), { recursive: true, force: true }); // left by a crash
        this.#entries.set(name, entryOf(manifest, manifest.isHere ? 'ready' : 'paused', await this.#readHistory(name)));
      } else if (name.startsWith('up-')) await this.#dropLeftUpload(path.join(this.#folder, name));
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

  #addedFolder(datasetId: string): string {
    return path.join(this.#folder, datasetId, 'added');
  }

  #incomingFolder(datasetId: string): string {
    return path.join(this.#folder, datasetId, 'incoming');
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

  /** What is known of a data set. Asking for it goes on with looking at its files where that was cut off. */
  async get(datasetId: string): Promise<DatasetSnapshot> {
    const entry = await this.#entry(datasetId);
    return snapshotOf(this.#isCutOff(entry) ? this.#scan(datasetId, entry.manifest, false) : entry);
  }

  #isCutOff({ wantsVerdicts, phase, progress, manifest }: DatasetEntry): boolean {
    return wantsVerdicts && phase === 'ready' && progress === null && !manifest.complete && !this.#isClosed;
  }

  /** @param place absolute and real: a folder, a list of labels, or an archive. `quick`: nothing is decoded. */
  async add(place: string, quick: boolean): Promise<{ datasetId: string }> {
    await this.#loading;
    const isList = isLabelFile(place);
    if (!isList && (await isArchiveFile(place))) return this.#addArchive(place, quick);
    const datasetId = `ds-${createHash('sha256').update(place).digest('hex').slice(0, 12)}`;
    const root = isList ? path.dirname(place) : place;
    const folderName = path.basename(root) || root;
    const name = isList ? `${folderName}/${path.basename(place)}` : folderName;
    const labels = isList ? { file: path.basename(place), numUnlisted: 0 } : null;
    this.#scan(datasetId, { name, kind: 'folder', root, labels }, quick);
    return { datasetId };
  }

  async #addArchive(file: string, quick: boolean): Promise<{ datasetId: string }> {
    const { key, name } = await archiveFacts(file);
    return this.#addPacked('zip', key, name, { kind: 'archive', file }, quick);
  }

  /** @throws link-refused for what can be seen in the link itself, checksum-differs for what it brought before */
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

  /** The data set of an archive: new, or the one that is here or on its way already. @throws checksum-differs */
  #addPacked(
    prefix: 'zip' | 'link',
    key: string,
    name: string,
    source: PackedSource,
    quick: boolean,
  ): { datasetId: string } {
    const datasetId = `${prefix}-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
    const known = this.#entries.get(datasetId);
    const wanted = source.kind === 'link' ? source.sha256 : null;
    if (known?.manifest.isHere && !isToFetchAgain(known.manifest)) {
      const found = known.manifest.archiveSha256;
      if (wanted !== null && found !== null && wanted !== found)
        throw new GraftError('checksum-differs', { file: known.manifest.name, expected: wanted, found });
      if (known.phase !== 'failed' && (wanted === null || found !== null)) {
        if (wanted !== null) known.manifest = { ...known.manifest, source };
        if (known.phase === 'ready') this.#scan(datasetId, known.manifest, quick);
        return { datasetId };
      }
    }
    const isOnItsWay = known?.phase === 'downloading' || known?.phase === 'unpacking';
    if (known && isOnItsWay && (wanted === null || wanted === checksumIn(known.manifest))) return { datasetId };
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
    const entry = await this.#entry(datasetId);
    const { manifest, phase, upload } = entry;
    if (phase !== 'paused' && phase !== 'failed') return null;
    if (upload !== null) throw incomplete(entry); // only the window that began it can send the rest
    if (manifest.source === null || (manifest.isHere && !isToFetchAgain(manifest)))
      this.#scan(datasetId, manifest, false);
    else this.#bring({ ...manifest, isHere: false }, false);
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
    if (known) entry.saving = known.saving;
    if (known?.transfer)
      entry.transfer = { ...known.transfer, startedAt: Date.now(), startBytes: known.transfer.receivedBytes };
    this.#entries.set(datasetId, entry);
    if (this.#isClosed) entry.stop.abort();
    const bringing = this.#work.inTurn(datasetId, async () => {
      entry.stop.signal.throwIfAborted();
      if (source.kind !== 'upload') await this.#take(entry, manifest); // so that it can go on after a restart
      return bringPacked(source, folder, {
        signal: entry.stop.signal,
        newMedia: this.#newMedia,
        network: this.#network,
        onTransfer: (transfer) => this.#transferred(entry, transfer),
        archiveSha256: manifest.archiveSha256,
        onArchive: async (archiveSha256) => void (await this.#take(entry, { ...entry.manifest, archiveSha256 })),
      });
    });
    entry.scanning = bringing
      .then(({ name, left }) => {
        if (entry.stop.signal.aborted) return undefined; // forgotten, or begun anew
        entry.transfer = null;
        const before = entry.manifest;
        entry.manifest = { ...before, isHere: true, left: left ?? before.left, name: name ?? before.name };
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
    entry.scanning = this.#work
      .inTurn(SAMPLE_ID, async () => {
        // The folder appears whole or not at all, so one that is there needs no drawing.
        if (!existsSync(root)) await this.#draw(entry, root);
      })
      .then(() => (entry.stop.signal.aborted ? undefined : this.#scan(SAMPLE_ID, about, false).scanning))
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

  /** Opens an empty data set of Graft's own, with classes to be filled. */
  async create(name: string, classNames: readonly string[]): Promise<{ datasetId: string }> {
    await this.#loading;
    const datasetId = `up-${randomUUID().slice(0, 12)}`;
    const root = filesIn(path.join(this.#folder, datasetId));
    await mkdir(root, { recursive: true }).catch((error: unknown) => {
      throw asWriteError(error, root);
    });
    const own = [...new Set(classNames.map((one) => one.normalize('NFC')))].sort(compareCodePoints);
    const classes = { layout: 'classes', classNames: own, ownClassNames: own, complete: true } as const;
    const entry = entryOf({ ...emptyManifest(datasetId, { name, kind: 'upload', root }), ...classes }, 'ready');
    this.#entries.set(datasetId, entry);
    await this.#take(entry, entry.manifest);
    return { datasetId };
  }

  /** Copies pictures into Graft's own place and adds those that can be decoded to a class. @throws dataset-not-ready */
  async addImages(datasetId: string, className: string, pictures: readonly Picture[]): Promise<AddedImages> {
    requireReady(await this.#entry(datasetId));
    const addedFolder = this.#addedFolder(datasetId);
    const signal = this.#work.signalOf(datasetId);
    const options = { newMedia: this.#newMedia, signal };
    const copying = copyIn(addedFolder, this.#incomingFolder(datasetId), pictures, options);
    const copied = await this.#work.during(datasetId, copying).catch((error: unknown) => {
      throw error instanceof Stopped ? this.#stopped(datasetId) : error;
    });
    const { refused } = copied;
    const numAdded = copied.images.length;
    if (numAdded === 0) return { snapshot: await this.get(datasetId), numAdded, refused };
    try {
      const name = className.normalize('NFC');
      const images = copied.images.map((image) => ({ ...image, className: name }));
      const snapshot = await this.#change(datasetId, async (entry) => {
        if (signal.aborted) throw this.#stopped(datasetId); // the copies went with the one that had this id
        await this.#take(entry, withAdded(entry.manifest, addedFolder, images)); // before the edit that names them
        const stored = { kind: 'add-images' as const, paths: images.map((image) => image.path), className: name };
        return withEdit(entry.history, stored);
      });
      this.#compareLater(await this.#entry(datasetId));
      return { snapshot, numAdded, refused };
    } catch (error) {
      await copied.discard();
      throw error;
    }
  }

  /** What is told of work that ended with its data set, or with the backend. */
  #stopped(datasetId: string): GraftError {
    const entry = this.#entries.get(datasetId);
    if (!entry) return new GraftError('dataset-not-found', { datasetId });
    return new GraftError('dataset-not-ready', { name: entry.manifest.name, phase: entry.phase });
  }

  async beginUpload(name: string, numFiles: number): Promise<{ datasetId: string }> {
    await this.#loading;
    const datasetId = `up-${randomUUID().slice(0, 12)}`;
    const root = path.join(this.#folder, datasetId, 'files');
    await mkdir(root, { recursive: true });
    const entry = entryOf(emptyManifest(datasetId, { name, kind: 'upload', root }), 'uploading');
    entry.upload = this.#newUpload(entry, numFiles, new FileUpload(path.dirname(root), root, entry.stop.signal));
    entry.progress = { done: 0, total: numFiles, step: 'files' };
    this.#entries.set(datasetId, entry);
    this.#changed(entry);
    return { datasetId };
  }

  async beginArchive(name: string, sizeBytes: number): Promise<{ datasetId: string }> {
    await this.#loading;
    const datasetId = `up-${randomUUID().slice(0, 12)}`;
    const folder = path.join(this.#folder, datasetId);
    await beginPieces(folder);
    const manifest = emptyManifest(datasetId, { name: nameOfArchive(name), kind: 'archive', root: filesIn(folder) });
    const entry = entryOf({ ...manifest, source: { kind: 'upload' }, isHere: false }, 'uploading');
    entry.upload = this.#newUpload(entry, sizeBytes, null);
    entry.transfer = { receivedBytes: 0, totalBytes: sizeBytes, startedAt: Date.now(), startBytes: 0 };
    this.#entries.set(datasetId, entry);
    this.#changed(entry);
    return { datasetId };
  }

  /** An upload that says nothing for long is told as failed: the window that sent it may be gone. What comes later still counts. */
  #newUpload(entry: DatasetEntry, numExpected: number, files: FileUpload | null): DatasetEntry['upload'] {
    const silence = setTimeout(() => {
      if (entry.upload !== null && entry.phase === 'uploading') this.#fail(entry, incomplete(entry));
    }, SILENT_UPLOAD_MS);
    return { numExpected, numReceived: 0, files, silence: silence.unref() };
  }

  /** Keeps a piece of an uploaded archive; one that came already may come again. @throws upload-incomplete for one out of turn */
  async receivePiece(datasetId: string, offset: number, bytes: Readable): Promise<void> {
    const entry = await this.#entry(datasetId);
    const { upload, manifest } = entry;
    if (!upload || manifest.source?.kind !== 'upload' || !(offset >= 0 && offset <= upload.numReceived))
      throw incomplete(entry);
    hearFrom(entry);
    const end = await receivePiece(path.join(this.#folder, datasetId), offset, bytes);
    if (end > upload.numExpected)
      throw new GraftError('upload-too-large', { name: manifest.name, maxBytes: upload.numExpected });
    upload.numReceived = Math.max(upload.numReceived, end);
    hearFrom(entry);
    const { transfer } = entry;
    if (transfer) entry.transfer = { ...transfer, receivedBytes: upload.numReceived };
    this.#changed(entry);
  }

  /** Takes one uploaded file; one that cannot be kept beside the others stays out. @throws upload-incomplete for an upload that is over */
  async receiveFile(datasetId: string, given: string, bytes: Readable): Promise<void> {
    await this.#receive(datasetId, given, (files) => files.receive(given, bytes));
  }

  /** Counts a file that is too large to be sent. @throws upload-incomplete for an upload that is over */
  async leaveOutFile(datasetId: string, given: string): Promise<void> {
    await this.#receive(datasetId, given, async (files) => files.leaveOut(given, 'too-large-to-upload'));
  }

  /** @param take answers whether the file is a new one */
  async #receive(datasetId: string, given: string, take: (files: FileUpload) => Promise<boolean>): Promise<void> {
    const entry = await this.#entry(datasetId);
    const { upload } = entry;
    if (!upload?.files) throw incomplete(entry, toldPath(given));
    hearFrom(entry);
    const isNew = await this.#work.during(datasetId, take(upload.files)).catch((error: unknown) => {
      throw entry.stop.signal.aborted ? incomplete(entry, toldPath(given)) : error; // it is over, or was removed
    });
    if (!isNew) return;
    hearFrom(entry);
    upload.numReceived++;
    this.#progressOf(entry)({ done: upload.numReceived, total: upload.numExpected });
  }

  /** Reads what has come. Asking again changes nothing: the answer may have been lost. @throws upload-incomplete */
  async finishUpload(datasetId: string): Promise<{ datasetId: string }> {
    const entry = await this.#entry(datasetId);
    const { upload, manifest } = entry;
    if (!upload && (manifest.kind === 'upload' || manifest.source?.kind === 'upload')) return { datasetId };
    if (!upload || upload.numReceived < upload.numExpected) throw incomplete(entry);
    clearTimeout(upload.silence);
    entry.upload = null;
    if (upload.files) entry.manifest = { ...manifest, left: [...upload.files.left] };
    if (manifest.source?.kind === 'upload') this.#bring(manifest, false);
    else this.#scan(datasetId, manifest, false);
    await upload.files?.end();
    return { datasetId };
  }

  async images({
    datasetId,
    offset,
    limit,
    orderBy,
    isDescending,
    ...filter
  }: Parsed<'dataset.images'>): Promise<Output<'dataset.images'>> {
    const view = viewOf(await this.#entry(datasetId));
    const wanted = inOrder(imagesWhere(view, filter), orderBy, isDescending);
    return {
      total: wanted.length,
      images: wanted.slice(offset, offset + limit).map((image) => itemOf(view, image)),
    };
  }

  async verdicts(asked: Parsed<'dataset.verdicts'>): Promise<Output<'dataset.verdicts'>> {
    return verdictPage(viewOf(await this.#entry(asked.datasetId)), asked);
  }

  /** Reads one picture's header. @throws image-not-found, image-not-readable */
  async imageDetails(imageId: string): Promise<ImageDetails> {
    const file = await this.fileOf(imageId);
    const media = this.#newMedia();
    try {
      return await media.call<ImageDetails>('describe', { file, name: path.basename(file) });
    } finally {
      media.close();
    }
  }

  /** One picture, in use or taken out. @throws image-not-found */
  async image(imageId: string): Promise<Output<'dataset.image'>> {
    await this.#loading;
    const entry = this.#entries.get(imageId.slice(0, imageId.lastIndexOf('.')));
    if (!entry) throw new GraftError('image-not-found', { imageId });
    return imageById(viewOf(entry), imageId);
  }

  async sizes(datasetId: string): Promise<Output<'dataset.sizes'>> {
    return pictureSizes(viewOf(await this.#entry(datasetId)).images);
  }

  async labels(datasetId: string, imageIds: readonly string[]): Promise<ImageLabels> {
    return labelsOf(viewOf(await this.#entry(datasetId)), imageIds);
  }

  /** Changes what is trained on, never a file. @throws what `resolveEdit` throws, dataset-not-ready */
  async edit(datasetId: string, edit: DatasetEdit): Promise<DatasetSnapshot> {
    return this.#change(datasetId, (entry) => {
      if (keepsDuplicatesTogether.has(edit.kind)) requireJudged(entry);
      return withEdit(entry.history, resolveEdit(viewOf(entry), edit));
    });
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
  #change(
    datasetId: string,
    to: (entry: DatasetEntry) => EditHistory | Promise<EditHistory>,
  ): Promise<DatasetSnapshot> {
    const changing = this.#changing.then(async () => {
      const entry = requireReady(await this.#entry(datasetId));
      const history = await to(entry);
      const now = await this.#entry(datasetId); // it may have been removed, or is listed anew
      if (now !== entry) throw new GraftError('dataset-not-ready', { name: now.manifest.name, phase: now.phase });
      await writeFileAtomic(this.#historyFile(datasetId), JSON.stringify(history));
      const current = this.#entries.get(datasetId) ?? entry; // listed anew while that was written: it holds there too
      current.history = history;
      current.view = null;
      this.#changed(current);
      return snapshotOf(current);
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
    const stopped = this.#work.stop(datasetId); // not what comes when it is added again meanwhile
    await this.#work.inTurn(datasetId, async () => {
      await Promise.all([entry.scanning, stopped, this.#changing]); // they write there
      await this.#discard(path.join(this.#folder, datasetId)); // only Graft's own place, never the root of a folder
    });
    return null;
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
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) => this.#log.bug(error));
  }

  /** Stops all that is on its way, as a pause does, and waits until it has let go of its files. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#loading.catch(() => undefined);
    const entries = [...this.#entries.values()];
    for (const entry of entries) entry.stop.abort();
    await Promise.all([this.#work.stopAll(), this.#changing, ...entries.map((entry) => entry.scanning)]);
  }

  /** The file of a data set's picture. @throws image-not-found */
  async fileOf(imageId: string): Promise<string> {
    await this.#loading;
    const entry = this.#entries.get(imageId.slice(0, imageId.lastIndexOf('.')));
    const relative = entry && viewOf(entry).pathById.get(imageId);
    if (!entry || relative === undefined) throw new GraftError('image-not-found', { imageId });
    return pictureFile(entry.manifest, relative);
  }

  /** The id under which a picture of a data set is shown. */
  imageIdOf(datasetId: string, relativePath: string): string {
    return imageIdOf(datasetId, relativePath);
  }

  /** The listed data set, once listing is over. @throws dataset-not-ready at once for one whose files are still to come */
  async ready(datasetId: string): Promise<Manifest> {
    const entry = await this.#entry(datasetId);
    // What is still on its way may take hours, with others waiting behind whoever waits for it; a listing ends soon.
    if (entry.phase === 'scanning' || entry.phase === 'drawing') await entry.scanning;
    const now = await this.#entry(datasetId);
    if (now.phase !== 'ready') throw new GraftError('dataset-not-ready', { name: now.manifest.name, phase: now.phase });
    return viewOf(now).manifest;
  }

  /** What is trained on, as it is shown, once every file has been looked at. @throws dataset-not-ready */
  async shown(datasetId: string): Promise<DatasetView> {
    await this.ready(datasetId);
    const entry = await this.#entry(datasetId);
    if (entry.progress !== null) throw stillLooking(entry);
    return viewOf(entry);
  }

  /** Lists the folder again, so that a run sees what is there now; what was found out about unchanged files is kept. */
  async refreshed(datasetId: string): Promise<Manifest> {
    const manifest = await this.ready(datasetId);
    const scanned = await scanData(manifest, this.#scanOptions(manifest.root));
    const entry = await this.#entry(datasetId);
    await this.#take(entry, merge(entry.manifest, scanned));
    if (manifest.complete) this.#verifyLater(entry);
    return viewOf(entry).manifest;
  }

  /** For files that a new listing of a data set found, when every file of the old one had been looked at. */
  #verifyLater(entry: DatasetEntry): void {
    if (entry.manifest.complete || entry.progress !== null || entry.stop.signal.aborted) return;
    entry.progress = { done: 0, total: entry.manifest.images.length, step: 'files' };
    this.#changed(entry);
    this.#work
      .during(entry.manifest.datasetId, this.#verify(entry))
      .catch((error: unknown) => this.#fail(entry, error));
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
  async refresh(datasetId: string): Promise<null> {
    const { manifest, phase } = await this.#entry(datasetId);
    if (phase === 'ready') this.#scan(datasetId, manifest, false);
    return null;
  }

  /** Keeps what a run found out about the files, of those that still are as the run's manifest has them. */
  async learn(
    { datasetId, images: seen }: Pick<Manifest, 'datasetId' | 'images'>,
    sha256ByPath: readonly (readonly [string, string])[],
    skipped: readonly SkippedFile[],
  ): Promise<void> {
    const entry = this.#entries.get(datasetId);
    if (entry) await this.#take(entry, withVerdicts(entry.manifest, sha256ByPath, skipped, [], seen));
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
    const entry = this.#entries.get(datasetId);
    if (!entry) return;
    const { manifest } = entry;
    const isThere = new Set(manifest.images.map(({ sha256 }) => sha256));
    const isCompared = new Set(contents);
    const isStillKnown = ([a, b]: [string, string, number]) =>
      isThere.has(a) && isThere.has(b) && !(isCompared.has(a) && isCompared.has(b));
    const featureDuplicates = [...manifest.featureDuplicates.filter(isStillKnown), ...pairs];
    if (isDeepStrictEqual(featureDuplicates, manifest.featureDuplicates)) return;
    await this.#take(entry, { ...manifest, featureDuplicates });
  }

  #scan(datasetId: string, about: About, quick: boolean): DatasetEntry {
    const known = this.#entries.get(datasetId);
    known?.stop.abort();
    const entry = entryOf(known?.manifest ?? emptyManifest(datasetId, about), 'scanning', known?.history);
    if (known) entry.saving = known.saving;
    entry.wantsVerdicts = !quick;
    this.#entries.set(datasetId, entry);
    const before = this.#work.turnOf(datasetId); // one of this id may just be being removed
    entry.scanning = (async () => {
      await before;
      const scanned = await scanData(entry.manifest, { ...this.#scanOptions(about.root), signal: entry.stop.signal });
      entry.phase = 'ready';
      entry.upload = null;
      if (!quick) entry.progress = { done: 0, total: scanned.images.length, step: 'files' }; // nobody may take the listing for the last word
      await this.#take(entry, merge(entry.manifest, scanned));
      if (quick || entry.stop.signal.aborted) return; // once stopped, nothing more may begin in its place
      this.#work.during(datasetId, this.#verify(entry)).catch((error: unknown) => this.#fail(entry, error));
    })().catch((error: unknown) => this.#fail(entry, error));
    this.#changed(entry);
    return entry;
  }

  /** Links inside a folder may lead only where its user may go. */
  #scanOptions(root: string) {
    const roots = this.#roots;
    return roots === null ? {} : { isAllowed: (real: string) => [root, ...roots].some((one) => isInside(real, one)) };
  }

  /** Decodes every file that is not yet known, for its verdict, then looks for near duplicates. */
  async #verify(entry: DatasetEntry): Promise<void> {
    do {
      const withFound = await verifyFiles(entry.manifest, this.#verifyOptions(entry));
      // Told at once; the list of duplicates may take a while longer.
      await this.#take(entry, withFound(entry.manifest));
    } while (!entry.manifest.complete); // listed again meanwhile, with files that are new
    await this.#compare(entry);
    entry.progress = null;
    this.#changed(entry);
  }

  /** Looks for near duplicates until all are compared: more pictures may come meanwhile. That it cannot is no reason to keep them back. */
  async #compare(entry: DatasetEntry): Promise<void> {
    try {
      for (;;) {
        const compared = await compareContents(entry.manifest, this.#verifyOptions(entry));
        if (compared === null) return;
        await this.#take(entry, { ...entry.manifest, ...compared });
      }
    } catch (error) {
      if (error instanceof Stopped || entry.stop.signal.aborted) throw error;
      this.#log.bug(error);
    }
  }

  /** For pictures that came when all others had been compared. */
  #compareLater(entry: DatasetEntry): void {
    if (entry.stop.signal.aborted) return;
    if (!entry.manifest.complete || entry.progress !== null) return; // it is done at the end of what runs, or of the next scan
    this.#work
      .during(entry.manifest.datasetId, this.#compare(entry))
      .catch((error: unknown) => (error instanceof Stopped ? undefined : this.#log.bug(error)))
      .finally(() => {
        entry.progress = null;
        this.#changed(entry);
      });
  }

  #verifyOptions(entry: DatasetEntry): VerifyOptions {
    return {
      folder: path.join(this.#folder, entry.manifest.datasetId),
      newMedia: this.#newMedia,
      signal: entry.stop.signal,
      onProgress: this.#progressOf(entry),
    };
  }

  #progressOf(entry: DatasetEntry) {
    return (progress: unknown) => {
      const now = progress as { done: number; total: number };
      entry.progress = { step: 'files', ...now };
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
    const { datasetId } = manifest;
    const file = path.join(this.#folder, datasetId, 'manifest.json');
    const save = () => writeFileAtomic(file, JSON.stringify(manifest));
    // In order, so that the last to write is the one that stays.
    entry.saving = this.#work.during(datasetId, entry.saving.then(save, save));
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

/** @throws dataset-not-ready */
function requireReady(entry: DatasetEntry): DatasetEntry {
  const { phase, manifest } = entry;
  if (phase !== 'ready') throw new GraftError('dataset-not-ready', { name: manifest.name, phase });
  return entry;
}

/** Edits whose outcome is kept by path and rests on which pictures are alike: drawn too early they would be wrong for good. */
const keepsDuplicatesTogether: ReadonlySet<DatasetEdit['kind']> = new Set(['draw-split', 'draw-fold', 'mend']);

/** @throws dataset-not-ready where not every file has been looked at and compared */
function requireJudged(entry: DatasetEntry): void {
  if (entry.progress !== null || !entry.manifest.complete) throw stillLooking(entry);
}

const stillLooking = ({ manifest }: DatasetEntry): GraftError =>
  new GraftError('dataset-not-ready', { name: manifest.name, phase: 'scanning' });

/** What is missing of an upload. */
function incomplete({ manifest, upload }: DatasetEntry, name = manifest.name): GraftError {
  const { numReceived, numExpected } = upload ?? { numReceived: 0, numExpected: 0 };
  return new GraftError('upload-incomplete', { name, numReceived, numExpected });
}

/** Notes that something has come of an upload, be it one that had been given up. */
function hearFrom(entry: DatasetEntry): void {
  entry.upload?.silence.refresh();
  if (entry.upload === null || entry.phase !== 'failed') return;
  entry.phase = 'uploading';
  entry.error = null;
}

/** What the archive behind a link must be; null where nobody said it. */
const checksumIn = ({ source }: Manifest): string | null => (source?.kind === 'link' ? source.sha256 : null);

/** Are the unpacked files gone, from the place that is only Graft's own, while what they came from may still be there? */
const isToFetchAgain = ({ source, root }: Manifest): boolean =>
  (source?.kind === 'link' || source?.kind === 'archive') && !existsSync(root);

/** What is known of a data set before it was read. */
type About = Pick<Manifest, 'name' | 'kind' | 'root'> & Partial<Pick<Manifest, 'labels'>>;

function emptyManifest(datasetId: string, about: About): Manifest {
  return {
    formatVersion: 1,
    datasetId,
    name: about.name,
    kind: about.kind,
    root: about.root,
    labels: about.labels ?? null,
    createdAt: new Date().toISOString(),
    layout: 'unknown',
    classNames: [],
    images: [],
    skipped: [],
    broken: [],
    source: null,
    left: [],
    archiveSha256: null,
    isHere: true,
    nearDuplicates: [],
    featureDuplicates: [],
    comparedContents: null,
    complete: false,
  };
}
