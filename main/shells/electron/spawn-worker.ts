import type { SpawnWorker } from '../../backend/backend.ts';
import type { FromBackend, Port } from './messages.ts';

/** The backend's side of a worker that Electron's main process starts for it. */
export interface WorkerSpawner {
  spawnWorker: SpawnWorker;
  /** Main has opened the line to a worker. */
  connected(workerId: number, port: Port): void;
  /** The worker's process exists. */
  started(workerId: number, pid: number | undefined): void;
  /** The worker's process is gone. */
  exited(workerId: number, code: number | null, signal: string | null): void;
}

interface Worker {
  connect(port: Port): void;
  setPid(pid: number | undefined): void;
  end(code: number | null, signal: string | null): void;
}

/**
 * Makes the `spawnWorker` of the desktop app. Only main can start a utility process, so it is asked to; messages then pass
 * over a port between backend and worker, and main never sees their bytes.
 */
export function createWorkerSpawner(toMain: (message: FromBackend) => void): WorkerSpawner {
  const workers = new Map<number, Worker>();
  let lastId = 0;

  const spawnWorker: SpawnWorker = (entry, env) => {
    const workerId = ++lastId;
    const messageListeners: ((message: unknown) => void)[] = [];
    const exitListeners: ((code: number | null, signal: string | null) => void)[] = [];
    const unsent: unknown[] = [];
    let port: Port | null = null;
    let pid: number | undefined;
    let ended: { code: number | null; signal: string | null } | null = null;

    workers.set(workerId, {
      connect(opened) {
        port = opened;
        port.on('message', (event) => messageListeners.forEach((listener) => listener(event.data)));
        port.start();
        for (const message of unsent.splice(0)) port.postMessage(message);
      },
      setPid(value) {
        pid = value;
      },
      end(code, signal) {
        ended = { code, signal };
        port?.close();
        for (const listener of exitListeners.splice(0)) listener(code, signal);
      },
    });
    toMain({ kind: 'startWorker', workerId, entry, env });

    return {
      get pid() {
        return pid;
      },
      send(message) {
        if (ended) return; // its listener of onExit says why
        if (port) port.postMessage(message);
        else unsent.push(message);
      },
      onMessage: (listener) => void messageListeners.push(listener),
      onExit(listener) {
        if (ended) listener(ended.code, ended.signal);
        else exitListeners.push(listener);
      },
      kill: () => toMain({ kind: 'killWorker', workerId }),
    };
  };

  return {
    spawnWorker,
    connected: (workerId, port) => workers.get(workerId)?.connect(port),
    started: (workerId, pid) => workers.get(workerId)?.setPid(pid),
    exited(workerId, code, signal) {
      const worker = workers.get(workerId);
      workers.delete(workerId);
      worker?.end(code, signal);
    },
  };
}
