/** The user pressed Ctrl-C: exit code 130. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** Calls back on the first Ctrl-C; the second ends the process. @returns the function that ends the watch */
export function onInterrupt(listener: () => void): () => void {
  let numPressed = 0;
  const pressed = () => {
    if (++numPressed > 1) process.exit(130);
    listener();
  };
  process.on('SIGINT', pressed);
  process.on('SIGTERM', pressed);
  return () => {
    process.off('SIGINT', pressed);
    process.off('SIGTERM', pressed);
  };
}
