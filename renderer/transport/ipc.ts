import type { BackboneFacts, BringOptions, ModelInspection } from '../../contract/backbone.ts';
import { createClient, type Client } from '../../contract/client.ts';
import type { EventMessage } from '../../contract/contract.ts';
import { fromWire, GraftError, type Reply } from '../../contract/errors.ts';
import type { ImportedModel, ImportOptions } from '../../contract/model.ts';
import type { ShellInput, ShellMethodName, ShellOutput } from '../../contract/shell.ts';
import type { AddedPicture, RendererTransport } from './transport.ts';

/** What the preload script exposes. */
export interface GraftBridge {
  call(method: string, input: unknown): Promise<Reply<unknown>>;
  shell(method: string, input: unknown): Promise<Reply<unknown>>;
  subscribe(listener: (message: EventMessage) => void): () => void;
  pathForFile(file: File): string;
}

/** The contract over Electron's IPC. Files never cross: their paths do. Only what is no file yet, a shot of the camera, is sent. */
export class IpcTransport implements RendererTransport {
  readonly kind = 'electron';
  #bridge: GraftBridge;
  #client: Client;

  constructor(bridge: GraftBridge) {
    this.#bridge = bridge;
    this.#client = createClient(this);
  }

  call(method: string, input: unknown): Promise<Reply<unknown>> {
    return this.#bridge.call(method, input);
  }

  async shell<M extends ShellMethodName>(method: M, input: ShellInput<M>): Promise<ShellOutput<M>> {
    const reply = (await this.#bridge.shell(method, input)) as Reply<ShellOutput<M>>;
    if (!reply.ok) throw fromWire(reply.error);
    return reply.value;
  }

  subscribe(listener: (message: EventMessage) => void): () => void {
    return this.#bridge.subscribe(listener);
  }

  imageUrl(imageId: string, sizePx: number): string {
    return `graft-image://image/${encodeURIComponent(imageId)}?size=${sizePx}`;
  }

  exportUrl(): null {
    return null;
  }

  pathForFile(file: File): string | null {
    return this.#bridge.pathForFile(file) || null;
  }

  /** Not used here: a dropped folder is added by its path. */
  addDatasetFiles(name: string): Promise<string> {
    return Promise.reject(new GraftError('data-kind-not-supported', { path: name }));
  }

  async addDatasetArchive(file: File): Promise<string> {
    return (await this.#client.call('dataset.add', { path: this.#path(file) })).datasetId;
  }

  async addPictures(files: readonly File[]): Promise<AddedPicture[]> {
    const shots = files.filter((file) => this.pathForFile(file) === null);
    const paths = files.map((file) => this.pathForFile(file)).filter((path) => path !== null);
    const added = paths.length > 0 ? await this.#client.call('picture.add', { paths }) : [];
    for (const shot of shots) added.push(await this.#send(shot));
    return added;
  }

  async #send(shot: File): Promise<AddedPicture> {
    const query = new URLSearchParams({ name: shot.name });
    const response = await fetch(`/api/pictures?${query}`, { method: 'POST', body: shot });
    const reply = (await response.json()) as Reply<AddedPicture>;
    if (!reply.ok) throw fromWire(reply.error);
    return reply.value;
  }

  importWeights(backboneId: string, file: File): Promise<BackboneFacts> {
    return this.#client.call('weights.import', { backboneId, path: this.#path(file) });
  }

  inspectModel(file: File): Promise<ModelInspection> {
    return this.#client.call('backbone.inspectModel', { path: this.#path(file) });
  }

  bringModel(file: File, options: BringOptions): Promise<BackboneFacts> {
    return this.#client.call('backbone.bring', { ...options, path: this.#path(file) });
  }

  importModel(file: File, options: ImportOptions): Promise<ImportedModel> {
    return this.#client.call('model.import', { ...options, path: this.#path(file) });
  }

  /** Main relays every event in order, so none is lost. */
  onReset(): () => void {
    return () => undefined;
  }

  onConnection(): () => void {
    return () => undefined;
  }

  #path(file: File): string {
    const path = this.pathForFile(file);
    if (path === null) throw new GraftError('path-not-found', { path: file.name });
    return path;
  }
}
