import { SvelteMap } from 'svelte/reactivity';
import type { Client } from '../../contract/client.ts';
import type { ImageFilter, ImageItem, ImageOrder } from '../../contract/dataset.ts';

const pageSize = 200;
/** Who drags the scroll bar flies by hundreds of pages, and the answers would come long after. */
const maxRunning = 2;

/** Which pictures, and in what order. */
export interface ImageQuery {
  filter: ImageFilter;
  orderBy: ImageOrder;
  isDescending: boolean;
}

/** The pictures of a data set that a query finds, fetched by page as they come into view. */
export class ImagePages {
  #client: Client;
  #datasetId: string;
  #query: ImageQuery;
  #report: (error: unknown) => void;
  #pages = new SvelteMap<number, readonly ImageItem[]>();
  #asked = new Set<number>();
  /** Pages that are in view, asked for or not. */
  #wanted: readonly number[] = [];
  #numRunning = 0;
  #numQuestions = 0;
  /** Of each page, the newest question that was answered. */
  #answered = new Map<number, number>();
  #total = $state(0);

  /** How many pictures there are; as far as the data set tells before the first page has come. */
  total = $derived(this.#total);

  /** @param report takes the failure of a page, which is asked for again when it next comes into view. */
  constructor(client: Client, datasetId: string, query: ImageQuery, total: number, report: (error: unknown) => void) {
    this.#client = client;
    this.#datasetId = datasetId;
    this.#query = query;
    this.#total = total;
    this.#report = report;
  }

  /** The picture at an index, or null until its page has come. */
  at(index: number): ImageItem | null {
    return this.#pages.get(Math.floor(index / pageSize))?.[index % pageSize] ?? null;
  }

  /** Asks for the pages that hold these indexes, once; those of earlier calls that have not been asked for yet are let go. */
  need(first: number, last: number): void {
    const firstPage = Math.floor(first / pageSize);
    const lastPage = Math.floor(Math.max(first, last) / pageSize);
    this.#wanted = Array.from({ length: lastPage - firstPage + 1 }, (_, offset) => firstPage + offset);
    this.#askNext();
  }

  #askNext(): void {
    for (const page of this.#wanted) {
      if (this.#numRunning >= maxRunning) return;
      if (this.#asked.has(page)) continue;
      this.#asked.add(page);
      this.#numRunning++;
      void this.#fetch(page)
        .catch((error: unknown) => {
          this.#asked.delete(page);
          this.#wanted = this.#wanted.filter((one) => one !== page); // not again until it next comes into view
          this.#report(error);
        })
        .finally(() => {
          this.#numRunning--;
          this.#askNext();
        });
    }
  }

  /** Reads again what has been read: more may be known of the same pictures. What is on screen stays until then. */
  reload(): void {
    for (const page of this.#pages.keys()) this.#fetch(page).catch((error: unknown) => this.#report(error));
  }

  /** The ids of pictures, those included that have not come into view yet. */
  async idsAt(indexes: readonly number[]): Promise<string[]> {
    for (const page of new Set(indexes.map((index) => Math.floor(index / pageSize)))) {
      if (!this.#pages.has(page)) await this.#fetch(page);
    }
    return indexes.flatMap((index) => this.at(index)?.imageId ?? []);
  }

  async #fetch(page: number): Promise<void> {
    const { filter, orderBy, isDescending } = this.#query;
    const question = ++this.#numQuestions;
    const answer = await this.#client.call('dataset.images', {
      datasetId: this.#datasetId,
      ...filter,
      orderBy,
      isDescending,
      offset: page * pageSize,
      limit: pageSize,
    });
    if (question < (this.#answered.get(page) ?? 0)) return; // an older answer that came later
    this.#answered.set(page, question);
    this.#total = answer.total;
    this.#pages.set(page, answer.images);
  }
}
