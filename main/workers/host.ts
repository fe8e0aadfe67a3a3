import { fork } from 'node:child_process';
import path from 'node:path';
import { fromWire, GraftError } from '../../contract/errors.ts';
import type { SpawnWorker, WorkerProcess } from '../backend/backend.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

/** A job ended because it was asked to: not an error. */
export class Stopped extends Error {
  constructor() {
    super('stopped');
    this.name = 'Stopped';
  }
}

/** How long a worker may take to obey a stop before its process is ended. */
const STOP_PATIENCE_MS = 1800;

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onProgress(progress: unknown): void;
  isStopping: boolean;
}

/** One worker process: starts it when first needed, relays jobs, and turns its death into an error of the job that it took along. */
export class WorkerHost {
  #spawn: SpawnWorker;
  #entry: 'trainer' | 'media';
  #env: Record<string, string>;
  #process: WorkerProcess | null = null;
  #isClosed = false;
  #pending = new Map<number, Pending>();
  #nextId = 1;
  #log: (text: string) => void;

  constructor(
    spawn: SpawnWorker,
    entry: 'trainer' | 'media',
    log: (text: string) => void,
    env: Record<string, string> = {},
  ) {
    this.#spawn = spawn;
    this.#entry = entry;
    this.#log = log;
    this.#env = env;
  }

  /** True after `close`: it will not start a process again. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts the process now, so that the first job finds it warm. */
  start(): void {
    if (!this.#isClosed) this.#running();
  }

  #running(): WorkerProcess {
    if (this.#process) return this.#process;
    const worker = this.#spawn(this.#entry, this.#env);
    this.#process = worker;
    worker.onMessage((message) => this.#receive(message as FromWorker));
    worker.onExit((code, signal) => {
      if (this.#process === worker) this.#process = null;
      const pending = [...this.#pending.values()];
      this.#pending.clear();
      for (const job of pending) {
        job.reject(
          job.isStopping
            ? new Stopped()
            : new GraftError('worker-died', { what: this.#entry, signal: signal ?? `exit code ${code}` }),
        );
      }
    });
    return worker;
  }

  #receive(message: FromWorker): void {
    const job = this.#pending.get(message.id);
    if (!job) return;
    if ('progress' in message) return job.onProgress(message.progress);
    if (!('ok' in message)) return;
    this.#pending.delete(message.id);
    if (message.ok) return job.resolve(message.value);
    if (message.stopped) return job.reject(new Stopped());
    if (message.error.code === 'internal')
      this.#log(`${String(message.error.params['id'])} in ${this.#entry}: ${message.stack ?? ''}`);
    job.reject(fromWire(message.error));
  }

  /**
   * Runs a job. When `signal` says stop, the worker is asked; if it does not answer in time its process is ended.
   *
   * @throws Stopped; worker-died; whatever the job throws
   */
  call<T>(
    method: string,
    input: unknown,
    options: { onProgress?: (progress: unknown) => void; signal?: AbortSignal } = {},
  ): Promise<T> {
    if (this.#isClosed || options.signal?.aborted) return Promise.reject(new Stopped());
    const worker = this.#running();
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const stop = () => {
        const job = this.#pending.get(id);
        if (!job) return;
        job.isStopping = true;
        worker.send({ id, stop: true } satisfies ToWorker);
        timer = setTimeout(() => worker.kill(), STOP_PATIENCE_MS);
      };
      const settle = () => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', stop);
      };
      this.#pending.set(id, {
        resolve: (value) => (settle(), resolve(value as T)),
        reject: (error) => (settle(), reject(error instanceof Error ? error : new Error(String(error)))),
        onProgress: options.onProgress ?? (() => undefined),
        isStopping: false,
      });
      options.signal?.addEventListener('abort', stop, { once: true });
      worker.send({ id, method, input } satisfies ToWorker);
    });
  }

  /** Holds or lets go every job that runs. */
  pause(isPaused: boolean): void {
    for (const id of this.#pending.keys()) this.#process?.send({ id, pause: isPaused } satisfies ToWorker);
  }

  /** Ends the process. Jobs that run end as stopped. */
  close(): void {
    this.#isClosed = true;
    for (const job of this.#pending.values()) job.isStopping = true;
    this.#process?.kill();
    this.#process = null;
  }
}

/** Starts workers as plain Node processes: for the web shell, the command line and tests. @param folder where the built entries lie */
export function forkWorkers(folder: string): SpawnWorker {
  return (entry, env) => {
    const child = fork(path.join(folder, `${entry}.js`), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: ['--enable-source-maps'],
      env: { ...process.env, ...env },
    });
    // A message to a process that has just died fails here, and its exit tells the jobs; one that never started has no exit.
    const neverStarted: ((code: number | null, signal: string | null) => void)[] = [];
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined)
        for (const listener of neverStarted.splice(0)) listener(null, error.code ?? 'not started');
    });
    return {
      pid: child.pid,
      send: (message) => void (child.connected && child.send(message as object)),
      onMessage: (listener) => void child.on('message', listener),
      onExit: (listener) => {
        neverStarted.push(listener);
        child.once('exit', listener);
      },
      kill: () => void child.kill('SIGKILL'),
    };
  };
}
