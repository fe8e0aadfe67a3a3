import type { Parsed } from '../../contract/contract.ts';
import type { AugmentedViews, ModelPrediction } from '../../contract/model.ts';
import type { WorkerHost } from '../workers/host.ts';
import type { Datasets } from './datasets.ts';
import type { Pictures } from './pictures.ts';
import type { Runs } from './runs.ts';
import type { RunStore } from '../store/runs.ts';

/** Answers about single pictures, in a process of their own, so that they come while a run trains. */
export class Predictions {
  #places: { home: string; assets: string; cacheFolder: string };
  #media: WorkerHost;
  #sources: { runs: Runs; store: RunStore; datasets: Datasets; pictures: Pictures };

  constructor(
    places: { home: string; assets: string; cacheFolder: string },
    media: WorkerHost,
    sources: { runs: Runs; store: RunStore; datasets: Datasets; pictures: Pictures },
  ) {
    this.#places = places;
    this.#media = media;
    this.#sources = sources;
  }

  /** @throws run-not-found, run-not-finished, image-not-found */
  async predict(runId: string, imageIds: readonly string[]): Promise<ModelPrediction[]> {
    const { runs, store } = this.#sources;
    await runs.finished(runId);
    const pictures = await Promise.all(
      imageIds.map(async (imageId) => ({ imageId, ...(await this.picture(imageId)) })),
    );
    return this.#media.call('predict', { ...this.#places, runId, folder: store.folderOf(runId), pictures });
  }

  /** The file behind an id, whether of a data set or let in for a prediction. @throws image-not-found */
  async picture(imageId: string): Promise<{ file: string; name: string }> {
    const { datasets, pictures } = this.#sources;
    if (pictures.has(imageId)) return pictures.get(imageId);
    const file = await datasets.fileOf(imageId);
    return { file, name: file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1) };
  }

  /** What training would see of a picture. @throws image-not-found, image-not-readable */
  async augment({ imageId, ...how }: Parsed<'picture.augment'>): Promise<AugmentedViews> {
    return this.#media.call('augment', { ...(await this.picture(imageId)), ...how });
  }

  /** @throws image-not-found, image-not-readable */
  async thumbnail(imageId: string, sizePx: number): Promise<Uint8Array> {
    const { file } = await this.picture(imageId);
    return this.#media.call('thumbnail', { file, sizePx, cacheFolder: this.#places.cacheFolder });
  }
}
