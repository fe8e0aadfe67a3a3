import type { Client } from '../../contract/client.ts';
import type { ExportFormat, ExportReport } from '../../contract/model.ts';

/** The exports of this visit, the newest of each run. */
export class ExportState {
  #client: Client;
  #reports = $state.raw<Readonly<Record<string, ExportReport>>>({}); // by run; replaced whole, never mutated

  constructor(client: Client) {
    this.#client = client;
    client.on('model.exported', (report) => this.#keep(report));
  }

  /** The newest export of a run in this visit. */
  of(runId: string | null): ExportReport | null {
    return runId === null ? null : (this.#reports[runId] ?? null);
  }

  /**
   * Starts an export; its report follows.
   *
   * @param out a new or empty folder
   * @param datasetId whose pictures prove it, for a run that has none of its own
   * @throws GraftError
   */
  async start(runId: string, format: ExportFormat, out: string | null, datasetId: string | null = null): Promise<void> {
    const place = out === null ? {} : { out };
    const proof = datasetId === null ? {} : { datasetId };
    const { exportId } = await this.#client.call('model.export', { runId, format, ...place, ...proof });
    this.#keep(await this.#client.call('model.exported', { exportId }));
  }

  /** Asks again about exports that were running: events may have been lost. */
  async refresh(): Promise<void> {
    const running = Object.values(this.#reports).filter((report) => report.phase === 'running');
    const reports = await Promise.all(running.map(({ exportId }) => this.#client.call('model.exported', { exportId })));
    for (const report of reports) this.#keep(report);
  }

  #keep(report: ExportReport): void {
    const known = this.#reports[report.runId];
    // The answer to the question can be older than the event that told the end.
    if (known?.exportId === report.exportId && known.phase !== 'running' && report.phase === 'running') return;
    this.#reports = { ...this.#reports, [report.runId]: report };
  }
}
