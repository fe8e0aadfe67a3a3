import { GraftError } from '../../contract/errors.ts';
import type { Words } from '../../strings/index.ts';

/** Something the user may do about a notice. */
export interface NoticeAction {
  label: string;
  run: () => void;
}

/** One message; when something went wrong it stays until it is dismissed or the user moves on. */
export interface Notice {
  id: number;
  tone: 'info' | 'error';
  shownAt: number;
  text: string;
  action: NoticeAction | null;
}

const infoStaysMs = 6000;
const numKept = 4;
/** Long enough to have been read when the user moves on. */
const readAfterMs = 5000;

/** Whether an error's own sentence tells the name: it is one of its facts, or the end of a path among them. */
function isNamedIn(error: unknown, name: string): boolean {
  if (!(error instanceof GraftError)) return false;
  const facts: unknown[] = Object.values(error.params as object);
  return facts.some((fact) => typeof fact === 'string' && fact.split(/[\\/]/).at(-1) === name);
}

/** What the app has to say beside the screens. Every failure nobody else shows ends here. */
export class NoticeState {
  #words: () => Words;
  #list = $state.raw<readonly Notice[]>([]);
  #nextId = 1;
  list = $derived(this.#list);

  constructor(words: () => Words) {
    this.#words = words;
  }

  /** Shows a sentence, or the sentence of an error. The same text is not shown twice at once. */
  show(what: unknown, action: NoticeAction | null = null): void {
    if (typeof what === 'string') this.#add('info', what, action);
    else this.#addError(what, this.textOf(what), action);
  }

  /** Shows what went wrong with one thing of several, by its name. */
  showOf(name: string, error: unknown): void {
    const text = this.textOf(error);
    this.#addError(error, isNamedIn(error, name) ? text : this.#words().data.drop.failed(name, text), null);
  }

  #addError(error: unknown, text: string, action: NoticeAction | null): void {
    if (!(error instanceof GraftError)) reportError(error);
    this.#add('error', text, action);
  }

  #add(tone: Notice['tone'], text: string, action: NoticeAction | null): void {
    if (this.#list.some((notice) => notice.text === text)) return;
    const notice = { id: this.#nextId++, tone, shownAt: Date.now(), text, action } as const;
    this.#list = [...this.#list, notice].slice(-numKept);
    if (tone === 'info') setTimeout(() => this.dismiss(notice.id), infoStaysMs);
  }

  /** The sentence for anything thrown. */
  textOf(error: unknown): string {
    const known = error instanceof GraftError ? (error as GraftError) : new GraftError('internal', { id: 'window' });
    return this.#words().error(known);
  }

  dismiss(id: number): void {
    this.#list = this.#list.filter((notice) => notice.id !== id);
  }

  /** Puts away what the user has had time to read: called when another step is opened. */
  moveOn(): void {
    this.#list = this.#list.filter((notice) => Date.now() - notice.shownAt < readAfterMs);
  }

  /** Runs work that nobody awaits; its failure becomes a notice. */
  attempt(work: () => Promise<unknown>): void {
    work().catch((error: unknown) => this.show(error));
  }
}
