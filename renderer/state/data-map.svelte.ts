import type { Client } from '../../contract/client.ts';
import type { DatasetSnapshot } from '../../contract/dataset.ts';
import type { DatasetMap, ImageLabels, LabelSuspect } from '../../contract/dataset-map.ts';
import { Question } from './question.svelte.ts';

/** Changes whenever a data set's pictures or their classes may have. */
export function picturesKey({ datasetId, edits, numImages, numExcluded, classes }: DatasetSnapshot): string {
  const counts = classes.map((one) => [one.name, one.numImages]);
  return JSON.stringify([datasetId, edits, numImages, numExcluded, counts]);
}

/** The map of a data set that was drawn last, with the classes that its pictures have now. */
export class DataMapState {
  readonly #client: Client;
  readonly question: Question<DatasetMap>;
  #labels = $state.raw<{ of: DatasetMap; key: string; numImages: number; labels: ImageLabels } | null>(null);
  /** Suspects that the user has judged right. */
  #right = $state.raw<ReadonlySet<string>>(new Set());

  map = $derived.by(() => this.question.answer?.value ?? null);
  #current = $derived(this.#labels !== null && this.#labels.of === this.map ? this.#labels : null);
  classNames = $derived<readonly string[]>(this.#current?.labels.classNames ?? this.map?.classNames ?? []);
  /** Of the pictures on the map now; -1: no longer in use. */
  classIndexes = $derived<readonly number[]>(this.#current?.labels.classIndexes ?? this.map?.points.classIndexes ?? []);
  /** True when there are pictures that the map does not know of, or it knows some that are gone otherwise than by its user. */
  hasChanged = $derived.by(() => {
    if (this.map === null || this.#current === null) return false;
    const numGone = this.classIndexes.filter((index) => index < 0).length;
    return this.#current.numImages !== this.map.numImages - numGone;
  });
  /** Those that still carry the label that does not fit. */
  suspects = $derived<readonly LabelSuspect[]>(this.#openSuspects());

  constructor(client: Client) {
    this.#client = client;
    this.question = new Question(client);
  }

  /** Draws the map of a data set. @throws what `dataset.map` throws */
  async draw(datasetId: string, backboneId: string | undefined): Promise<void> {
    const before = this.map;
    const asked = { datasetId, ...(backboneId !== undefined && { backboneId }) };
    await this.question.ask(datasetId, (jobId) => this.#client.call('dataset.map', { ...asked, jobId }));
    if (this.map !== before) this.#right = new Set();
  }

  /** Reads the classes that the pictures have now. */
  async refresh(dataset: DatasetSnapshot): Promise<void> {
    const of = this.map;
    const key = picturesKey(dataset);
    if (of === null || of.datasetId !== dataset.datasetId || (this.#current?.key ?? '') === key) return;
    const { datasetId, numImages } = dataset;
    const labels = await this.#client.call('dataset.labels', { datasetId, imageIds: of.points.imageIds });
    if (this.map === of) this.#labels = { of, key, numImages, labels };
  }

  /** Takes a picture off the list of suspects, until the map is drawn again. */
  judgeRight(imageId: string): void {
    this.#right = new Set([...this.#right, imageId]);
  }

  #openSuspects(): LabelSuspect[] {
    const { map, classNames, classIndexes } = this;
    if (map === null) return [];
    const indexOf = new Map(map.points.imageIds.map((imageId, index) => [imageId, index]));
    return map.suspects.filter(({ imageId, className, suggested }) => {
      const now = classNames[classIndexes[indexOf.get(imageId) ?? -1] ?? -1];
      return now === className && classNames.includes(suggested) && !this.#right.has(imageId);
    });
  }
}
