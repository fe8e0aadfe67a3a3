import type { Client } from '../../contract/client.ts';
import { maxPictureBytes, type AddedImages } from '../../contract/dataset.ts';
import type { DatasetEdit, DatasetSnapshot, DatasetSummary } from '../../contract/dataset.ts';
import type { FolderFile, RendererTransport, UploadProgress } from '../transport/transport.ts';
import { recall, remember } from './remember.ts';

/** An upload on its way. */
export interface Upload extends UploadProgress {
  name: string;
}

const newestFirst = (a: DatasetSummary, b: DatasetSummary): number => b.createdAt.localeCompare(a.createdAt);

/** Every data set of this home and the one on screen, kept live by the backend's events. */
export class DatasetState {
  #client: Client;
  #transport: RendererTransport;
  #summaries = $state.raw<readonly DatasetSummary[]>([]);
  #current = $state.raw<DatasetSnapshot | null>(null); // replaced whole, never mutated
  #upload = $state.raw<Upload | null>(null);
  #isLoaded = $state(false);
  #cancelUpload: AbortController | null = null;
  #currentId: string | null = null;
  /** What an event said of the data set on screen since it was asked for. */
  #announced: DatasetSnapshot | null = null;
  /** An event about one of them may still be on its way. */
  #removed = new Set<string>();
  /** The upload that this window has begun, or has found cut off, last. */
  #cutOff: string | null = null;
  #numSelected = $state(0);

