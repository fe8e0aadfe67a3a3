/** One line on a terminal that is written over; on anything else nothing, so that logs stay short. */
export class ProgressBar {
  #stream: NodeJS.WriteStream;
  #isShown = false;
  #isTerminal: boolean;

  constructor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env) {
    this.#stream = stream;
    this.#isTerminal = stream.isTTY && env['TERM'] !== 'dumb' && !env['CI'];
  }

  show(label: string, done: number, total: number, msLeft: number | null): void {
    if (!this.#isTerminal) return;
    const width = 24;
    const filled = Math.round((width * done) / Math.max(1, total));
    const left = msLeft === null ? '' : `  ${Math.max(1, Math.round(msLeft / 1000))} s left`;
    this.#stream.write(
      `\r\x1b[2K${label} [${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done}/${total}${left}`,
    );
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) this.#stream.write('\r\x1b[2K');
    this.#isShown = false;
  }
}
