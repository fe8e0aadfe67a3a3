import { randomUUID } from 'node:crypto';
import { toWire, type WireError } from '../../contract/errors.ts';
import { workerChannel } from './channel.ts';

/** What the host of a worker sends it. */
export type ToWorker =
  { id: number; method: string; input: unknown } | { id: number; stop: true } | { id: number; pause: boolean };
/** What a worker answers. */
export type FromWorker =
  | { id: number; ready: true }
  | { id: number; progress: unknown }
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; stopped: boolean; error: WireError; stack?: string };

/** A job of a worker: does its work, reports, stops when the signal says so, and holds where it awaits `whenRunning`. */
export type Job = (
  input: never,
  report: (progress: unknown) => void,
  signal: AbortSignal,
  whenRunning: () => Promise<void>,
) => Promise<unknown>;

/** Holds whoever awaits it while paused; a stop lets go. */
class Gate {
  #isClosed = false;
  #waiting: (() => void)[] = [];

  set(isClosed: boolean): void {
    this.#isClosed = isClosed;
    if (!isClosed) for (const resume of this.#waiting.splice(0)) resume();
  }

  passed = async (): Promise<void> => {
    while (this.#isClosed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  };
}

/** Serves jobs to the process that started this one, and ends when that one is gone. */
export function serveJobs(jobs: Record<string, Job>): void {
  const channel = workerChannel();
  const running = new Map<number, { stop: AbortController; gate: Gate }>();
  // At once: an orderly exit would end threads within native code, which then aborts.
  channel.onParentGone(() => process.kill(process.pid, 'SIGKILL'));
  // Ctrl-C reaches the whole group; the backend decides what becomes of a job, and when it is gone so is this process.
  process.on('SIGINT', () => undefined);
  channel.onMessage((raw) => {
    const message = raw as ToWorker;
    if ('pause' in message) return running.get(message.id)?.gate.set(message.pause);
    if ('stop' in message) {
      running.get(message.id)?.stop.abort();
      return running.get(message.id)?.gate.set(false);
    }
    const controller = new AbortController();
    const gate = new Gate();
    running.set(message.id, { stop: controller, gate });
    const report = (progress: unknown) => channel.send({ id: message.id, progress } satisfies FromWorker);
    const job = jobs[message.method];
    Promise.resolve()
      .then(() => {
        if (!job) throw new Error(`no job ${message.method}`);
        return job(message.input as never, report, controller.signal, gate.passed);
      })
      .then(
        (value) => channel.send({ id: message.id, ok: true, value } satisfies FromWorker),
        (error: unknown) =>
          channel.send({
            id: message.id,
            ok: false,
            stopped: controller.signal.aborted,
            error: toWire(error, () => randomUUID().slice(0, 8)),
            ...(error instanceof Error && error.stack ? { stack: error.stack } : {}),
          } satisfies FromWorker),
      )
      .finally(() => running.delete(message.id));
  });
}
