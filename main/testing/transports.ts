import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { tmpdir } from 'node:os';
import { WebSocket } from 'ws';
import type { Transport } from '../../contract/client.ts';
import type { EventMessage } from '../../contract/contract.ts';
import type { Reply } from '../../contract/errors.ts';
import type { Backend } from '../backend/backend.ts';
import { newToken } from '../shells/web/session.ts';
import { startWebServer } from '../shells/web/server.ts';

/** A way to a backend, open. Closing it leaves the backend as it is. */
export interface OpenTransport extends Transport {
  close(): Promise<void>;
}

/** Every way on which the contract travels, for suites that run over all of them: `describe.each(transports)`. */
export const transports: readonly { name: string; open: (backend: Backend) => Promise<OpenTransport> }[] = [
  { name: 'in process', open: openInProcess },
  { name: 'structured clone', open: openStructuredClone },
  { name: 'HTTP', open: openHttp },
];

async function openInProcess(backend: Backend): Promise<OpenTransport> {
  return {
    call: (method, input) => backend.call(method, input),
    subscribe: (listener) => backend.subscribe(listener),
    close: async () => undefined,
  };
}

type Request = { id: number; method: string; input: unknown };
type Answer = { id: number; reply: Reply<unknown> } | { message: EventMessage };

/** Messages through a channel, as between Electron's processes: what cannot be cloned does not arrive. */
async function openStructuredClone(backend: Backend): Promise<OpenTransport> {
  const { port1: near, port2: far } = new MessageChannel();
  const unsubscribe = serve(backend, far);
  const waiting = new Map<number, (reply: Reply<unknown>) => void>();
  const listeners = new Set<(message: EventMessage) => void>();
  near.on('message', (answer: Answer) => {
    if ('message' in answer) return listeners.forEach((listener) => listener(answer.message));
    waiting.get(answer.id)?.(answer.reply);
    waiting.delete(answer.id);
  });
  let lastId = 0;
  return {
    call: (method, input) =>
      new Promise((resolve) => {
        waiting.set(++lastId, resolve);
        near.postMessage({ id: lastId, method, input } satisfies Request);
      }),
    subscribe: (listener) => keep(listeners, listener),
    close: async () => {
      unsubscribe();
      near.close();
    },
  };
}

function serve(backend: Backend, port: MessagePort): () => void {
  port.on('message', ({ id, method, input }: Request) => {
    void backend.call(method, input).then((reply) => port.postMessage({ id, reply } satisfies Answer));
  });
  return backend.subscribe((message) => port.postMessage({ message } satisfies Answer));
}

/** The web shell on a free port, and a client with a bearer token as a script would be. */
async function openHttp(backend: Backend): Promise<OpenTransport> {
  const token = newToken();
  const server = await startWebServer({
    backend,
    rendererFolder: tmpdir(), // nothing of it is asked for
    port: 0,
    token,
    roots: [],
    log: () => undefined,
  });
  const listeners = new Set<(message: EventMessage) => void>();
  const headers = { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`${server.url.replace(/^http/, 'ws')}api/events`, { headers });
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as EventMessage;
    for (const listener of listeners) listener(message);
  });
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    call: async (method, input) => {
      const response = await fetch(`${server.url}api/call/${encodeURIComponent(method)}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(input),
      });
      return (await response.json()) as Reply<unknown>;
    },
    subscribe: (listener) => keep(listeners, listener),
    close: () => server.close(),
  };
}

function keep<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => set.delete(item);
}
