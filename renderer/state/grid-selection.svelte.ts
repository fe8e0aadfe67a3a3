import type { ImageFilter, Selection } from '../../contract/dataset.ts';
import type { ImagePages } from './image-pages.svelte.ts';

/** The pictures of a grid that are selected, by their place in it. */
export class GridSelection {
  #pages: ImagePages;
  #filter: ImageFilter;
  #indexes = $state.raw<ReadonlySet<number>>(new Set());
  /** Where a range begins. */
  #anchor: number | null = null;

  indexes = $derived(this.#indexes);
  count = $derived(this.#indexes.size);

  constructor(pages: ImagePages, filter: ImageFilter) {
    this.#pages = pages;
    this.#filter = filter;
  }

  toggle(index: number): void {
    const next = new Set(this.#indexes);
    if (!next.delete(index)) next.add(index);
    this.#indexes = next;
    this.#anchor = index;
  }

  /** Selects from where the range began, or begins now, to here, and nothing else. */
  extend(start: number, index: number): void {
    this.#anchor ??= start;
    const [from, to] = this.#anchor < index ? [this.#anchor, index] : [index, this.#anchor];
    this.#indexes = new Set(Array.from({ length: to - from + 1 }, (_, offset) => from + offset));
  }

  only(index: number): void {
    this.#indexes = new Set([index]);
    this.#anchor = index;
  }

  all(): void {
    this.#indexes = new Set(Array.from({ length: this.#pages.total }, (_, index) => index));
  }

  clear(): void {
    if (this.#indexes.size > 0) this.#indexes = new Set();
    this.#anchor = null;
  }

  /** As the backend takes it: all by what finds them, some by name, fetched where they have not been seen. */
  async resolve(): Promise<Selection> {
    if (this.#indexes.size === this.#pages.total) return { where: this.#filter };
    return { imageIds: await this.#pages.idsAt([...this.#indexes].sort((a, b) => a - b)) };
  }
}
