import type { EventMessage } from '../../contract/contract.ts';

const firstWaitMs = 500;
const longestWaitMs = 8000;

/** The backend's events over a WebSocket that comes back by itself and asks for what it missed. */
export class EventSocket {
  #url: string;
  #lastSeq = 0;
  #waitMs = firstWaitMs;
  #socket: WebSocket | null = null;
  #messageListeners = new Set<(message: EventMessage) => void>();
  #resetListeners = new Set<() => void>();
  #connectionListeners = new Set<(isConnected: boolean) => void>();

  constructor(url: string) {
    this.#url = url;
  }

  onMessage(listener: (message: EventMessage) => void): () => void {
    if (this.#socket === null) this.#open();
    return keep(this.#messageListeners, listener);
  }

  onReset(listener: () => void): () => void {
    return keep(this.#resetListeners, listener);
  }

  onConnection(listener: (isConnected: boolean) => void): () => void {
    return keep(this.#connectionListeners, listener);
  }

  #open(): void {
    const query = this.#lastSeq === 0 ? '' : `?since=${this.#lastSeq}`;
    const socket = new WebSocket(this.#url + query);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#waitMs = firstWaitMs;
      for (const listener of this.#connectionListeners) listener(true);
    });
    socket.addEventListener('message', (event) => this.#read(String(event.data)));
    socket.addEventListener('close', () => {
      for (const listener of this.#connectionListeners) listener(false);
      setTimeout(() => this.#open(), this.#waitMs);
      this.#waitMs = Math.min(this.#waitMs * 2, longestWaitMs);
    });
  }

  #read(text: string): void {
    const message = JSON.parse(text) as EventMessage | { reset: true; seq?: number };
    if ('reset' in message) {
      this.#lastSeq = message.seq ?? 0;
      for (const listener of this.#resetListeners) listener();
      return;
    }
    this.#lastSeq = message.seq;
    for (const listener of this.#messageListeners) listener(message);
  }
}

function keep<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => set.delete(item);
}
