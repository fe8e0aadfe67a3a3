import type { Client } from '../../../contract/client.ts';
import type { CompareReport } from '../../../contract/run.ts';

/** What the chosen runs say about the same pictures; asked once for each choice. */
export class Contrast {
  #client: Client;
  #reports = $state.raw<Readonly<Record<string, CompareReport>>>({});
  #asking = new Set<string>();

  constructor(client: Client) {
    this.#client = client;
  }

  of(runIds: readonly string[]): CompareReport | null {
    return this.#reports[runIds.join(' ')] ?? null;
  }

  /** @throws GraftError */
  async load(runIds: readonly string[]): Promise<void> {
    const key = runIds.join(' ');
    if (this.#asking.has(key) || this.#reports[key] !== undefined) return;
    this.#asking.add(key);
    try {
      const report = await this.#client.call('run.contrast', { runIds: [...runIds] });
      this.#reports = { ...this.#reports, [key]: report };
    } finally {
      this.#asking.delete(key);
    }
  }
}
