import { Readable } from 'node:stream';
import { toWire, type Reply } from '../../../contract/errors.ts';
import type { Backend, BackendOptions } from '../../backend/backend.ts';
import { createLog, type Log } from '../../backend/log.ts';
import type { FromBackend, Port, ToBackend } from './messages.ts';
import { createWorkerSpawner } from './spawn-worker.ts';

/** What is used of `process.parentPort`. */
export interface MainPort {
  on(event: 'message', listener: (event: { data: unknown; ports: Port[] }) => void): unknown;
  postMessage(message: FromBackend): void;
}

/**
 * Lets the backend answer what Electron's main process asks. Every question gets one reply, also when the backend
 * could not be made: then the reason is the reply to each.
 */
export function serveBackend(main: MainPort, createBackend: (options: BackendOptions) => Promise<Backend>): void {
  const spawner = createWorkerSpawner((message) => main.postMessage(message));
  let backend: Promise<Backend> | null = null;
  let log: Log | null = null;

  async function answer(id: number, ask: (backend: Backend) => Promise<Reply<unknown>>): Promise<void> {
    let reply: Reply<unknown>;
    try {
      if (!backend) throw new Error('asked before start');
      reply = await ask(await backend);
    } catch (error) {
      reply = { ok: false, error: toWire(error, (bug) => log?.bug(bug) ?? 'not-started') };
    }
    main.postMessage({ kind: 'reply', id, reply });
  }

  function start(home: string, assets: string): void {
    log = createLog(home);
    backend = createBackend({ home, assets, spawnWorker: spawner.spawnWorker, roots: null });
    backend.then(
      (made) => made.subscribe((message) => main.postMessage({ kind: 'event', message })),
      () => undefined, // told in the reply to each question
    );
  }

  main.on('message', ({ data, ports }) => {
    const message = data as ToBackend;
    switch (message.kind) {
      case 'start':
        return start(message.home, message.assets);
      case 'call':
        return void answer(message.id, (made) => made.call(message.method, message.input));
      case 'thumbnail':
        return void answer(message.id, async (made) => value(await made.thumbnail(message.imageId, message.sizePx)));
      case 'picture':
        return void answer(message.id, async (made) =>
          value(await made.receivePicture(message.name, Readable.from([message.bytes]))),
        );
      case 'exportFolder':
        return void answer(message.id, async (made) => value(await made.exportFolder(message.exportId)));
      case 'close':
        return void answer(message.id, async (made) => value((await made.close(), null)));
      case 'workerPort':
        return ports[0] && spawner.connected(message.workerId, ports[0]);
      case 'workerStarted':
        return spawner.started(message.workerId, message.pid);
      case 'workerExited':
        return spawner.exited(message.workerId, message.code, message.signal);
    }
  });
}

const value = <T>(of: T): Reply<T> => ({ ok: true, value: of });
