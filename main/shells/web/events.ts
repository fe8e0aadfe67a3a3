import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Transport } from '../../../contract/client.ts';
import { EventClient } from './event-client.ts';
import { EventLog } from './event-log.ts';

const maxFrameBytes = 1024 * 1024; // ws alone would take 100 MiB
const maxClients = 32;
const pingEveryMs = 30_000;

/** Announces the backend's events to browsers over WebSockets, and again what a browser missed. */
export class Events {
  #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxFrameBytes });
  #log = new EventLog();
  #clients = new Set<EventClient>();
  #unsubscribe: () => void;
  #pings: NodeJS.Timeout;

  constructor(backend: Transport) {
    this.#unsubscribe = backend.subscribe((message) => {
      const entry = this.#log.add(message);
      for (const client of this.#clients) client.send(entry);
    });
    this.#pings = setInterval(() => {
      for (const client of this.#clients) client.ping();
    }, pingEveryMs);
  }

  get isFull(): boolean {
    return this.#clients.size >= maxClients;
  }

  /** Takes a connection that the gate let in. @param since the last event the browser has; null: it wants only new ones */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, since: number | null): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket, since));
  }

  #welcome(webSocket: WebSocket, since: number | null): void {
    const client = new EventClient(webSocket);
    this.#clients.add(client);
    webSocket.on('close', () => this.#clients.delete(client));
    webSocket.on('error', () => webSocket.terminate()); // a frame too large closes with 1009 first
    if (since === null) return;
    const missed = this.#log.since(since);
    if (missed === null) client.reset(this.#log.lastSeq);
    for (const entry of missed ?? []) client.send(entry);
  }

  close(): void {
    clearInterval(this.#pings);
    this.#unsubscribe();
    for (const client of this.#clients) client.close();
    this.#server.close();
  }
}
