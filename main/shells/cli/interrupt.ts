/** The user pressed Ctrl-C: exit code 130. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** npm and the terminal may both pass on one press. */
const ONE_PRESS_MS = 500;

/** Calls back on the first Ctrl-C; the second ends the process. @returns the function that ends the watch */
export function onInterrupt(listener: () => void): () => void {
  let firstAt: number | null = null;
  const pressed = () => {
    if (firstAt === null) {
      firstAt = Date.now();
      listener();
    } else if (Date.now() - firstAt > ONE_PRESS_MS) process.exit(130);
  };
  process.on('SIGINT', pressed);
  process.on('SIGTERM', pressed);
  return () => {
    process.off('SIGINT', pressed);
    process.off('SIGTERM', pressed);
  };
}
