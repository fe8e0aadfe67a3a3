import os from 'node:os';

/** How a process ended, as Node tells it. */
export interface ExitFacts {
  code: number | null;
  signal: string | null;
}

/** Ends of Windows processes that are signals elsewhere: access violation, stack overflow, fast fail, end by the task manager's kin. */
const windowsSignals: Record<number, string> = {
  0xc0000005: 'SIGSEGV',
  0xc00000fd: 'SIGSEGV',
  0xc0000409: 'SIGABRT',
  0xc000013a: 'SIGINT',
};
/** Signals that end a worker. SIGHUP (1) is left out: a raw 1 is an ordinary failure of ours. */
const fatal = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGKILL', 'SIGSEGV', 'SIGTERM'] as const;

/**
 * Reads the number that a utility process ends with: an exit code, or on POSIX what `waitpid` gave (the signal in the
 * low seven bits, 128 for a core dump, an exit code above them). Graft's own processes exit with 0 or 1 only, so nothing is doubtful.
 */
export function exitFacts(status: number, platform: NodeJS.Platform): ExitFacts {
  if (platform === 'win32') {
    const signal = windowsSignals[status >>> 0];
    return signal ? { code: null, signal } : { code: status, signal: null };
  }
  if (status >= 256) return { code: status >> 8, signal: null };
  const number = status & 0x7f;
  const signal = fatal.find((name) => os.constants.signals[name] === number);
  return signal ? { code: null, signal } : { code: status, signal: null };
}
