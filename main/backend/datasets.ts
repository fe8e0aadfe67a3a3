import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { Emit, Output, Parsed } from '../../contract/contract.ts';
import type {
  AddedImages,
  DatasetEdit,
  DatasetSnapshot,
  DatasetSummary,
  ImageDetails,
  SkippedFile,
  UploadBegun,
} from '../../contract/dataset.ts';
import type { ImageLabels } from '../../contract/dataset-map.ts';
import { GraftError } from '../../contract/errors.ts';
import { pictureFile } from '../dataset/added.ts';
import type { Network } from '../dataset/ask.ts';
import type { Manifest } from '../dataset/manifest.ts';
import { pictureSizes } from '../dataset/picture-sizes.ts';
import { isLabelFile } from '../dataset/scan-data.ts';
import type { WorkerHost } from '../workers/host.ts';
import type { NotSentReason } from './backend.ts';
import { ArrivingData } from './arriving-data.ts';
import { DatasetHistory } from './dataset-history.ts';
import { DatasetScans } from './dataset-scans.ts';
import { DatasetShelf } from './dataset-shelf.ts';
import { DatasetUploads } from './dataset-uploads.ts';
import type { DatasetView } from './dataset-entry.ts';
import { imageIdOf, imagesWhere, inOrder, itemOf, snapshotOf, summaryOf, viewOf } from './dataset-view.ts';
import { imageById, labelsOf } from './image-lookup.ts';
import type { Log } from './log.ts';
import { OwnData } from './own-data.ts';
import { isArchiveFile } from './packed-data.ts';
import type { Picture } from './pictures.ts';
import { verdictPage } from './verdict-list.ts';

/** The data sets of a home: folders read in place, archives, uploads and the sample. What is asked of them comes in here. */
export class Datasets {
  readonly #shelf: DatasetShelf;
  readonly #scans: DatasetScans;
  readonly #history: DatasetHistory;
  readonly #arriving: ArrivingData;
  readonly #uploads: DatasetUploads;
  readonly #own: OwnData;

  /** @param roots real folders that links inside a folder may lead into; null: any */
  constructor(
    folder: string,
    emit: Emit,
    newMedia: () => WorkerHost,
    log: Log,
    { roots, network }: { roots: readonly string[] | null; network?: Network | undefined },
  ) {
    this.#shelf = new DatasetShelf(folder, emit, newMedia, log, (datasetId) => this.#uploads.restored(datasetId));
    this.#scans = new DatasetScans(this.#shelf, roots);
    this.#history = new DatasetHistory(this.#shelf);
    this.#arriving = new ArrivingData(this.#shelf, this.#scans, network);
    this.#uploads = new DatasetUploads(this.#shelf, this.#scans, this.#arriving);
    this.#own = new OwnData(this.#shelf, this.#scans, this.#history);
  }

