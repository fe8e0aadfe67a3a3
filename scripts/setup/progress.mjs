const isTerminal = process.stderr.isTTY === true && !process.env.CI;
const barWidth = 24;
/** Without a terminal a line is written this often: a log stays readable and still shows that something moves. */
const lineEveryMs = 5_000;

/** Writes one line for people, on standard error: standard output belongs to the program that is started. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Writes bytes as people read them: 207 MB. */
export function megabytes(sizeBytes) {
  return `${Math.round(sizeBytes / 1e6)} MB`;
}

/** Shows how far a piece of work is: a bar in a terminal, a plain line every few seconds elsewhere. */
export function createBar(label) {
  const startedAt = Date.now();
  let firstDone;
  let shownAt = 0;
  let isOpen = false;

  function describe(done, total) {
    const seconds = (Date.now() - startedAt) / 1000;
    const speed = seconds > 0.5 ? (done - firstDone) / seconds : 0; // what an earlier start left does not count
    const rate = speed > 0 ? `  ${(speed / 1e6).toFixed(1)} MB/s` : '';
    if (!total) return `${label}  ${megabytes(done)}${rate}`;
    const left = speed > 0 ? `  ${Math.ceil((total - done) / speed)} s left` : '';
    const filled = Math.round((done / total) * barWidth);
    const bar = isTerminal ? `  [${'#'.repeat(filled)}${' '.repeat(barWidth - filled)}]` : '';
    return `${label}${bar}  ${Math.floor((100 * done) / total)} %  ${megabytes(done)} of ${megabytes(total)}${rate}${left}`;
  }

  return {
    update(done, total) {
      firstDone ??= done;
      const now = Date.now();
      if (now - shownAt < (isTerminal ? 100 : lineEveryMs)) return;
      shownAt = now;
      isOpen = isTerminal;
      process.stderr.write(isTerminal ? `\r\x1b[K${describe(done, total)}` : `${describe(done, total)}\n`);
    },
    /** Ends the bar; what is said next starts on a line of its own. */
    end() {
      if (isOpen) process.stderr.write('\r\x1b[K');
      isOpen = false;
    },
  };
}
