/** How a worker talks to whoever started it, the same on plain Node and in Electron. */
export interface WorkerChannel {
  /** Sends to the backend; before the line stands, messages wait in order. */
  send(message: unknown): void;
  /** Hands over every message, those that came before the listener too. One listener. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once when nobody listens any more: a worker should then end. */
  onParentGone(listener: () => void): void;
}

/** What is used of Electron's `MessagePortMain`; this folder does not know Electron. */
interface Port {
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  postMessage(message: unknown): void;
  start(): void;
}
/** What is used of Electron's `process.parentPort`. */
interface ParentPort {
  on(event: 'message', listener: (event: { data: unknown; ports: Port[] }) => void): unknown;
}
/** What is used of `process`, in a fork of Node's or in a utility process of Electron's. */
export interface WorkerHost {
  parentPort?: ParentPort;
  send?: ((message: unknown) => unknown) | undefined;
  connected?: boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

/**
 * Opens the channel of this worker process. Call it once, early.
 *
 * On plain Node it is the IPC channel of `child_process.fork`; in Electron it is the port that main hands over with its first message.
 */
export function workerChannel(host: WorkerHost = process): WorkerChannel {
  const messages = createInbox<unknown>();
  const gone = createInbox<undefined>();
  const sender = host.parentPort
    ? overPort(host.parentPort, messages.put, () => gone.put(undefined))
    : overFork(host, messages.put, () => gone.put(undefined));
  return { send: sender, onMessage: messages.listen, onParentGone: (listener) => gone.listen(() => listener()) };
}

function overFork(
  host: WorkerHost,
  receive: (message: unknown) => void,
  onGone: () => void,
): (message: unknown) => void {
  if (!host.send) throw new Error('A worker is started by Graft, not by hand: there is nobody to talk to.');
  host.on('message', receive);
  host.on('disconnect', onGone);
  return (message) => {
    if (host.connected !== false) host.send?.(message); // the parent may go between two sends
  };
}

function overPort(
  parentPort: ParentPort,
  receive: (message: unknown) => void,
  onGone: () => void,
): (message: unknown) => void {
  let port: Port | null = null;
  const waiting: unknown[] = [];
  parentPort.on('message', ({ ports }) => {
    if (port || !ports[0]) return;
    port = ports[0];
    port.on('message', (event) => receive(event.data));
    port.on('close', onGone);
    port.start();
    for (const message of waiting.splice(0)) port.postMessage(message);
  });
  return (message) => {
    if (port) port.postMessage(message);
    else waiting.push(message);
  };
}

/** Keeps what comes until somebody listens, so that no message is lost to the order of imports. */
function createInbox<T>(): { put: (item: T) => void; listen: (listener: (item: T) => void) => void } {
  const waiting: T[] = [];
  let listener: ((item: T) => void) | null = null;
  return {
    put(item) {
      if (listener) listener(item);
      else waiting.push(item);
    },
    listen(next) {
      listener = next;
      for (const item of waiting.splice(0)) next(item);
    },
  };
}