  /** Newest first. */
  list = $derived([...this.#summaries].sort(newestFirst));
  /** The data set on screen. */
  current = $derived(this.#current);
  upload = $derived(this.#upload);
  /** How often a data set was put on screen, the one that was there already included. */
  numSelected = $derived(this.#numSelected);
  /** True once the list has come for the first time: until then an empty screen is not an empty home. */
  isLoaded = $derived(this.#isLoaded);
  isReady = $derived(this.#current?.phase === 'ready');
  /** The warning that keeps training from starting, if any. */
  blocking = $derived(this.#current?.warnings.find((warning) => warning.blocking) ?? null);
  /** True when a run may be started on it. */
  canTrain = $derived(this.#current?.phase === 'ready' && !this.#current.warnings.some((warning) => warning.blocking));

  constructor(client: Client, transport: RendererTransport) {
    this.#client = client;
    this.#transport = transport;
    client.on('dataset.changed', (snapshot) => this.#onChanged(snapshot));
  }

  /** Reads the list and the data set on screen again; at first, picks the one seen last. */
  async refresh(): Promise<void> {
    const onScreen = this.#currentId;
    const known = new Set(this.#summaries);
    const listed = await this.#client.call('dataset.list', {});
    // What was heard of while the list was on its way is newer than the list, and need not be in it.
    const newer = this.#summaries.filter((dataset) => !known.has(dataset));
    const isNewer = (datasetId: string): boolean => newer.some((dataset) => dataset.datasetId === datasetId);
    const older = listed.filter(({ datasetId }) => !isNewer(datasetId) && !this.#removed.has(datasetId));
    this.#summaries = [...older, ...newer];
    if (this.#currentId === onScreen) await this.#showOneOf(this.list);
    this.#isLoaded = true;
  }

  async #showOneOf(list: readonly DatasetSummary[]): Promise<void> {
    const of = (wanted: string | null) => list.find(({ datasetId }) => datasetId === wanted);
    // A page that is opened again shows what was cut off, if there is anything left of it.
    const found = of(this.#currentId ?? (this.#cutOff = recall('upload'))) ?? of(recall('dataset')) ?? list[0];
    if (found === undefined) this.#show(null);
    else await this.#open(found.datasetId);
  }

  /** Puts a data set on screen. */
  async select(datasetId: string): Promise<void> {
    if (this.#upload === null) this.#forgetUpload();
    this.#removed.delete(datasetId); // the same pictures opened again have the same id
    await this.#open(datasetId);
    this.#numSelected++;
  }

  async #open(datasetId: string): Promise<void> {
    this.#currentId = datasetId;
    this.#announced = null;
    const snapshot = await this.#client.call('dataset.get', { datasetId });
    // An event may overtake the answer, and is then the newer of the two.
    if (this.#currentId === datasetId) this.#show(this.#announced ?? snapshot);
  }

  /** Reads a folder of the backend's machine in place and puts it on screen. */
  async addPath(path: string): Promise<void> {
    const { datasetId } = await this.#client.call('dataset.add', { path });
    await this.select(datasetId);
  }

  /** Draws the sample, or finds it drawn, and puts it on screen. */
  async addSample(): Promise<void> {
    const { datasetId } = await this.#client.call('dataset.addSample', {});
    await this.select(datasetId);
  }

  /** Uploads a folder's files from the browser and puts the new data set on screen. A cancelled upload is not a failure. */
  async addFiles(name: string, files: readonly FolderFile[]): Promise<void> {
    await this.#send({ name, numDone: 0, numFiles: files.length }, (onProgress, signal) =>
      this.#transport.addDatasetFiles(name, files, onProgress, signal),
    );
  }

  /** Reads an archive: where it lies on the desktop, a copy in a browser. A cancelled upload is not a failure. */
  async addArchive(file: File): Promise<void> {
    await this.#send({ name: file.name, numDone: 0, numFiles: file.size, isBytes: true }, (onProgress, signal) =>
      this.#transport.addDatasetArchive(file, onProgress, signal),
    );
  }

  async #send(
    upload: Upload,
    send: (onProgress: (progress: UploadProgress) => void, signal: AbortSignal) => Promise<string>,
  ): Promise<void> {
    const cancel = new AbortController();
    this.#cancelUpload = cancel;
    this.#upload = upload;
    let isRemembered = false;
    const isOnScreen = (): boolean => this.#cancelUpload === cancel; // not once it is over, or another has begun
    const onProgress = (progress: UploadProgress): void => {
      if (!isOnScreen()) return;
      this.#upload = { name: upload.name, ...progress };
      if (isRemembered || progress.datasetId === undefined) return;
      isRemembered = true;
      remember('upload', (this.#cutOff = progress.datasetId));
    };
    try {
      await this.select(await send(onProgress, cancel.signal));
      if (isOnScreen()) this.#forgetUpload();
    } catch (error) {
      if (!cancel.signal.aborted) throw error;
      if (isOnScreen()) this.#forgetUpload();
    } finally {
      if (isOnScreen()) {
        this.#upload = null;
        this.#cancelUpload = null;
      }
    }
  }

  /** Unless it is the upload of another window. */
  #forgetUpload(): void {
    if (this.#cutOff === recall('upload')) remember('upload', null);
  }

  /** Downloads an archive from a link and puts it on screen. @throws link-refused */
  async addLink(url: string, sha256?: string): Promise<void> {
    const { datasetId } = await this.#client.call('dataset.addLink', { url, ...(sha256 !== undefined && { sha256 }) });
    await this.select(datasetId);
  }

  /** Stops the download on screen; what has come is kept. */
  async pause(): Promise<void> {
    if (this.#currentId !== null) await this.#client.call('dataset.pause', { datasetId: this.#currentId });
  }
  async resume(): Promise<void> {
    if (this.#currentId !== null) await this.#client.call('dataset.resume', { datasetId: this.#currentId });
  }

  /** Opens an empty data set with classes and puts it on screen. */
  async create(name: string, classNames: readonly string[]): Promise<void> {
    const { datasetId } = await this.#client.call('dataset.create', { name, classNames: [...classNames] });
    await this.select(datasetId);
  }

  /** Adds pictures to a class of the data set on screen; Graft keeps copies. What is no picture is refused, the rest added. */
  async addImages(className: string, files: readonly File[]): Promise<AddedImages | null> {
    const datasetId = this.#currentId;
    const snapshot = this.#current;
    if (datasetId === null || snapshot === null) return null;
    const tooLarge = files.filter((file) => file.size > maxPictureBytes);
    const refused = tooLarge.map(({ name }) => ({ name, reason: 'too-large' as const }));
    const sent = files.filter((file) => !tooLarge.includes(file));
    if (sent.length === 0) return { snapshot, numAdded: 0, refused };
    const pictures = await this.#transport.addPictures(sent);
    const imageIds = pictures.map(({ imageId }) => imageId);
    const before = this.#announced;
    const added = await this.#client.call('dataset.addImages', { datasetId, className, imageIds });
    this.#onAnswered(added.snapshot, before);
    return { ...added, refused: [...refused, ...added.refused] };
  }

  /** Reads the files of the data set on screen again. */
  async readAgain(): Promise<void> {
    if (this.#currentId !== null) await this.#client.call('dataset.refresh', { datasetId: this.#currentId });
  }

  /** Changes what of the data set on screen is trained on; its files stay as they are. */
  async edit(edit: DatasetEdit): Promise<void> {
    await this.#change((datasetId) => this.#client.call('dataset.edit', { datasetId, edit }));
  }
  async undo(): Promise<void> {
    if (this.#current?.edits.undo) await this.#change((datasetId) => this.#client.call('dataset.undo', { datasetId }));
  }
  async redo(): Promise<void> {
    if (this.#current?.edits.redo) await this.#change((datasetId) => this.#client.call('dataset.redo', { datasetId }));
  }
  async #change(change: (datasetId: string) => Promise<DatasetSnapshot>): Promise<void> {
    if (this.#currentId === null) return;
    const before = this.#announced;
    this.#onAnswered(await change(this.#currentId), before);
  }

  /** A change is announced as well as answered; an event that came meanwhile is no older than the answer. */
  #onAnswered(snapshot: DatasetSnapshot, before: DatasetSnapshot | null): void {
    if (this.#announced === before) this.#onChanged(snapshot);
  }

  cancelUpload(): void {
    this.#cancelUpload?.abort();
  }

  /** Forgets a data set; pictures read in place stay where they are. */
  async remove(datasetId: string): Promise<void> {
    await this.#client.call('dataset.remove', { datasetId });
    this.#removed.add(datasetId);
    if (this.#currentId === datasetId) this.#currentId = null;
    await this.refresh();
  }

  #show(snapshot: DatasetSnapshot | null): void {
    this.#current = snapshot;
    this.#currentId = snapshot?.datasetId ?? null;
    remember('dataset', this.#currentId);
    if (snapshot !== null) this.#list(snapshot);
  }

  #list({ datasetId, name, kind, phase, numImages, numClasses, createdAt }: DatasetSummary): void {
    if (this.#removed.has(datasetId)) return;
    const summary = { datasetId, name, kind, phase, numImages, numClasses, createdAt };
    this.#summaries = [...this.#summaries.filter((dataset) => dataset.datasetId !== datasetId), summary];
  }

  #onChanged(snapshot: DatasetSnapshot): void {
    this.#list(snapshot);
    if (snapshot.datasetId !== this.#currentId) return;
    this.#current = snapshot;
    this.#announced = snapshot;
  }
}
