import type { ErrorCode, ErrorParams } from '../../../contract/errors.ts';
import type { GraftError } from '../../../contract/errors.ts';
import { wordsFor } from '../../../strings/index.ts';
import { ProgressBar } from './progress.ts';

/** What a command says: JSON lines on standard output when asked for, else text there; progress always on standard error. */
export class Output {
  readonly isJson: boolean;
  readonly bar = new ProgressBar(process.stderr);

  constructor(isJson: boolean) {
    this.isJson = isJson;
  }

  /** One thing that happened. With `--json` a line; else the text, if there is any. */
  event(event: string, facts: Record<string, unknown>, text?: string): void {
    if (this.isJson) process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
    else if (text !== undefined) {
      this.bar.clear();
      process.stdout.write(`${forTerminal(text)}\n`);
    }
  }

  /** A line for people; with `--json` it goes to standard error. */
  note(text: string): void {
    this.bar.clear();
    process.stderr.write(`${forTerminal(text)}\n`);
  }

  /** The last line of a command that failed. */
  error(error: GraftError): void {
    this.bar.clear();
    const message = sentenceOf(error);
    if (this.isJson)
      process.stdout.write(`${JSON.stringify({ event: 'error', code: error.code, params: error.params, message })}\n`);
    else process.stderr.write(`${forTerminal(message)}\n`);
  }
}

/** Text with names of files and classes in it, so that none of them steers the terminal or turns the direction of writing. */
export function forTerminal(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** What happened, what was expected, what to do: in English, as scripts expect. */
export function sentenceOf<C extends ErrorCode>(error: GraftError<C>): string {
  const sentence = wordsFor('en').errors[error.code] as (facts: ErrorParams<C>) => string;
  return sentence(error.params);
}
