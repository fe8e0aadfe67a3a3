import type { Emit } from '../../contract/contract.ts';
import { GraftError } from '../../contract/errors.ts';

/** What the work on a question gets from who asked it. */
export interface Asking {
  signal: AbortSignal;
  /** Pictures that are done, of how many. */
  onProgress: (done: number, total: number) => void;
}

const progressEveryMs = 150;

/** Questions that keep a worker busy for a while and leave nothing: they take their turns, tell how far they are, and stop when told to. */
export class Questions {
  readonly #emit: Emit;
  readonly #running = new Set<AbortController>();
  readonly #named = new Map<string, AbortController>();
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /**
   * Does the work when its turn comes: side by side they would share the cores and the memory.
   *
   * @param jobId by which it can be stopped; a question that runs under the same is stopped by this one
   * @throws job-stopped; whatever the work throws
   */
  async ask<T>(jobId: string | undefined, work: (asking: Asking) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.add(controller);
    if (jobId !== undefined) {
      this.#named.get(jobId)?.abort();
      this.#named.set(jobId, controller);
    }
    const turn = this.#lastTurn;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    this.#lastTurn = turn.then(() => ended);
    const stopped = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(new GraftError('job-stopped', {})), { once: true }),
    );
    stopped.catch(() => undefined); // most questions are not stopped
    let doing: Promise<unknown> = Promise.resolve();
    try {
      await Promise.race([turn, stopped]);
      const answer = work({ signal, onProgress: this.#teller(jobId, signal) });
      doing = answer;
      return await Promise.race([answer, stopped]); // whatever it waits for may not hear of the stop
    } catch (error) {
      throw signal.aborted ? new GraftError('job-stopped', {}) : error;
    } finally {
      void doing.then(end, end); // the next one begins when this one has let go of the machine
      this.#running.delete(controller);
      if (jobId !== undefined && this.#named.get(jobId) === controller) this.#named.delete(jobId);
    }
  }

  cancel(jobId: string): void {
    this.#named.get(jobId)?.abort();
  }

  /** Stops all and waits until they have ended. */
  async close(): Promise<void> {
    for (const controller of this.#running) controller.abort();
    await this.#lastTurn;
  }

  #teller(jobId: string | undefined, signal: AbortSignal): Asking['onProgress'] {
    if (jobId === undefined) return () => undefined;
    let lastAt = -Infinity;
    return (done, total) => {
      const now = performance.now();
      if (signal.aborted || (now - lastAt < progressEveryMs && done < total)) return;
      lastAt = now;
      this.#emit('job.progress', { jobId, done, total });
    };
  }
}
