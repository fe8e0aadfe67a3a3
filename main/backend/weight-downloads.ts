import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { WeightsState } from '../../contract/backbone.ts';
import type { Emit } from '../../contract/contract.ts';
import { toWire } from '../../contract/errors.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import { fetchWeights, type WeightSource } from '../backbones/weight-source.ts';
import type { Log } from './log.ts';

type Progress = NonNullable<WeightsState['download']>;

interface Running {
  jobId: string;
  progress: Progress;
  controller: AbortController;
  ended: Promise<void>;
}

/** What a download needs of its surroundings. */
export interface DownloadHooks {
  /** Takes a file in. `isOfficial`: it comes from the official address itself. */
  importFile: (spec: BackboneSpec, file: string, isOfficial: boolean, signal: AbortSignal) => Promise<void>;
  /** Tells all windows that the facts of a backbone have changed. */
  announce: (backboneId: string) => Promise<void>;
  emit: Emit;
  log: Log;
}

/** Downloads of weights that run now, one a backbone: whoever asks again while one runs shares it. */
export class WeightDownloads {
  #folder: string;
  #hooks: DownloadHooks;
  #running = new Map<string, Running>();

  /** @param home Graft's home; what has come is kept in `weights/downloads/` until it is whole */
  constructor(home: string, hooks: DownloadHooks) {
    this.#folder = path.join(home, 'weights', 'downloads');
    this.#hooks = hooks;
  }

  /** How far the download of a backbone's weights is; null when none runs. All received: the file is being taken in. */
  progress(backboneId: string): Progress | null {
    return this.#running.get(backboneId)?.progress ?? null;
  }

  /** Starts a download, or joins the one that runs. Ends with `job.ended`; a cancelled one without an error. @param source null: there is nothing to do */
  start(spec: BackboneSpec, source: WeightSource | null): { jobId: string } {
    const running = this.#running.get(spec.id);
    if (running) return { jobId: running.jobId };
    const jobId = `job-${randomUUID().slice(0, 12)}`;
    const { emit, log, announce } = this.#hooks;
    if (!source) {
      setImmediate(() => emit('job.ended', { jobId, error: null }));
      return { jobId };
    }
    const controller = new AbortController();
    const progress: Progress = { receivedBytes: 0, totalBytes: null };
    const ended = this.#fetch(spec, source, controller.signal)
      .then(
        () => null,
        (error: unknown) => (controller.signal.aborted ? null : toWire(error, (bug) => log.bug(bug))),
      )
      .then(async (error) => {
        this.#running.delete(spec.id);
        await announce(spec.id);
        emit('job.ended', { jobId, error });
      })
      .catch((bug: unknown) => void log.bug(bug));
    this.#running.set(spec.id, { jobId, progress, controller, ended });
    return { jobId };
  }

  async #fetch(spec: BackboneSpec, source: WeightSource, signal: AbortSignal): Promise<void> {
    await this.#hooks.announce(spec.id); // windows show from here on that it runs
    const fetched = await fetchWeights(source, this.#folder, {
      signal,
      onProgress: (receivedBytes, totalBytes) => this.#report(spec.id, { receivedBytes, totalBytes }),
    });
    try {
      // An official address is encrypted: what it gives is Keras's own, also where Keras publishes no checksum.
      await this.#hooks.importFile(spec, fetched.file, source.wanted.trust === 'official', signal);
    } finally {
      await fetched.discard();
    }
  }

  #report(backboneId: string, progress: Progress): void {
    const running = this.#running.get(backboneId);
    if (running) running.progress = progress;
    this.#hooks.emit('weights.progress', { backboneId, ...progress });
  }

  /** Stops the download of a backbone's weights, if one runs. What has come is kept: the next one goes on from there. */
  async cancel(backboneId: string): Promise<void> {
    const running = this.#running.get(backboneId);
    running?.controller.abort();
    await running?.ended;
  }

  /** Stops all. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((backboneId) => this.cancel(backboneId)));
  }
}
