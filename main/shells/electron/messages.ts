import type { EventMessage } from '../../../contract/contract.ts';
import type { Reply } from '../../../contract/errors.ts';

/** What Electron's main process says to the backend's process. `id` pairs a question with its reply. */
export type ToBackend =
  | { kind: 'start'; home: string; assets: string }
  | { kind: 'call'; id: number; method: string; input: unknown }
  | { kind: 'thumbnail'; id: number; imageId: string; sizePx: number }
  | { kind: 'picture'; id: number; name: string; bytes: Uint8Array }
  | { kind: 'exportFolder'; id: number; exportId: string }
  | { kind: 'close'; id: number }
  /** Comes with the port to the worker. */
  | { kind: 'workerPort'; workerId: number }
  | { kind: 'workerStarted'; workerId: number; pid: number | undefined }
  | { kind: 'workerExited'; workerId: number; code: number | null; signal: string | null };

/** What the backend's process says to Electron's main process. */
export type FromBackend =
  | { kind: 'reply'; id: number; reply: Reply<unknown> }
  | { kind: 'event'; message: EventMessage }
  | { kind: 'startWorker'; workerId: number; entry: 'trainer' | 'media'; env: Record<string, string> }
  | { kind: 'killWorker'; workerId: number };

/** A question as its asker writes it: the id is given when it is sent. */
export type Question = ToBackend extends infer M ? (M extends { id: number } ? Omit<M, 'id'> : never) : never;

/** One end of a message channel, as both sides use Electron's `MessagePortMain`. */
export interface Port {
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  postMessage(message: unknown): void;
  start(): void;
  close(): void;
}
