import { randomUUID } from 'node:crypto';
import type { FastifyError, FastifyInstance } from 'fastify';
import { GraftError, toWire } from '../../../contract/errors.ts';

/** Turns everything that goes wrong behind the gate into a Reply; what is a bug is logged with an id. */
export function addErrorAnswers(app: FastifyInstance, maxBodyBytes: number, log: (line: string) => void): void {
  const logged = (error: unknown): string => {
    const id = randomUUID();
    log(`internal ${id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return id;
  };

  app.setErrorHandler((error: FastifyError | GraftError, request, reply) => {
    const route = request.routeOptions.url ?? '';
    const status = error instanceof GraftError ? statusOf(error) : (error.statusCode ?? 500);
    const known =
      error instanceof GraftError || status >= 500
        ? error
        : status === 413
          ? new GraftError('upload-too-large', { name: route, maxBytes: maxBodyBytes })
          : new GraftError('invalid-input', { method: route, field: '', problem: error.message });
    return reply.code(status).send({ ok: false, error: toWire(known, logged) });
  });

  app.setNotFoundHandler((request, reply) => {
    const { code, params } = new GraftError('unknown-method', { method: request.method });
    return reply.code(404).send({ ok: false, error: { code, params } });
  });
}

function statusOf(error: GraftError): number {
  if (error.code.endsWith('-not-found')) return 404;
  return { 'unknown-method': 404, 'invalid-input': 400, 'upload-too-large': 413 }[error.code as string] ?? 422;
}
