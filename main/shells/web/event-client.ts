import { WebSocket } from 'ws';
import type { LogEntry } from './event-log.ts';

/** Above this a browser counts as slow: events wait here, and those that only repeat a state are merged. */
const slowBytes = 1024 * 1024;
/** Above this it is let go; it comes back and asks for what it missed. */
const tooSlowBytes = 8 * 1024 * 1024;
const tryAgainLater = 1013;
const goingAway = 1001;
const closeWaitMs = 2000;

/** One browser. What it gets is always in the order of `seq`, so that the last one it got says what it missed. */
export class EventClient {
  #socket: WebSocket;
  #waiting = new Map<string, LogEntry>();
  #waitingBytes = 0;
  #isAlive = true;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('pong', () => (this.#isAlive = true));
  }

  send(entry: LogEntry): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const key = entry.replaces ?? String(entry.seq);
    this.#drop(key); // put in again at the end: the order stays that of seq
    this.#waiting.set(key, entry);
    this.#waitingBytes += Buffer.byteLength(entry.text);
    this.#flush();
    if (this.#socket.bufferedAmount + this.#waitingBytes > tooSlowBytes) this.#end(tryAgainLater);
  }

  /** Says that events are lost and everything shown should be read again. */
  reset(lastSeq: number): void {
    this.#socket.send(JSON.stringify({ reset: true, seq: lastSeq }));
  }

  /** Ends a connection that did not answer the ping before. */
  ping(): void {
    if (!this.#isAlive) return this.#socket.terminate();
    this.#isAlive = false;
    this.#socket.ping();
  }

  close(): void {
    this.#end(goingAway);
  }

  #flush(): void {
    for (const [key, entry] of this.#waiting) {
      if (this.#socket.readyState !== WebSocket.OPEN || this.#socket.bufferedAmount > slowBytes) return;
      this.#drop(key);
      this.#socket.send(entry.text, (error) => {
        if (!error && this.#waiting.size > 0) this.#flush();
      });
    }
  }

  #drop(key: string): void {
    const entry = this.#waiting.get(key);
    if (entry === undefined) return;
    this.#waiting.delete(key);
    this.#waitingBytes -= Buffer.byteLength(entry.text);
  }

  #end(code: number): void {
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#socket.close(code);
    // Who reads nothing does not read the farewell either.
    setTimeout(() => this.#socket.terminate(), closeWaitMs).unref();
  }
}
