import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';

const MAX_LOG_BYTES = 5_000_000;

/** Keeps bugs in a file of the home, so that the id a user sees can be found there. */
export interface Log {
  /** @returns the id under which the error stands in the log */
  bug: (error: unknown) => string;
  note: (text: string) => void;
}

export function createLog(home: string): Log {
  const file = path.join(home, 'logs', 'graft.log');
  const write = (text: string) => {
    try {
      mkdirSync(path.dirname(file), { recursive: true });
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(file, `${file}.old`);
      appendFileSync(file, `${new Date().toISOString()} ${text}\n`);
    } catch {
      // A log that cannot be written must not take down what it reports on; the error itself still reaches the caller.
    }
  };
  return {
    bug(error) {
      const id = randomUUID().slice(0, 8);
      write(
        `${id} ${error instanceof Error ? `${error.stack ?? error.message}${error.cause ? ` cause: ${inspect(error.cause)}` : ''}` : String(error)}`,
      );
      return id;
    },
    note: write,
  };
}
