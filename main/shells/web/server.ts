import type { AddressInfo } from 'node:net';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance } from 'fastify';
import { GraftError } from '../../../contract/errors.ts';
import type { Backend } from '../../backend/backend.ts';
import { allowedNames, isLoopback, originOf } from './address.ts';
import { addCallRoutes } from './calls.ts';
import { addErrorAnswers } from './errors.ts';
import { Events } from './events.ts';
import { addExportRoutes } from './exports.ts';
import { createGate } from './gate.ts';
import { gatedServer, type Limits, type Tls } from './gated-server.ts';
import { Attempts, Sessions, type SessionOptions } from './session.ts';
import { addUploadRoutes } from './uploads.ts';

const maxBodyBytes = 1024 * 1024;
const minTokenLength = 32;

export interface WebServerOptions extends SessionOptions {
  backend: Backend;
  /** Folder of the built renderer. */
  rendererFolder: string;
  /** Interface to bind; by default only this machine can reach it. */
  host?: string | undefined;
  /** 0 takes a free one. */
  port: number;
  /** Certificate and key, PEM. */
  tls?: Tls | undefined;
  /** Lets in other machines without TLS. */
  iKnow?: boolean | undefined;
  /** Folders under which the browser may name paths of this machine; the backend checks them. */
  roots: readonly string[];
  log: (line: string) => void;
  limits?: Partial<Limits> | undefined;
}

export interface WebServer {
  /** Address without a token. */
  url: string;
  /** Address that lets one browser in, once. */
  launchUrl: string;
  port: number;
  /** Everything that is routed, behind the gate. */
  routes: readonly { method: string; url: string }[];
  /** Makes another launch address; the one before stops to work. */
  newLaunchUrl(): string;
  /** Ends all connections. The backend stays the caller's. */
  close(): Promise<void>;
}

/**
 * Serves the app to browsers.
 *
 * @throws host-needs-protection, port-in-use, invalid-input (a host or port that cannot be bound, a short token)
 */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const { backend, roots, log, tls, port } = options;
  const host = options.host === undefined || options.host === 'localhost' ? '127.0.0.1' : options.host;
  if (!isLoopback(host) && !tls && !options.iKnow) throw new GraftError('host-needs-protection', { host });
  if (options.token !== undefined && options.token.length < minTokenLength) {
    throw badOption('token', `must have at least ${minTokenLength} characters`);
  }

  const sessions = new Sessions(options);
  const gate = createGate({ names: allowedNames(host), isTls: !!tls, sessions, attempts: new Attempts(options.now) });
  const events = new Events(backend);
  const app = Fastify({
    bodyLimit: maxBodyBytes,
    routerOptions: { maxParamLength: 1000 },
    serverFactory: (handler) => gatedServer({ handler, gate, events, tls, limits: options.limits, log }),
  });
  const routes: { method: string; url: string }[] = [];
  app.addHook(
    'onRoute',
    ({ method, url }) => void routes.push(...[method].flat().map((one) => ({ method: one, url }))),
  );
  app.removeContentTypeParser('text/plain'); // JSON only
  addErrorAnswers(app, maxBodyBytes, log);
  addCallRoutes(app, backend, roots);
  addExportRoutes(app, backend);
  await app.register(addUploadRoutes, backend);
  await app.register(fastifyStatic, { root: path.resolve(options.rendererFolder), dotfiles: 'deny', index: false });
  app.get('/', (request, reply) =>
    'launch' in (request.query as object) ? reply.redirect('/', 303) : reply.sendFile('index.html'),
  );

  const close = async (): Promise<void> => {
    events.close();
    const closed = app.close();
    app.server.closeAllConnections();
    await closed;
  };
  await listen(app, host, port).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const bound = (app.server.address() as AddressInfo).port;
  const url = `${originOf(host, bound, !!tls)}/`;
  const newLaunchUrl = (): string => `${url}?launch=${sessions.newLaunchToken()}`;
  return { url, launchUrl: newLaunchUrl(), port: bound, routes, newLaunchUrl, close };
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE') throw new GraftError('port-in-use', { port }, { cause: error });
    if (code === 'EACCES' || code === 'ERR_SOCKET_BAD_PORT') throw badOption('port', code, error);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') throw badOption('host', code, error);
    throw error;
  }
}

function badOption(field: string, problem: string, cause?: unknown): GraftError {
  return new GraftError('invalid-input', { method: 'serve', field, problem }, { cause });
}