  async list(): Promise<DatasetSummary[]> {
    await this.#shelf.loaded();
    return this.#shelf
      .all()
      .map(summaryOf)
      .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  /** What is known of a data set. Asking for it goes on with looking at its files where that was cut off. */
  async get(datasetId: string): Promise<DatasetSnapshot> {
    return snapshotOf(this.#scans.goneOnWith(await this.#shelf.entry(datasetId)));
  }

  /** @param place absolute and real: a folder, a list of labels, or an archive. `quick`: nothing is decoded. */
  async add(place: string, quick: boolean): Promise<{ datasetId: string }> {
    await this.#shelf.loaded();
    const isList = isLabelFile(place);
    if (!isList && (await isArchiveFile(place))) return this.#arriving.addArchive(place, quick);
    const datasetId = `ds-${createHash('sha256').update(place).digest('hex').slice(0, 12)}`;
    const root = isList ? path.dirname(place) : place;
    const folderName = path.basename(root) || root;
    const name = isList ? `${folderName}/${path.basename(place)}` : folderName;
    const labels = isList ? { file: path.basename(place), numUnlisted: 0 } : null;
    this.#scans.scan(datasetId, { name, kind: 'folder', root, labels }, quick);
    return { datasetId };
  }

  /** @throws link-refused for what can be seen in the link itself, checksum-differs for what it brought before */
  async addLink(text: string, sha256: string | undefined): Promise<{ datasetId: string }> {
    return this.#arriving.addLink(text, sha256);
  }

  /** Stops a download where it is. */
  async pause(datasetId: string): Promise<null> {
    await this.#arriving.pause(datasetId);
    return null;
  }

  /** Goes on with what was paused, cut off or failed. @throws upload-incomplete */
  async resume(datasetId: string): Promise<null> {
    await this.#arriving.resume(datasetId);
    return null;
  }

  async addSample(): Promise<{ datasetId: string }> {
    return this.#own.addSample();
  }

  /** Opens an empty data set of Graft's own, with classes to be filled. */
  async create(name: string, classNames: readonly string[]): Promise<{ datasetId: string }> {
    return this.#own.create(name, classNames);
  }

  /** Copies pictures into Graft's own place and adds those that can be decoded to a class. @throws dataset-not-ready, job-stopped */
  async addImages(datasetId: string, className: string, pictures: readonly Picture[]): Promise<AddedImages> {
    return this.#own.addImages(datasetId, className, pictures);
  }

  /** Opens an upload of files, or the one of the same files that was cut off. */
  async beginUpload(about: Parsed<'dataset.beginUpload'>): Promise<UploadBegun> {
    return this.#uploads.begin(about);
  }

  /** The same for an archive. */
  async beginArchive(about: Parsed<'dataset.beginArchive'>): Promise<UploadBegun> {
    return this.#uploads.beginArchive(about);
  }

  /** The files that have come of an upload. */
  async uploaded(page: Parsed<'dataset.uploaded'>): Promise<Output<'dataset.uploaded'>> {
    return this.#uploads.received(page);
  }

  /** Keeps a piece of an uploaded archive. @throws upload-incomplete for one out of turn */
  async receivePiece(datasetId: string, offset: number, bytes: Readable): Promise<void> {
    await this.#uploads.receivePiece(datasetId, offset, bytes);
  }

  /** Takes one uploaded file; one that cannot be kept beside the others stays out. @throws upload-incomplete for an upload that is over */
  async receiveFile(datasetId: string, given: string, bytes: Readable): Promise<void> {
    await this.#uploads.receiveFile(datasetId, given, bytes);
  }

  /** Counts a file that is not sent. @throws upload-incomplete for an upload that is over */
  async leaveOutFile(datasetId: string, given: string, reason: NotSentReason): Promise<void> {
    await this.#uploads.leaveOutFile(datasetId, given, reason);
  }

  /** Reads what has come. Asking again changes nothing: the answer may have been lost. @throws upload-incomplete */
  async finishUpload(datasetId: string): Promise<{ datasetId: string }> {
    return this.#uploads.finish(datasetId);
  }

  async images({
    datasetId,
    offset,
    limit,
    orderBy,
    isDescending,
    ...filter
  }: Parsed<'dataset.images'>): Promise<Output<'dataset.images'>> {
    const view = viewOf(await this.#shelf.entry(datasetId));
    const wanted = inOrder(imagesWhere(view, filter), orderBy, isDescending);
    return {
      total: wanted.length,
      images: wanted.slice(offset, offset + limit).map((image) => itemOf(view, image)),
    };
  }

  async verdicts(asked: Parsed<'dataset.verdicts'>): Promise<Output<'dataset.verdicts'>> {
    return verdictPage(viewOf(await this.#shelf.entry(asked.datasetId)), asked);
  }

  /** Reads one picture's header. @throws image-not-found, image-not-readable */
  async imageDetails(imageId: string): Promise<ImageDetails> {
    const file = await this.fileOf(imageId);
    const media = this.#shelf.newMedia();
    try {
      return await media.call<ImageDetails>('describe', { file, name: path.basename(file) });
    } finally {
      media.close();
    }
  }

  /** One picture, in use or taken out. @throws image-not-found */
  async image(imageId: string): Promise<Output<'dataset.image'>> {
    return imageById((await this.#shelf.viewWith(imageId)).view, imageId);
  }

  async sizes(datasetId: string): Promise<Output<'dataset.sizes'>> {
    return pictureSizes(viewOf(await this.#shelf.entry(datasetId)).images);
  }

  async labels(datasetId: string, imageIds: readonly string[]): Promise<ImageLabels> {
    return labelsOf(viewOf(await this.#shelf.entry(datasetId)), imageIds);
  }

  /** Changes what is trained on, never a file. @throws what `resolveEdit` throws, dataset-not-ready */
  async edit(datasetId: string, edit: DatasetEdit): Promise<DatasetSnapshot> {
    return this.#history.edit(datasetId, edit);
  }

  /** Takes back the last edit that holds; without one nothing happens. */
  async undo(datasetId: string): Promise<DatasetSnapshot> {
    return this.#history.undo(datasetId);
  }

  async redo(datasetId: string): Promise<DatasetSnapshot> {
    return this.#history.redo(datasetId);
  }

  async skipped({ datasetId, offset, limit }: Parsed<'dataset.skipped'>): Promise<Output<'dataset.skipped'>> {
    const { manifest } = await this.#shelf.entry(datasetId);
    const all = [...manifest.skipped, ...manifest.left];
    return { total: all.length, files: all.slice(offset, offset + limit) };
  }

  async remove(datasetId: string): Promise<null> {
    await this.#shelf.remove(datasetId);
    return null;
  }

  /** Stops all that is on its way, as a pause does, and waits until it has let go of its files. */
  async close(): Promise<void> {
    await this.#shelf.close();
  }

  /** The file of a data set's picture. @throws image-not-found */
  async fileOf(imageId: string): Promise<string> {
    const { manifest, view } = await this.#shelf.viewWith(imageId);
    const relative = view.pathById.get(imageId);
    if (relative === undefined) throw new GraftError('image-not-found', { imageId });
    return pictureFile(manifest, relative);
  }

  /** The id under which a picture of a data set is shown. */
  imageIdOf(datasetId: string, relativePath: string): string {
    return imageIdOf(datasetId, relativePath);
  }

  /** The listed data set, once listing is over. @throws dataset-not-ready at once for one whose files are still to come; job-stopped */
  async ready(datasetId: string): Promise<Manifest> {
    return this.#scans.ready(datasetId);
  }

  /** What is trained on, as it is shown, once every file has been looked at. @throws dataset-not-ready */
  async shown(datasetId: string): Promise<DatasetView> {
    return this.#scans.shown(datasetId);
  }

  /** Lists the folder again, so that a run sees what is there now. @throws dataset-not-ready */
  async refreshed(datasetId: string): Promise<Manifest> {
    return this.#scans.refreshed(datasetId);
  }

  /** What is trained on, as it was read. @throws dataset-not-ready, dataset-changed */
  async asRead(datasetId: string): Promise<Manifest> {
    return this.#scans.asRead(datasetId);
  }

  /** Reads the files again, with what is known of those that are as they were. */
  async refresh(datasetId: string): Promise<null> {
    await this.#scans.refresh(datasetId);
    return null;
  }

  /** Keeps what a run found out about the files, of those that still are as the run's manifest has them. */
  async learn(
    seen: Pick<Manifest, 'datasetId' | 'images'>,
    sha256ByPath: readonly (readonly [string, string])[],
    skipped: readonly SkippedFile[],
  ): Promise<void> {
    await this.#scans.learn(seen, sha256ByPath, skipped);
  }

  /** Keeps which pictures a map found to show the same; `contents`: SHA-256 of those that were on it. */
  async learnCopies(
    datasetId: string,
    contents: readonly string[],
    pairs: Manifest['featureDuplicates'],
  ): Promise<void> {
    await this.#scans.learnCopies(datasetId, contents, pairs);
  }
}
