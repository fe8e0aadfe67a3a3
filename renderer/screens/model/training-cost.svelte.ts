import type { TrainingCost } from '../../../contract/backbone.ts';
import type { Client } from '../../../contract/client.ts';
import type { Input } from '../../../contract/contract.ts';

type Asked = Input<'backbone.cost'>;

/** What the choice on screen costs; the last answer stays until the next is here. */
export class CostFacts {
  #client: Client;
  #cost = $state.raw<TrainingCost | null>(null);
  #isMeasuring = $state.raw(false);
  #turn = 0;

  cost = $derived(this.#cost);
  isMeasuring = $derived(this.#isMeasuring);

  constructor(client: Client) {
    this.#client = client;
  }

  /** @throws GraftError */
  async load(asked: Asked): Promise<void> {
    const turn = ++this.#turn;
    try {
      const cost = await this.#client.call('backbone.cost', asked);
      if (turn === this.#turn) this.#cost = cost;
    } catch (error) {
      if (turn === this.#turn) this.#cost = null;
      throw error;
    }
  }

  /** Trains some batches of it to know the seconds of an epoch. @throws GraftError */
  async measure(asked: Asked): Promise<void> {
    const turn = ++this.#turn;
    this.#isMeasuring = true;
    try {
      const cost = await this.#client.call('backbone.measureTraining', asked);
      if (turn === this.#turn) this.#cost = cost;
    } finally {
      this.#isMeasuring = false;
    }
  }
}
