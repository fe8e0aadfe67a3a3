import type { BackboneFacts, BringOptions, ModelInspection } from '../../contract/backbone.ts';
import { createClient, type Client } from '../../contract/client.ts';
import type { EventMessage } from '../../contract/contract.ts';
import { maxUploadFileBytes } from '../../contract/dataset.ts';
import { fromWire, type Reply } from '../../contract/errors.ts';
import type { ImportedModel, ImportOptions } from '../../contract/model.ts';
import type { ShellInput, ShellMethodName, ShellOutput } from '../../contract/shell.ts';
import { EventSocket } from './event-socket.ts';
import type { AddedPicture, FolderFile, RendererTransport, UploadProgress } from './transport.ts';

/** Files that travel at the same time: loopback is fast, the scan behind it is not. */
const numParallelUploads = 4;
/** Bytes of an archive that travel at once: so much is sent again after a cut. */
const pieceBytes = 8 * 1024 * 1024;
/** How often a piece is tried, a second apart: the way to the backend may be gone for a while. */
const maxAttempts = 60;
const retryMs = 1000;

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

  async addDatasetFiles(
    name: string,
    files: readonly FolderFile[],
    onProgress: (progress: UploadProgress) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const { datasetId } = await this.#client.call('dataset.beginUpload', { name, numFiles: files.length });
    const waiting = files.values();
    let numDone = 0;
    const carry = async (): Promise<void> => {
      for (const { path, file } of waiting) {
        const query = new URLSearchParams({ path });
        // One too large stays out either way, and is not sent for nothing.
        if (file.size > maxUploadFileBytes)
          await this.#sendBytes(`/api/datasets/${datasetId}/left-out?${query}`, noBytes, signal);
        else await this.#sendBytes(`/api/datasets/${datasetId}/files?${query}`, file, signal);
        onProgress({ numDone: ++numDone, numFiles: files.length });
      }
    };
    try {
      await Promise.all(Array.from({ length: numParallelUploads }, carry));
      await this.#finish(datasetId, signal);
    } catch (error) {
      // Half an upload helps nobody; the reason it broke is what the user should read.
      await this.#client.call('dataset.remove', { datasetId }).catch(() => undefined);
      throw error;
    }
    return datasetId;
  }

  async addDatasetArchive(
    file: File,
    onProgress: (progress: UploadProgress) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const { datasetId } = await this.#client.call('dataset.beginArchive', { name: file.name, sizeBytes: file.size });
    try {
      for (let offset = 0; offset < file.size; offset += pieceBytes) {
        const piece = file.slice(offset, offset + pieceBytes);
        await this.#sendBytes(`/api/datasets/${datasetId}/archive?offset=${offset}`, piece, signal);
        onProgress({ numDone: offset + piece.size, numFiles: file.size, isBytes: true });
      }
      await this.#finish(datasetId, signal);
    } catch (error) {
      await this.#client.call('dataset.remove', { datasetId }).catch(() => undefined);
      throw error;
    }
    return datasetId;
  }

  #sendBytes(path: string, body: Blob, signal: AbortSignal): Promise<void> {
    return this.#persistently(() => this.#send(path, { method: 'PUT', headers: bytes, body, signal }), signal);
  }

  #finish(datasetId: string, signal: AbortSignal): Promise<void> {
    return this.#persistently(() => this.call('dataset.finishUpload', { datasetId }), signal);
  }

  /** Sends until there is an answer: the backend knows what comes twice. @throws GraftError; an AbortError */
  async #persistently(send: () => Promise<Reply<unknown>>, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const reply = await send();
      if (reply.ok) return;
      if (reply.error.code !== 'connection-lost' || attempt === maxAttempts) throw fromWire(reply.error);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      signal.throwIfAborted();
    }
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
const noBytes = new Blob();
const bytes = { 'content-type': 'application/octet-stream' };

function isReply(value: unknown): value is Reply<unknown> {
  return typeof value === 'object' && value !== null && 'ok' in value;
}
