import type { BackboneFacts, BringOptions, ModelInspection } from '../../contract/backbone.ts';
import { createClient, type Client } from '../../contract/client.ts';
import type { EventMessage } from '../../contract/contract.ts';
import { fromWire, type Reply } from '../../contract/errors.ts';
import type { ImportedModel, ImportOptions } from '../../contract/model.ts';
import type { ShellInput, ShellMethodName, ShellOutput } from '../../contract/shell.ts';
import { uploadArchive, uploadFiles, type Sending } from './dataset-upload.ts';
import { EventSocket } from './event-socket.ts';
import type { AddedPicture, FolderFile, RendererTransport, UploadProgress } from './transport.ts';

/** The contract over HTTP, events over a WebSocket, files as bodies. */
export class HttpTransport implements RendererTransport {
  readonly kind = 'web';
  #origin: string;
  #client: Client;
  #socket: EventSocket;

  constructor(origin: string) {
    this.#origin = origin;
    this.#client = createClient(this);
    this.#socket = new EventSocket(`${origin.replace(/^http/, 'ws')}/api/events`);
  }

  call(method: string, input: unknown): Promise<Reply<unknown>> {
    return this.#send(`/api/call/${method}`, { method: 'POST', headers: json, body: JSON.stringify(input) });
  }

  async shell<M extends ShellMethodName>(method: M, input: ShellInput<M>): Promise<ShellOutput<M>> {
    return this.#value(`/api/shell/${method}`, { method: 'POST', headers: json, body: JSON.stringify(input) });
  }

  subscribe(listener: (message: EventMessage) => void): () => void {
    return this.#socket.onMessage(listener);
  }

  onReset(listener: () => void): () => void {
    return this.#socket.onReset(listener);
  }

  onConnection(listener: (isConnected: boolean) => void): () => void {
    return this.#socket.onConnection(listener);
  }

  imageUrl(imageId: string, sizePx: number): string {
    return `/api/image/${encodeURIComponent(imageId)}?size=${sizePx}`;
  }

  exportUrl(exportId: string): string {
    return `/api/exports/${encodeURIComponent(exportId)}.zip`;
  }

  pathForFile(): null {
    return null;
  }

  addDatasetFiles(
    name: string,
    files: readonly FolderFile[],
    onProgress: (progress: UploadProgress) => void,
    signal: AbortSignal,
  ): Promise<string> {
    return uploadFiles(name, files, this.#sending(onProgress, signal));
  }

  addDatasetArchive(file: File, onProgress: (progress: UploadProgress) => void, signal: AbortSignal): Promise<string> {
    return uploadArchive(file, this.#sending(onProgress, signal));
  }

  #sending(onProgress: (progress: UploadProgress) => void, signal: AbortSignal): Sending {
    const put: Sending['put'] = (path, body, stopped) =>
      this.#send(path, { method: 'PUT', headers: bytes, body, signal: stopped });
    return { client: this.#client, put, onProgress, signal };
  }

  async addPictures(files: readonly File[]): Promise<AddedPicture[]> {
    const pictures: AddedPicture[] = [];
    for (const file of files) {
      const query = new URLSearchParams({ name: file.name });
      pictures.push(
        await this.#value<AddedPicture>(`/api/pictures?${query}`, { method: 'POST', headers: bytes, body: file }),
      );
    }
    return pictures;
  }

  importWeights(backboneId: string, file: File): Promise<BackboneFacts> {
    const query = new URLSearchParams({ name: file.name });
    return this.#value(`/api/weights/${encodeURIComponent(backboneId)}?${query}`, {
      method: 'POST',
      headers: bytes,
      body: file,
    });
  }

  inspectModel(file: File): Promise<ModelInspection> {
    return this.#sendModel('/api/models', file, {});
  }

  bringModel(file: File, options: BringOptions): Promise<BackboneFacts> {
    return this.#sendModel('/api/models', file, { options: JSON.stringify(options) });
  }

  importModel(file: File, options: ImportOptions): Promise<ImportedModel> {
    return this.#sendModel('/api/models/whole', file, { options: JSON.stringify(options) });
  }

  #sendModel<T>(path: string, file: File, query: Record<string, string>): Promise<T> {
    const search = new URLSearchParams({ name: file.name, ...query });
    return this.#value(`${path}?${search}`, { method: 'POST', headers: bytes, body: file });
  }

  async #value<T>(path: string, request: RequestInit): Promise<T> {
    const reply = (await this.#send(path, request)) as Reply<T>;
    if (!reply.ok) throw fromWire(reply.error);
    return reply.value;
  }

  /** Everything but an abort becomes a reply: a transport never throws what the contract does not know. */
  async #send(path: string, request: RequestInit): Promise<Reply<unknown>> {
    let response: Response;
    try {
      response = await fetch(this.#origin + path, { ...request, credentials: 'same-origin' });
    } catch (error) {
      if (request.signal?.aborted === true) throw error;
      return { ok: false, error: { code: 'connection-lost', params: {} } };
    }
    const reply: unknown = await response.json().catch(() => null);
    if (isReply(reply)) return reply;
    if (response.status === 401 || response.status === 403)
      return { ok: false, error: { code: 'not-authorised', params: {} } };
    return { ok: false, error: { code: 'internal', params: { id: `http-${response.status}` } } };
  }
}

const json = { 'content-type': 'application/json' };
const bytes = { 'content-type': 'application/octet-stream' };

function isReply(value: unknown): value is Reply<unknown> {
  return typeof value === 'object' && value !== null && 'ok' in value;
}
