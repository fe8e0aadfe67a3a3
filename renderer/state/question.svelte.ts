import type { Client } from '../../contract/client.ts';
import { GraftError } from '../../contract/errors.ts';

/** A question to the backend that takes a while: how far it is, a way to stop it, and its last answer, on whatever screen the user is. */
export class Question<T> {
  readonly #client: Client;
  #jobId = $state.raw<string | null>(null);
  #isStopping = $state.raw(false);
  #progress = $state.raw<{ done: number; total: number } | null>(null);
  #answer = $state.raw<{ to: string; value: T } | null>(null);

  isRunning = $derived(this.#jobId !== null);
  isStopping = $derived(this.#isStopping);
  /** Null while it cannot be told. */
  progress = $derived(this.#progress);
  /** The last answer, and what was asked. */
  answer = $derived(this.#answer);

  constructor(client: Client) {
    this.#client = client;
  }

  /** Asks; one that runs already goes on instead. A stopped one has no answer and keeps the one before. @throws what the call throws */
  async ask(to: string, call: (jobId: string) => Promise<T>): Promise<void> {
    if (this.#jobId !== null) return;
    const jobId = newJobId();
    this.#jobId = jobId;
    const unsubscribe = this.#client.on('job.progress', ({ jobId: of, done, total }) => {
      if (of === jobId) this.#progress = { done, total };
    });
    try {
      this.#answer = { to, value: await call(jobId) };
    } catch (error) {
      if (!(error instanceof GraftError && error.code === 'job-stopped')) throw error;
    } finally {
      unsubscribe();
      this.#jobId = null;
      this.#isStopping = false;
      this.#progress = null;
    }
  }

  /** Puts the last answer away. */
  forget(): void {
    this.#answer = null;
  }

  async stop(): Promise<void> {
    if (this.#jobId === null || this.#isStopping) return;
    this.#isStopping = true;
    await this.#client.call('job.cancel', { jobId: this.#jobId });
  }
}

/** `randomUUID` is only there for https and this machine; a Graft served to others over http has none. */
function newJobId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(16).padStart(8, '0')).join('');
}
