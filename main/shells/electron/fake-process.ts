import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { ChildProcess } from './backend-host.ts';
import type { Port } from './messages.ts';

/** A port of Node's under the face of Electron's. For tests only. */
export function asPort(port: MessagePort): Port {
  return {
    on: (_event, listener) => port.on('message', (data: unknown) => listener({ data })),
    postMessage: (message) => port.postMessage(message),
    start: () => port.start(),
    close: () => port.close(),
  };
}

/** Two ends of a channel. For tests only. */
export function fakeChannel(): { port1: Port; port2: Port } {
  const { port1, port2 } = new MessageChannel();
  return { port1: asPort(port1), port2: asPort(port2) };
}

/** A utility process without a process: both ends in one object. For tests only. */
export class FakeProcess extends EventEmitter implements ChildProcess<Port> {
  pid: number | undefined;
  readonly entry: string;
  readonly env: Record<string, string>;
  readonly received: unknown[] = [];
  /** The child's `process.parentPort`; as Electron's, it keeps messages until somebody listens. */
  readonly parentPort = Object.assign(new EventEmitter(), {
    postMessage: (message: unknown) => void this.emit('message', structuredClone(message)),
  });
  #waiting: { data: unknown; ports: Port[] }[] = [];

  constructor(entry: string, env: Record<string, string>) {
    super();
    this.entry = entry;
    this.env = env;
    this.parentPort.on('newListener', () => queueMicrotask(() => this.#deliver()));
  }
  postMessage(message: unknown, ports: Port[] = []): void {
    const data: unknown = structuredClone(message);
    this.received.push(data);
    this.#waiting.push({ data, ports });
    queueMicrotask(() => this.#deliver());
  }
  kill(): boolean {
    return true;
  }
  spawned(pid: number): void {
    this.pid = pid;
    this.emit('spawn');
  }
  exit(status: number): void {
    this.pid = undefined;
    this.emit('exit', status);
  }
  #deliver(): void {
    if (this.parentPort.listenerCount('message') === 0) return;
    for (const event of this.#waiting.splice(0)) this.parentPort.emit('message', event);
  }
}
