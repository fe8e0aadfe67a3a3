import { SvelteMap } from 'svelte/reactivity';
import type { Client } from '../../contract/client.ts';
import type { ImageFilter, ImageItem } from '../../contract/dataset.ts';

const pageSize = 200;

/** The pictures of a data set or of one of its classes, fetched by page as they come into view. */
export class ImagePages {
  #client: Client;
  #datasetId: string;
  #filter: ImageFilter;
  #report: (error: unknown) => void;
  #pages = new SvelteMap<number, readonly ImageItem[]>();
  #asked = new Set<number>();
  #total = $state(0);

  /** How many pictures there are; known from the data set before the first page has come. */
  total = $derived(this.#total);

  /** @param report takes the failure of a page, which is asked for again when it next comes into view. */
  constructor(client: Client, datasetId: string, filter: ImageFilter, total: number, report: (error: unknown) => void) {
    this.#client = client;
    this.#datasetId = datasetId;
    this.#filter = filter;
    this.#total = total;
    this.#report = report;
  }

  /** The picture at an index, or null until its page has come. */
  at(index: number): ImageItem | null {
    return this.#pages.get(Math.floor(index / pageSize))?.[index % pageSize] ?? null;
  }

  /** Asks for the pages that hold these indexes, once. */
  need(first: number, last: number): void {
    for (let page = Math.floor(first / pageSize); page <= Math.floor(Math.max(first, last) / pageSize); page++) {
      if (this.#asked.has(page)) continue;
      this.#asked.add(page);
      this.#fetch(page).catch((error: unknown) => {
        this.#asked.delete(page);
        this.#report(error);
      });
    }
  }

  async #fetch(page: number): Promise<void> {
    const answer = await this.#client.call('dataset.images', {
      datasetId: this.#datasetId,
      ...this.#filter,
      offset: page * pageSize,
      limit: pageSize,
    });
    this.#total = answer.total;
    this.#pages.set(page, answer.images);
  }
}
