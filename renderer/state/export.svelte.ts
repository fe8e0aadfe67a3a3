import type { Client } from '../../contract/client.ts';
import { ExportOptions, type ExportFormat, type ExportReport } from '../../contract/model.ts';

/** The exports of this visit: the newest of each run and format. */
export class ExportState {
  #client: Client;
  #reports = $state.raw<readonly ExportReport[]>([]); // replaced whole, never mutated
  /** The format at hand, and what was chosen for each: they outlive a visit to another step. */
  chosen = $state<ExportFormat>('keras');
  #options = $state.raw<Partial<Record<ExportFormat, ExportOptions>>>({});

  constructor(client: Client) {
    this.#client = client;
    client.on('model.exported', (report) => this.#keep(report));
  }

  /** The newest export of a run in a format. */
  of(runId: string | null, format: ExportFormat): ExportReport | null {
    return this.#reports.find((report) => report.runId === runId && report.format === format) ?? null;
  }

  /** Formats in which a run has left, in the order of time. */
  finished(runId: string | null): ExportFormat[] {
    return this.#reports
      .filter((report) => report.runId === runId && report.phase === 'finished')
      .map(({ format }) => format);
  }

  options(format: ExportFormat): ExportOptions {
    return this.#options[format] ?? ExportOptions.parse({});
  }

  choose(format: ExportFormat, options: Partial<ExportOptions>): void {
    this.#options = { ...this.#options, [format]: { ...this.options(format), ...options } };
  }

  /**
   * Starts an export with the options chosen; its report follows.
   *
   * @param out a new or empty folder
   * @param datasetId whose pictures prove it, for a run that has none of its own
   * @throws GraftError
   */
  async start(runId: string, format: ExportFormat, out: string | null, datasetId: string | null = null): Promise<void> {
    const place = out === null ? {} : { out };
    const proof = datasetId === null ? {} : { datasetId };
    const options = this.options(format);
    const { exportId } = await this.#client.call('model.export', { runId, format, options, ...place, ...proof });
    this.#keep(await this.#client.call('model.exported', { exportId }));
  }

  /** Asks again about exports that were running: events may have been lost. */
  async refresh(): Promise<void> {
    const running = this.#reports.filter((report) => report.phase === 'running');
    const reports = await Promise.all(running.map(({ exportId }) => this.#client.call('model.exported', { exportId })));
    for (const report of reports) this.#keep(report);
  }

  #keep(report: ExportReport): void {
    const known = this.of(report.runId, report.format);
    // The answer to the question can be older than the event that told the end.
    if (known?.exportId === report.exportId && known.phase !== 'running' && report.phase === 'running') return;
    this.#reports = [...this.#reports.filter((other) => other !== known), report];
  }
}
