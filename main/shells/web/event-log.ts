import type { EventMessage } from '../../../contract/contract.ts';

/** One event as it goes out. `replaces`: a later entry with the same key says all that this one does. */
export interface LogEntry {
  seq: number;
  text: string;
  replaces: string | null;
}

const maxEntries = 5000;
const maxChars = 4 * 1024 * 1024;

/** The latest events, for a browser that was away. Bounded in number and size. */
export class EventLog {
  #entries: LogEntry[] = [];
  #numChars = 0;
  /** Events up to here are no longer, or were never, held; null before the first. */
  #lostUpTo: number | null = null;
  lastSeq = 0;

  add(message: EventMessage): LogEntry {
    const entry = { seq: message.seq, text: JSON.stringify(message), replaces: replacesOf(message) };
    this.#lostUpTo ??= message.seq - 1;
    this.lastSeq = message.seq;
    this.#entries.push(entry);
    this.#numChars += entry.text.length;
    while (this.#entries.length > maxEntries || this.#numChars > maxChars) {
      const lost = this.#entries.shift()!;
      this.#numChars -= lost.text.length;
      this.#lostUpTo = lost.seq;
    }
    return entry;
  }

  /** @returns the events after `seq`; null when some of them are gone, or `seq` is of another backend */
  since(seq: number): LogEntry[] | null {
    if (this.#lostUpTo === null) return seq === 0 ? [] : null;
    if (seq < this.#lostUpTo || seq > this.lastSeq) return null;
    return this.#entries.filter((entry) => entry.seq > seq);
  }
}

function replacesOf({ event, data }: EventMessage): string | null {
  if (event === 'run.progress') return `${event} ${(data as { runId: string }).runId}`;
  if (event === 'dataset.changed') return `${event} ${(data as { datasetId: string }).datasetId}`;
  return null;
}
