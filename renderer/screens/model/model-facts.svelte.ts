import type { BackboneLayers, HeadAdvice } from '../../../contract/backbone.ts';
import type { Client } from '../../../contract/client.ts';

interface Wanted {
  backboneId: string;
  inputSize: number | null;
  numClasses: number;
  denseUnits: number | null;
}

/** The layers of the chosen backbone and the advice on its head; the last ones stay until the next are here. */
export class ModelFacts {
  #client: Client;
  #layers = $state.raw<BackboneLayers | null>(null);
  #advice = $state.raw<HeadAdvice | null>(null);
  #hasFailed = $state.raw(false);
  #turn = 0;
  #shownLayers = '';

  layers = $derived(this.#layers);
  advice = $derived(this.#advice);
  hasFailed = $derived(this.#hasFailed);

  constructor(client: Client) {
    this.#client = client;
  }

  /** @throws GraftError */
  async load({ backboneId, inputSize, numClasses, denseUnits }: Wanted): Promise<void> {
    const turn = ++this.#turn;
    const size = inputSize === null ? {} : { inputSize };
    const layersKey = `${backboneId}@${inputSize}`;
    try {
      const [advice, layers] = await Promise.all([
        this.#client.call('backbone.advice', { backboneId, numClasses, denseUnits, ...size }),
        layersKey === this.#shownLayers ? this.#layers : this.#client.call('backbone.layers', { backboneId, ...size }),
      ]);
      if (turn !== this.#turn) return; // another choice was made meanwhile
      this.#advice = advice;
      this.#layers = layers;
      this.#shownLayers = layersKey;
      this.#hasFailed = false;
    } catch (error) {
      if (turn === this.#turn) this.#hasFailed = true;
      throw error;
    }
  }
}
