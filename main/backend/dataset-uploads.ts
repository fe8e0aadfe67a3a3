import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { GraftError } from '../../contract/errors.ts';
import { emptyManifest } from '../dataset/manifest.ts';
import { toldPath } from '../dataset/upload-path.ts';
import type { ArrivingData } from './arriving-data.ts';
import type { DatasetScans } from './dataset-scans.ts';
import type { DatasetShelf } from './dataset-shelf.ts';
import { entryOf, incomplete, type DatasetEntry } from './dataset-entry.ts';
import { FileUpload } from './file-upload.ts';
import { beginPieces, filesIn, nameOfArchive, receivePiece } from './packed-data.ts';

const SILENT_UPLOAD_MS = 3600e3;

/** Data sets that a browser sends: the files of a folder one by one, or an archive in pieces. */
export class DatasetUploads {
  readonly #shelf: DatasetShelf;
  readonly #scans: DatasetScans;
  readonly #arriving: ArrivingData;

  constructor(shelf: DatasetShelf, scans: DatasetScans, arriving: ArrivingData) {
    this.#shelf = shelf;
    this.#scans = scans;
    this.#arriving = arriving;
  }

  async begin(name: string, numFiles: number): Promise<{ datasetId: string }> {
    await this.#shelf.loaded();
    const datasetId = `up-${randomUUID().slice(0, 12)}`;
    const root = path.join(this.#shelf.placeOf(datasetId), 'files');
    await mkdir(root, { recursive: true });
    const entry = entryOf(emptyManifest(datasetId, { name, kind: 'upload', root }), 'uploading');
    entry.upload = this.#newUpload(entry, numFiles, new FileUpload(path.dirname(root), root, entry.stop.signal));
    entry.progress = { done: 0, total: numFiles, step: 'files' };
    this.#shelf.put(entry);
    this.#shelf.changed(entry);
    return { datasetId };
  }

  async beginArchive(name: string, sizeBytes: number): Promise<{ datasetId: string }> {
    await this.#shelf.loaded();
    const datasetId = `up-${randomUUID().slice(0, 12)}`;
    const folder = this.#shelf.placeOf(datasetId);
    await beginPieces(folder);
    const manifest = emptyManifest(datasetId, { name: nameOfArchive(name), kind: 'archive', root: filesIn(folder) });
    const entry = entryOf({ ...manifest, source: { kind: 'upload' }, isHere: false }, 'uploading');
    entry.upload = this.#newUpload(entry, sizeBytes, null);
    entry.transfer = { receivedBytes: 0, totalBytes: sizeBytes, startedAt: Date.now(), startBytes: 0 };
    this.#shelf.put(entry);
    this.#shelf.changed(entry);
    return { datasetId };
  }

  /** An upload that says nothing for long is told as failed: the window that sent it may be gone. What comes later still counts. */
  #newUpload(entry: DatasetEntry, numExpected: number, files: FileUpload | null): DatasetEntry['upload'] {
    const silence = setTimeout(() => {
      if (entry.upload !== null && entry.phase === 'uploading') this.#shelf.fail(entry, incomplete(entry));
    }, SILENT_UPLOAD_MS);
    return { numExpected, numReceived: 0, files, silence: silence.unref() };
  }

  /** Keeps a piece of an uploaded archive; one that came already may come again. @throws upload-incomplete for one out of turn */
  async receivePiece(datasetId: string, offset: number, bytes: Readable): Promise<void> {
    const entry = await this.#shelf.entry(datasetId);
    const { upload, manifest } = entry;
    if (!upload || manifest.source?.kind !== 'upload' || !(offset >= 0 && offset <= upload.numReceived))
      throw incomplete(entry);
    hearFrom(entry);
    const end = await receivePiece(this.#shelf.placeOf(datasetId), offset, bytes);
    if (end > upload.numExpected)
      throw new GraftError('upload-too-large', { name: manifest.name, maxBytes: upload.numExpected });
    upload.numReceived = Math.max(upload.numReceived, end);
    hearFrom(entry);
    const { transfer } = entry;
    if (transfer) entry.transfer = { ...transfer, receivedBytes: upload.numReceived };
    this.#shelf.changed(entry);
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
    const entry = await this.#shelf.entry(datasetId);
    const { upload } = entry;
    if (!upload?.files) throw incomplete(entry, toldPath(given));
    hearFrom(entry);
    const isNew = await this.#shelf.work.during(datasetId, take(upload.files)).catch((error: unknown) => {
      throw entry.stop.signal.aborted ? incomplete(entry, toldPath(given)) : error; // it is over, or was removed
    });
    if (!isNew) return;
    hearFrom(entry);
    upload.numReceived++;
    this.#shelf.progressOf(entry)({ done: upload.numReceived, total: upload.numExpected });
  }

  /** Reads what has come. Asking again changes nothing: the answer may have been lost. @throws upload-incomplete */
  async finish(datasetId: string): Promise<{ datasetId: string }> {
    const entry = await this.#shelf.entry(datasetId);
    const { upload, manifest } = entry;
    if (!upload && (manifest.kind === 'upload' || manifest.source?.kind === 'upload')) return { datasetId };
    if (!upload || upload.numReceived < upload.numExpected) throw incomplete(entry);
    clearTimeout(upload.silence);
    entry.upload = null;
    if (upload.files) entry.manifest = { ...manifest, left: [...upload.files.left] };
    if (manifest.source?.kind === 'upload') this.#arriving.bring(manifest, false);
    else this.#scans.scan(datasetId, manifest, false);
    await upload.files?.end();
    return { datasetId };
  }
}

/** Notes that something has come of an upload, be it one that had been given up. */
function hearFrom(entry: DatasetEntry): void {
  entry.upload?.silence.refresh();
  if (entry.upload === null || entry.phase !== 'failed') return;
  entry.phase = 'uploading';
  entry.error = null;
}
