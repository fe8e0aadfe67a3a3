import type { Client } from '../../contract/client.ts';
import { fromWire, type GraftError } from '../../contract/errors.ts';
import type { ModelPrediction } from '../../contract/model.ts';
import type { AddedPicture, RendererTransport } from '../transport/transport.ts';
import type { RunState } from './run.svelte.ts';

/** A picture of this visit and what the run said of it; `prediction` is null while it is asked. */
export interface AskedPicture extends AddedPicture {
  prediction: ModelPrediction | null;
}

const numAtOnce = 32;

/** The pictures of this visit to Use, newest first, and the model's answers. */
export class UseState {
  #client: Client;
  #transport: RendererTransport;
  #runs: RunState;
  #pictures = $state.raw<readonly AskedPicture[]>([]);
  #shownId = $state.raw<string | null>(null);
  #isBusy = $state.raw(false);
  /** The run that answered, or is asked, about the pictures of this visit. */
  #askedRunId = $state.raw<string | null>(null);

  pictures = $derived(this.#pictures);
  shown = $derived(this.#pictures.find((picture) => picture.imageId === this.#shownId) ?? this.#pictures[0] ?? null);
  isBusy = $derived(this.#isBusy);

  constructor(client: Client, transport: RendererTransport, runs: RunState) {
    this.#client = client;
    this.#transport = transport;
    this.#runs = runs;
  }

  show(imageId: string): void {
    this.#shownId = imageId;
  }

  /** True when the answers shown are those of another run. */
  isOutOfDate(runId: string): boolean {
    return this.#pictures.length > 0 && this.#askedRunId !== runId;
  }

  /** Lets pictures in and asks the run on screen about them. @throws GraftError */
  async add(files: readonly File[]): Promise<void> {
    if (files.length === 0) return;
    this.#isBusy = true;
    try {
      const added = await this.#transport.addPictures(files);
      const fresh = added.map((picture) => ({ ...picture, prediction: null }));
      this.#pictures = [...fresh, ...this.#pictures.filter((old) => !added.some((one) => one.imageId === old.imageId))];
      this.#shownId = added[0]?.imageId ?? this.#shownId;
      await this.#ask(added.map((picture) => picture.imageId));
    } finally {
      this.#isBusy = false;
    }
  }

  /** Asks the run on screen about every picture of this visit again. @throws GraftError */
  async askAgain(): Promise<void> {
    this.#pictures = this.#pictures.map((picture) => ({ ...picture, prediction: null }));
    await this.#ask(this.#pictures.map((picture) => picture.imageId));
  }

  clear(): void {
    this.#pictures = [];
    this.#shownId = null;
  }

  async #ask(imageIds: readonly string[]): Promise<void> {
    const runId = this.#runs.currentId;
    this.#askedRunId = runId;
    if (runId === null) return;
    for (let first = 0; first < imageIds.length; first += numAtOnce) {
      const asked = imageIds.slice(first, first + numAtOnce);
      const answers = await this.#client.call('model.predict', { runId, imageIds: asked });
      if (this.#runs.currentId !== runId) return; // another run was chosen meanwhile and asks for itself
      const byId = new Map(answers.map((answer) => [answer.imageId, answer]));
      this.#pictures = this.#pictures.map((picture) => ({
        ...picture,
        prediction: byId.get(picture.imageId) ?? picture.prediction,
      }));
    }
  }
}

/** The error of a prediction as something the notices and catalogues can say. */
export function predictionError(prediction: ModelPrediction): GraftError | null {
  return prediction.error === null ? null : fromWire(prediction.error);
}
