import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Output, Parsed } from '../../contract/contract.ts';
import type { UploadBegun } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import { emptyManifest } from '../dataset/manifest.ts';
import { toldPath } from '../dataset/upload-path.ts';
import { asWriteError } from '../store/write-atomic.ts';
import type { NotSentReason } from './backend.ts';
import type { ArrivingData } from './arriving-data.ts';
import type { DatasetScans } from './dataset-scans.ts';
import type { DatasetShelf } from './dataset-shelf.ts';
import { entryOf, incomplete, type DatasetEntry } from './dataset-entry.ts';
import { FileUpload } from './file-upload.ts';
import { beginPieces, bytesOfPieces, filesIn, nameOfArchive, receivePiece } from './packed-data.ts';
import {
  isSameUpload,
  readUploadRecord,
  removeUploadRecord,
  uploadRecordName,
  type UploadRecord,
} from './upload-record.ts';

const SILENT_UPLOAD_MS = 3600e3;

/** Data sets that a browser sends: the files of a folder one by one, or an archive in pieces. */
export class DatasetUploads {
  readonly #shelf: DatasetShelf;
  readonly #scans: DatasetScans;
  readonly #arriving: ArrivingData;
  #beginning: Promise<unknown> = Promise.resolve();

  constructor(shelf: DatasetShelf, scans: DatasetScans, arriving: ArrivingData) {
    this.#shelf = shelf;
    this.#scans = scans;
    this.#arriving = arriving;
  }

  /** Opens an upload of files; the one of the same files that was cut off goes on. @throws disk-full, cannot-write */
  begin({ name, numFiles, fingerprint }: Parsed<'dataset.beginUpload'>): Promise<UploadBegun> {
    return this.#begin(recordOf('folder', name, numFiles, fingerprint ?? null));
  }

  /** The same for an archive. */
  beginArchive({ name, sizeBytes, mtimeMs, fingerprint }: Parsed<'dataset.beginArchive'>): Promise<UploadBegun> {
    const known =
      mtimeMs === undefined ? null : [mtimeMs, ...(fingerprint === undefined ? [] : [fingerprint])].join('-');
    return this.#begin(recordOf('archive', name, sizeBytes, known));
  }

