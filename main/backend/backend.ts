import type { Readable } from 'node:stream';
import type { BackboneFacts, BringOptions, ModelInspection } from '../../contract/backbone.ts';
import type { SkipReason } from '../../contract/dataset.ts';
import type { ImportedModel, ImportOptions } from '../../contract/model.ts';
import type { Network } from '../dataset/ask.ts';
import type { Transport } from '../../contract/client.ts';

/** The backend as a shell sees it: the contract, and the few doors through which bytes pass beside it. */
export interface Backend extends Transport {
  /** A picture as JPEG or WebP (`thumbnailType`), EXIF turned, fitted into a square of `sizePx`. @throws image-not-found, image-not-readable */
  thumbnail(imageId: string, sizePx: number): Promise<Uint8Array>;
  /** Takes one file of an upload opened by `dataset.beginUpload`. `path` is relative and comes from a stranger: it is checked here. */
  receiveFile(datasetId: string, path: string, bytes: Readable): Promise<void>;
  /** Counts a file of such an upload that is larger than `maxUploadFileBytes`, or that its sender cannot read: it stays out, and is told of. */
  leaveOutFile(datasetId: string, path: string, reason: NotSentReason): Promise<void>;
  /** Takes a piece of an archive opened by `dataset.beginArchive`, from `offset` bytes on. */
  receivePiece(datasetId: string, offset: number, bytes: Readable): Promise<void>;
  /** Takes one picture for a prediction. */
  receivePicture(name: string, bytes: Readable): Promise<{ imageId: string; name: string }>;
  /** Takes a weight file for a backbone and imports it as `weights.import` does. */
  receiveWeights(backboneId: string, name: string, bytes: Readable): Promise<BackboneFacts>;
  /** Reads an uploaded model: what it is, or with `options` a backbone made of it. The bytes are kept only while they are read. */
  receiveModel(name: string, bytes: Readable, options: BringOptions | null): Promise<ModelInspection | BackboneFacts>;
  /** Makes a run of an uploaded model, as `model.import` does. The bytes are kept only while they are read. */
  receiveWholeModel(name: string, bytes: Readable, options: ImportOptions): Promise<ImportedModel>;
  /** Downloads weights from an address that the person at this machine typed, as `weights.download` does. Never for callers from elsewhere. */
  downloadWeights(backboneId: string, url: string): Promise<{ jobId: string }>;
  /** The folder of a finished export, for a download or a file manager. @throws export-not-found */
  exportFolder(exportId: string): Promise<string>;
  /** What an archive of a finished export, or of a data set written as folders, holds. @throws export-not-found */
  exportFiles(exportId: string): Promise<ExportFiles>;
  /** Ends all workers and finishes pending writes. */
  close(): Promise<void>;
}

/** Why a file of an upload is not sent. */
export type NotSentReason = Extract<SkipReason, 'too-large-to-upload' | 'unreadable'>;

/** What an archive is made of. */
export interface ExportFiles {
  /** What to call it; any text. */
  name: string;
  /** `name` inside the archive, with forward slashes; `file` is where it lies, null for a folder. */
  entries: { name: string; file: string | null; sizeBytes: number; mtimeMs: number }[];
}

/** A worker process as the backend sees it, whichever shell started it. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once when the process is gone; signal and code as Node gives them. */
  onExit(listener: (code: number | null, signal: string | null) => void): void;
  /** Ends the process at once. */
  kill(): void;
}
/** `child_process.fork` on plain Node, `utilityProcess` in Electron. */
export type SpawnWorker = (entry: 'trainer' | 'media', env: Record<string, string>) => WorkerProcess;

export interface BackendOptions {
  /** GRAFT_HOME, an absolute path; made when missing. */
  home: string;
  /** Folder of `assets/`. */
  assets: string;
  spawnWorker: SpawnWorker;
  /** Folders under which paths of `dataset.add` and the like must lie; null: any path of the user's (Electron, command line). */
  roots: readonly string[] | null;
  /** The web as links of data sets see it; the real one unless a test says otherwise. */
  network?: Network | undefined;
}
