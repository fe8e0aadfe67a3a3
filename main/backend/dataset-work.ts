/** What is at work in the places of data sets, so that it can be stopped and waited for before a place goes. */
export class DatasetWork {
  /** By data set: the next waits until the one before has let go of the files. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #atWork = new Map<string, Set<Promise<unknown>>>();
  readonly #stops = new Map<string, AbortController>();
  #isStopped = false;

  /** Works in the place of a data set when whoever took a turn before has let go. */
  inTurn<T>(datasetId: string, work: () => Promise<T>): Promise<T> {
    const working = (this.turnOf(datasetId) ?? Promise.resolve()).then(work);
    const forget = () => {
      if (this.#turns.get(datasetId) === settled) this.#turns.delete(datasetId); // a later one may wait already
    };
    const settled: Promise<void> = working.then(forget, forget);
    this.#turns.set(datasetId, settled);
    return working;
  }

  /** Ends with the turn that was taken last, if there is one. */
  turnOf(datasetId: string): Promise<void> | undefined {
    return this.#turns.get(datasetId);
  }

  /** Keeps in mind what is at work beside the turns, until it ends. @returns the same work */
  during<T>(datasetId: string, work: Promise<T>): Promise<T> {
    const works = this.#atWork.get(datasetId) ?? new Set();
    this.#atWork.set(datasetId, works.add(work));
    const forget = () => {
      works.delete(work);
      if (works.size === 0 && this.#atWork.get(datasetId) === works) this.#atWork.delete(datasetId);
    };
    work.then(forget, forget);
    return work;
  }

  /** Told when a data set is removed, or all ends: unlike that of an entry, it outlives a new listing. */
  signalOf(datasetId: string): AbortSignal {
    let stop = this.#stops.get(datasetId);
    if (!stop) this.#stops.set(datasetId, (stop = new AbortController()));
    if (this.#isStopped) stop.abort();
    return stop.signal;
  }

  /** Stops what looks at the signal. @returns once all has ended that was at work when this was called, well or not */
  async stop(datasetId: string): Promise<void> {
    this.#stops.get(datasetId)?.abort();
    this.#stops.delete(datasetId); // one of this id that comes again begins anew
    await Promise.allSettled([...(this.#atWork.get(datasetId) ?? [])]);
  }

  /** The same for all data sets and their turns, and for good. */
  async stopAll(): Promise<void> {
    this.#isStopped = true;
    for (const stop of this.#stops.values()) stop.abort();
    await Promise.allSettled([...this.#turns.values(), ...[...this.#atWork.values()].flatMap((works) => [...works])]);
  }
}