  /** One after the other: of two windows that begin with the same, the second joins the first. */
  #begin(record: UploadRecord): Promise<UploadBegun> {
    const beginning = this.#beginning.then(async () => {
      await this.#shelf.loaded();
      const cutOff = this.#shelf.all().find(({ upload }) => upload !== null && isSameUpload(upload.record, record));
      return cutOff ? this.#goOn(cutOff) : this.#open(record);
    });
    this.#beginning = beginning.catch(() => undefined);
    return beginning;
  }

  #goOn(entry: DatasetEntry): UploadBegun {
    hearFrom(entry);
    const numReceived = entry.upload?.numReceived ?? 0;
    if (entry.transfer) entry.transfer = { ...entry.transfer, startedAt: Date.now(), startBytes: numReceived };
    else entry.progress = { done: numReceived, total: entry.upload?.numExpected ?? 0, step: 'files' };
    this.#shelf.changed(entry);
    return { datasetId: entry.manifest.datasetId, numReceived, isNew: false };
  }

  async #open(record: UploadRecord): Promise<UploadBegun> {
    const datasetId = `up-${randomUUID().slice(0, 12)}`;
    const entry = this.#entryOf(datasetId, record);
    this.#shelf.put(entry);
    try {
      await this.#makePlace(entry);
      await this.#shelf.save(entry, uploadRecordName, record);
    } catch (error) {
      clearTimeout(entry.upload?.silence);
      this.#shelf.takeOff(entry);
      throw error;
    }
    this.#shelf.changed(entry);
    return { datasetId, numReceived: 0, isNew: true };
  }

  async #makePlace({ manifest, upload }: DatasetEntry): Promise<void> {
    if (upload?.files === null) return beginPieces(this.#shelf.placeOf(manifest.datasetId));
    await mkdir(manifest.root, { recursive: true }).catch((error: unknown) => {
      throw asWriteError(error, manifest.root);
    });
  }

  /** An upload that lies in the home, not whole, as whoever chooses the same again goes on with it. @returns null where there is none */
  async restored(datasetId: string): Promise<DatasetEntry | null> {
    const place = this.#shelf.placeOf(datasetId);
    const record = await readUploadRecord(place);
    if (!record) return null;
    const entry = this.#entryOf(datasetId, record);
    const upload = entry.upload!;
    if (upload.files === null) upload.numReceived = Math.min(record.numReceived, await bytesOfPieces(place));
    else upload.numReceived = await upload.files.restore();
    if (entry.transfer) entry.transfer.receivedBytes = upload.numReceived;
    if (entry.progress) entry.progress.done = upload.numReceived;
    return entry;
  }

  #entryOf(datasetId: string, record: UploadRecord): DatasetEntry {
    const { kind, numExpected, createdAt } = record;
    const place = this.#shelf.placeOf(datasetId);
    const root = filesIn(place);
    const isArchive = kind === 'archive';
    const name = isArchive ? nameOfArchive(record.name) : record.name;
    const manifest = { ...emptyManifest(datasetId, { name, kind: isArchive ? 'archive' : 'upload', root }), createdAt };
    const entry = entryOf(
      isArchive ? { ...manifest, source: { kind: 'upload' }, isHere: false } : manifest,
      'uploading',
    );
    const files = isArchive ? null : new FileUpload(place, root, entry.stop.signal);
    entry.upload = { record, numExpected, numReceived: 0, files, silence: this.#silenceOf(entry) };
    if (isArchive) entry.transfer = { receivedBytes: 0, totalBytes: numExpected, startedAt: Date.now(), startBytes: 0 };
    else entry.progress = { done: 0, total: numExpected, step: 'files' };
    return entry;
  }

  /** An upload that says nothing for long is told as failed: the window that sent it may be gone. What comes later still counts. */
  #silenceOf(entry: DatasetEntry): NodeJS.Timeout {
    const silence = setTimeout(() => {
      if (entry.upload !== null && entry.phase === 'uploading') this.#shelf.fail(entry, incomplete(entry));
    }, SILENT_UPLOAD_MS);
    return silence.unref();
  }

  /** A page of the files that have come. @throws upload-incomplete for what is no upload of files, or is over */
  async received({ datasetId, offset, limit }: Parsed<'dataset.uploaded'>): Promise<Output<'dataset.uploaded'>> {
    const entry = await this.#shelf.entry(datasetId);
    if (!entry.upload?.files) throw incomplete(entry);
    return entry.upload.files.received(offset, limit);
  }

  /** Keeps a piece of an uploaded archive; one that came already may come again. @throws upload-incomplete for one out of turn */
  async receivePiece(datasetId: string, offset: number, bytes: Readable): Promise<void> {
    const entry = await this.#shelf.entry(datasetId);
    const { upload, manifest } = entry;
    if (!upload || manifest.source?.kind !== 'upload' || !(offset >= 0 && offset <= upload.numReceived))
      throw incomplete(entry);
    hearFrom(entry);
    const { signal } = entry.stop;
    const receiving = receivePiece(this.#shelf.placeOf(datasetId), offset, bytes, signal);
    const end = await this.#shelf.work.during(datasetId, receiving).catch((error: unknown) => {
      throw signal.aborted ? incomplete(entry) : error; // it is over, or was removed
    });
    if (end > upload.numExpected)
      throw new GraftError('upload-too-large', { name: manifest.name, maxBytes: upload.numExpected });
    upload.numReceived = Math.max(upload.numReceived, end);
    hearFrom(entry);
    const { transfer } = entry;
    if (transfer) entry.transfer = { ...transfer, receivedBytes: upload.numReceived };
    if (!signal.aborted && entry.upload !== null)
      await this.#shelf.save(entry, uploadRecordName, { ...upload.record, numReceived: upload.numReceived });
    this.#shelf.changed(entry);
  }

  /** Takes one uploaded file; one that cannot be kept beside the others stays out. @throws upload-incomplete for an upload that is over */
  async receiveFile(datasetId: string, given: string, bytes: Readable): Promise<void> {
    await this.#receive(datasetId, given, (files) => files.receive(given, bytes));
  }

  /** Counts a file that is not sent. @throws upload-incomplete for an upload that is over */
  async leaveOutFile(datasetId: string, given: string, reason: NotSentReason): Promise<void> {
    await this.#receive(datasetId, given, async (files) => files.leaveOut(given, reason));
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
    const whole = upload.files
      ? { ...manifest, left: [...upload.files.left], numLeft: upload.files.numLeft }
      : manifest;
    entry.upload = null;
    try {
      await this.#shelf.take(entry, whole); // what follows goes on after a restart
    } catch (error) {
      entry.upload = upload;
      throw error;
    }
    if (this.#shelf.known(datasetId) !== entry) throw new GraftError('dataset-not-found', { datasetId });
    if (entry.stop.signal.aborted) {
      entry.upload = upload; // the app is closing: what lies there goes on after the next start
      throw incomplete(entry);
    }
    clearTimeout(upload.silence);
    if (upload.files) this.#scans.scan(datasetId, whole, false);
    else this.#arriving.bring(whole, false);
    await removeUploadRecord(this.#shelf.placeOf(datasetId));
    await upload.files?.end();
    return { datasetId };
  }
}

const recordOf = (
  kind: UploadRecord['kind'],
  name: string,
  numExpected: number,
  fingerprint: string | null,
): UploadRecord => {
  const createdAt = new Date().toISOString();
  return { formatVersion: 1, kind, name, numExpected, numReceived: 0, fingerprint, createdAt };
};

/** Notes that something has come of an upload, be it one that had been given up. */
function hearFrom(entry: DatasetEntry): void {
  entry.upload?.silence.refresh();
  if (entry.upload === null || entry.phase !== 'failed') return;
  entry.phase = 'uploading';
  entry.error = null;
}
