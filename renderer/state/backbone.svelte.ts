import type { BackboneFacts } from '../../contract/backbone.ts';
import type { Client } from '../../contract/client.ts';
import type { EventData } from '../../contract/contract.ts';
import { fromWire } from '../../contract/errors.ts';

type JobError = EventData<'job.ended'>['error'];

/** The catalogue of backbones, with what this machine knows of them. */
export class BackboneState {
  #client: Client;
  #facts = $state.raw<readonly BackboneFacts[]>([]);
  #measuring = $state.raw<ReadonlySet<string>>(new Set());
  /** Backbones whose download this window asked for. */
  #downloading = $state.raw<ReadonlySet<string>>(new Set());
  /** Jobs that ended before the answer that names them was here. */
  #ended = new Map<string, JobError>();
  #waiting = new Map<string, (error: JobError) => void>();

  /** In the order of the backend. */
  list = $derived(this.#facts);
  /** False until the catalogue has come for the first time. */
  isLoaded = $derived(this.#facts.length > 0);

  constructor(client: Client) {
    this.#client = client;
    client.on('backbone.changed', (facts) => this.put(facts));
    client.on('backbone.removed', ({ backboneId }) => {
      this.#facts = this.#facts.filter((facts) => facts.id !== backboneId);
    });
    client.on('weights.progress', ({ backboneId, ...download }) => {
      const facts = this.find(backboneId);
      if (facts !== null) this.put({ ...facts, weights: { ...facts.weights, download } });
    });
    client.on('job.ended', ({ jobId, error }) => this.#onJobEnded(jobId, error));
  }

  find(backboneId: string): BackboneFacts | null {
    return this.#facts.find((facts) => facts.id === backboneId) ?? null;
  }

  isMeasuring(backboneId: string): boolean {
    return this.#measuring.has(backboneId);
  }

  async refresh(): Promise<void> {
    this.#facts = await this.#client.call('backbone.list', {});
  }

  /**
   * Measures milliseconds a picture on this machine; resolves when the number is in the list.
   *
   * @throws GraftError with the job's code
   */
  async measure(backboneId: string): Promise<void> {
    if (this.#measuring.has(backboneId)) return;
    this.#measuring = new Set([...this.#measuring, backboneId]);
    try {
      const { jobId } = await this.#client.call('backbone.measure', { backboneId });
      const error = await this.#jobEnd(jobId);
      if (error !== null) throw fromWire(error);
      await this.refresh();
    } finally {
      this.#measuring = new Set([...this.#measuring].filter((id) => id !== backboneId));
    }
  }

  /** True from the press of the button on, and in every window while a download runs. */
  isDownloading(backboneId: string): boolean {
    return this.#downloading.has(backboneId) || Boolean(this.find(backboneId)?.weights.download);
  }

  /**
   * Downloads a backbone's official weights; resolves when they are taken in, or when the download was cancelled.
   *
   * @returns the facts from then on
   * @throws GraftError with the job's code
   */
  async download(backboneId: string): Promise<BackboneFacts | null> {
    if (this.#downloading.has(backboneId)) return null;
    this.#downloading = new Set([...this.#downloading, backboneId]);
    try {
      const { jobId } = await this.#client.call('weights.download', { backboneId });
      const error = await this.#jobEnd(jobId);
      if (error !== null) throw fromWire(error);
      await this.refresh();
      return this.find(backboneId);
    } finally {
      this.#downloading = new Set([...this.#downloading].filter((id) => id !== backboneId));
    }
  }

  /** What has come is kept: the next download goes on from there. */
  async cancelDownload(backboneId: string): Promise<void> {
    await this.#client.call('weights.cancel', { backboneId });
  }

  /** Takes a brought model out of the list. @throws backbone-in-use */
  async remove(backboneId: string): Promise<void> {
    await this.#client.call('backbone.remove', { backboneId });
    this.#facts = this.#facts.filter((facts) => facts.id !== backboneId);
  }

  /** Takes facts that another door brought: an upload of weights answers with them. */
  put(facts: BackboneFacts): void {
    const isKnown = this.#facts.some((known) => known.id === facts.id);
    this.#facts = isKnown
      ? this.#facts.map((known) => (known.id === facts.id ? facts : known))
      : [...this.#facts, facts];
  }

  #jobEnd(jobId: string): Promise<JobError> {
    const error = this.#ended.get(jobId);
    this.#ended.delete(jobId);
    if (error !== undefined) return Promise.resolve(error);
    return new Promise((resolve) => this.#waiting.set(jobId, resolve));
  }

  #onJobEnded(jobId: string, error: JobError): void {
    const resolve = this.#waiting.get(jobId);
    this.#waiting.delete(jobId);
    if (resolve !== undefined) resolve(error);
    else if (this.#measuring.size + this.#downloading.size > 0) this.#ended.set(jobId, error);
  }
}
