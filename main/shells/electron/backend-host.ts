import type { EventMessage } from '../../../contract/contract.ts';
import type { Reply } from '../../../contract/errors.ts';
import { exitFacts } from './exit-facts.ts';
import type { FromBackend, Question, ToBackend } from './messages.ts';

/** What is used of Electron's `UtilityProcess`. */
export interface ChildProcess<P> {
  readonly pid: number | undefined;
  postMessage(message: unknown, transfer?: P[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'spawn', listener: () => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  kill(): boolean;
}

export interface BackendHostOptions<P> {
  home: string;
  assets: string;
  platform: NodeJS.Platform;
  /** Starts a utility process. */
  fork(entry: 'backend' | 'trainer' | 'media', env: Record<string, string>): ChildProcess<P>;
  /** Makes a message channel. */
  channel(): { port1: P; port2: P };
  /** Ends a process at once: `kill()` of Electron only asks. */
  killNow(pid: number): void;
  now(): number;
  onEvent(message: EventMessage): void;
  /** The backend's process died unasked. `isBack`: it was started again; else it dies too often and stays away. */
  onDeath(facts: { signal: string; isBack: boolean }): void;
}

/** The backend as Electron's main process has it. Nothing here throws: failures are replies. */
export interface BackendHost {
  call: (method: string, input: unknown) => Promise<Reply<unknown>>;
  thumbnail: (imageId: string, sizePx: number) => Promise<Reply<unknown>>;
  receivePicture: (name: string, bytes: Uint8Array) => Promise<Reply<unknown>>;
  exportFolder: (exportId: string) => Promise<Reply<unknown>>;
  /** Lets the backend finish its writes for `graceMs` at most, then ends it and its workers. */
  close(graceMs: number): Promise<void>;
}

/** More deaths than this within a minute, and starting again would not help. */
const maxDeathsPerMinute = 3;

/** Starts the backend's process, starts workers for it, pairs questions with replies, and starts it again when it dies. */
export function createBackendHost<P>(options: BackendHostOptions<P>): BackendHost {
  const open = new Map<number, (reply: Reply<unknown>) => void>();
  const deaths: number[] = [];
  let workers = new Map<number, ChildProcess<P>>();
  let child: ChildProcess<P> | null = null;
  let lastSignal = '';
  let lastId = 0;
  let isClosing = false;

  function start(): void {
    const started = options.fork('backend', {});
    const itsWorkers = (workers = new Map<number, ChildProcess<P>>());
    child = started;
    started.on('message', (message) => receive(started, itsWorkers, message as FromBackend));
    started.on('exit', (status) => {
      // Electron dies itself when a process is posted to from within another one's exit.
      setImmediate(() => died(itsWorkers, status));
    });
    started.postMessage({ kind: 'start', home: options.home, assets: options.assets } satisfies ToBackend);
  }

  function died(itsWorkers: Map<number, ChildProcess<P>>, status: number): void {
    const { code, signal } = exitFacts(status, options.platform);
    lastSignal = signal ?? `exit ${code}`;
    child = null;
    for (const worker of itsWorkers.values()) end(worker);
    for (const reply of open.values()) reply(deathReply());
    open.clear();
    if (isClosing) return;
    const now = options.now();
    deaths.push(now);
    const isBack = deaths.filter((time) => now - time < 60_000).length <= maxDeathsPerMinute;
    if (isBack) start();
    options.onDeath({ signal: lastSignal, isBack });
  }

  function receive(from: ChildProcess<P>, itsWorkers: Map<number, ChildProcess<P>>, message: FromBackend): void {
    switch (message.kind) {
      case 'reply':
        open.get(message.id)?.(message.reply);
        open.delete(message.id);
        return;
      case 'event':
        return options.onEvent(message.message);
      case 'killWorker': {
        const worker = itsWorkers.get(message.workerId);
        return worker && end(worker);
      }
      case 'startWorker':
        return startWorker(from, itsWorkers, message.workerId, message.entry, message.env);
    }
  }

  function startWorker(
    from: ChildProcess<P>,
    itsWorkers: Map<number, ChildProcess<P>>,
    workerId: number,
    entry: 'trainer' | 'media',
    env: Record<string, string>,
  ): void {
    const tell = (message: ToBackend, ports?: P[]) => {
      if (child === from) from.postMessage(message, ports);
    };
    const worker = options.fork(entry, env);
    itsWorkers.set(workerId, worker);
    const { port1, port2 } = options.channel();
    worker.on('spawn', () => tell({ kind: 'workerStarted', workerId, pid: worker.pid }));
    worker.on('exit', (status) => {
      itsWorkers.delete(workerId);
      setImmediate(() => tell({ kind: 'workerExited', workerId, ...exitFacts(status, options.platform) }));
    });
    worker.postMessage({ kind: 'connect' }, [port1]);
    tell({ kind: 'workerPort', workerId }, [port2]);
  }

  function end(process: ChildProcess<P>): void {
    if (process.pid === undefined)
      process.kill(); // not started yet, or gone already
    else options.killNow(process.pid);
  }

  function ask(question: Question): Promise<Reply<unknown>> {
    const asked = child;
    if (!asked) return Promise.resolve(deathReply());
    const id = ++lastId;
    return new Promise((resolve) => {
      open.set(id, resolve);
      try {
        asked.postMessage({ ...question, id });
      } catch (error) {
        open.delete(id); // what cannot be cloned is not JSON
        resolve({
          ok: false,
          error: {
            code: 'invalid-input',
            params: {
              method: 'method' in question ? question.method : question.kind,
              field: '',
              problem: String(error),
            },
          },
        });
      }
    });
  }

  function deathReply(): Reply<never> {
    return { ok: false, error: { code: 'worker-died', params: { what: 'backend', signal: lastSignal } } };
  }

  start();
  return {
    call: (method, input) => ask({ kind: 'call', method, input }),
    thumbnail: (imageId, sizePx) => ask({ kind: 'thumbnail', imageId, sizePx }),
    receivePicture: (name, bytes) => ask({ kind: 'picture', name, bytes }),
    exportFolder: (exportId) => ask({ kind: 'exportFolder', exportId }),
    async close(graceMs) {
      isClosing = true;
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
      await Promise.race([ask({ kind: 'close' }), grace]);
      clearTimeout(timer);
      for (const worker of workers.values()) end(worker);
      if (child) end(child);
    },
  };
}
