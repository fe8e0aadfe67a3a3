import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { GraftError } from '../../../contract/errors.ts';
import { refuse, refuseUpgrade, securityHeaders } from './answers.ts';
import type { Events } from './events.ts';
import type { Verdict } from './gate.ts';

export interface Tls {
  cert: string | Buffer;
  key: string | Buffer;
}

export interface Limits {
  /** For the head of a request to arrive, from the first moment of a connection. */
  headersMs: number;
  /** Without a byte while a body is on its way. */
  idleMs: number;
  /** For a whole request: the largest upload over a slow line. */
  requestMs: number;
}
const defaultLimits: Limits = { headersMs: 10_000, idleMs: 60_000, requestMs: 3_600_000 };

export interface GatedServerOptions {
  handler: (request: IncomingMessage, response: ServerResponse) => void;
  gate: (request: IncomingMessage) => Verdict;
  events: Events;
  tls: Tls | undefined;
  limits: Partial<Limits> | undefined;
  log: (line: string) => void;
}

/** Makes a server that asks the gate before `handler` sees a request: no route can be reached around it. */
export function gatedServer({ handler, gate, events, tls, limits, log }: GatedServerOptions): http.Server {
  const { headersMs, idleMs, requestMs } = { ...defaultLimits, ...limits };
  const times = { headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: headersMs / 5 };
  const server = tls ? https.createServer({ ...times, ...tls }) : http.createServer(times);
  server.timeout = idleMs;
  server.keepAliveTimeout = 5000;
  server.maxConnections = 1000;

  server.on('request', (request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const verdict = gate(request);
    if (verdict.kind === 'refused') {
      log(`refused ${request.method} ${verdict.status}: ${verdict.why}`);
      return refuse(request, response, verdict);
    }
    if (verdict.kind === 'launched') {
      response.writeHead(303, { location: '/', 'set-cookie': verdict.cookie }).end();
      return;
    }
    awaitAnswer(request);
    handler(request, response);
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const verdict = gate(request);
    const [path, query] = (request.url ?? '').split('?', 2);
    const since = new URLSearchParams(query).getAll('since');
    const isWell = since.length <= 1 && since.every((text) => /^\d{1,15}$/.test(text));
    const refusal =
      verdict.kind === 'refused'
        ? verdict
        : path !== '/api/events' || !isWell
          ? unwanted(400, 'not the address of the events')
          : events.isFull
            ? unwanted(503, 'too many windows')
            : null;
    if (refusal === null) return events.accept(request, socket, head, since.length === 0 ? null : Number(since[0]));
    log(`refused upgrade ${refusal.status}: ${refusal.why}`);
    refuseUpgrade(request, socket, refusal);
  });
  return server;
}

/** While the backend works on a request that is there as a whole, a quiet connection is no idle one. */
function awaitAnswer(request: IncomingMessage): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  const wait = (): void => void request.socket.setTimeout(0);
  if (hasBody) request.once('end', wait);
  else wait();
}

function unwanted(status: 400 | 503, why: string): Extract<Verdict, { kind: 'refused' }> {
  const { code, params } = new GraftError('connection-lost', {});
  return { kind: 'refused', status, error: { code, params }, why };
}
