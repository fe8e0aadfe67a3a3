import type { Cursor } from './chart.svelte.ts';

/** The epoch that is read in all charts at once. */
export class CurveCursor implements Cursor {
  #epoch = $state<number | null>(null);
  #numEpochs: () => number;
  #mark: () => Cursor['mark'];

  constructor(numEpochs: () => number, mark: () => Cursor['mark'] = () => null) {
    this.#numEpochs = numEpochs;
    this.#mark = mark;
  }

  get epoch(): number | null {
    return this.#epoch === null || this.#epoch > this.numEpochs ? null : this.#epoch;
  }
  get numEpochs(): number {
    return this.#numEpochs();
  }
  get mark(): Cursor['mark'] {
    return this.#mark();
  }
  move(epoch: number | null): void {
    this.#epoch = epoch;
  }
}
