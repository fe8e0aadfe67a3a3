import type { AddedImages } from '../../contract/dataset.ts';
import type { Words } from '../../strings/index.ts';
import type { DatasetState } from './dataset.svelte.ts';
import type { NoticeState } from './notices.svelte.ts';

/** A picture of the webcam that is not added yet. */
export interface Shot {
  id: number;
  file: File;
  /** Address of its preview. */
  url: string;
}

/** Pictures on their way into a class: dropped ones, chosen ones, and shots of the webcam, which outlive a look at another step. */
export class AddingState {
  #datasets: DatasetState;
  #notices: NoticeState;
  #words: () => Words;
  /** Answers the class chosen on screen; null while no data set is there that takes pictures. */
  #chosenClass = $state.raw<(() => string | null) | null>(null);
  #over = $state.raw<string | null>(null);
  #waiting = $state.raw<readonly File[]>([]);
  #refused = $state.raw<AddedImages['refused']>([]);
  #shots = $state.raw<readonly Shot[]>([]);
  #isBusy = $state.raw(false);
  #lastShotId = 0;

  /** True while a data set is on screen that pictures can be dropped onto. */
  isOpen = $derived(this.#chosenClass !== null);
  /** The class that a drop would go to now; null: it would be asked for. */
  target = $derived(this.#over ?? this.#chosenClass?.() ?? null);
  /** The class under the pointer while something is dragged. */
  over = $derived(this.#over);
  /** Pictures whose class is still to be said. */
  waiting = $derived(this.#waiting);
  /** Of the last addition. */
  refused = $derived(this.#refused);
  shots = $derived(this.#shots);
  isBusy = $derived(this.#isBusy);

  constructor(datasets: DatasetState, notices: NoticeState, words: () => Words) {
    this.#datasets = datasets;
    this.#notices = notices;
    this.#words = words;
  }

  /** Lets drops in while a screen shows classes. @returns what ends it */
  open(chosenClass: () => string | null): () => void {
    this.#chosenClass = chosenClass;
    return () => {
      this.#chosenClass = null;
      this.#over = null;
      this.forget();
    };
  }

  dragOver(className: string | null): void {
    this.#over = className;
  }

  /** Takes files for the class under the pointer, else the chosen one; else they wait to be told. @throws GraftError */
  async take(files: readonly File[]): Promise<void> {
    if (files.length === 0) return;
    const className = this.target;
    this.#over = null;
    if (className === null) {
      this.#refused = [];
      this.#waiting = files;
    } else await this.add(className, files);
  }

  /** Adds files to a class and says what became of them. @returns null when nothing was added at all. @throws GraftError */
  async add(className: string, files: readonly File[]): Promise<AddedImages | null> {
    this.forget();
    this.#isBusy = true;
    try {
      const added = await this.#datasets.addImages(className, files);
      if (added === null) return null;
      this.#refused = added.refused;
      if (added.numAdded > 0) this.#tell(added, className);
      return added;
    } finally {
      this.#isBusy = false;
    }
  }

  /** Puts away what waits and what was refused. */
  forget(): void {
    this.#waiting = [];
    this.#refused = [];
  }

  addShot(picture: Blob): void {
    const id = ++this.#lastShotId;
    const file = new File([picture], `webcam-${id}.jpg`, { type: picture.type });
    this.#shots = [...this.#shots, { id, file, url: URL.createObjectURL(picture) }];
  }

  removeShot(id: number): void {
    this.#letGo(this.#shots.filter((shot) => shot.id === id));
  }

  clearShots(): void {
    this.#letGo(this.#shots);
  }

  /** Adds the shots to a class; those that cannot be added stay. @throws GraftError */
  async addShots(className: string): Promise<void> {
    const shots = this.#shots;
    const added = await this.add(
      className,
      shots.map(({ file }) => file),
    );
    if (added === null) return;
    const refused = new Set(added.refused.map(({ name }) => name));
    this.#letGo(shots.filter(({ file }) => !refused.has(file.name)));
  }

  #letGo(shots: readonly Shot[]): void {
    for (const { url } of shots) URL.revokeObjectURL(url);
    this.#shots = this.#shots.filter((shot) => !shots.includes(shot));
  }

  #tell({ numAdded, snapshot }: AddedImages, className: string): void {
    const { added, undo } = this.#words().data.add;
    const { datasetId, edits } = snapshot;
    const takeBack = async (): Promise<void> => {
      const now = this.#datasets.current;
      // Only this addition: whatever was done since has its own way back.
      if (now?.datasetId === datasetId && now.edits.numDone === edits.numDone) await this.#datasets.undo();
    };
    this.#notices.show(added(numAdded, className), { label: undo, run: () => this.#notices.attempt(takeBack) });
  }
}
