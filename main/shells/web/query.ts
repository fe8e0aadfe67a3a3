import type { FastifyRequest } from 'fastify';
import { GraftError } from '../../../contract/errors.ts';

/** Reads a query value that must be given once. @throws invalid-input */
export function queryText(request: FastifyRequest, field: string, maxLength: number): string {
  const value = (request.query as Record<string, unknown>)[field];
  if (typeof value !== 'string' || value === '' || value.length > maxLength) {
    throw badQuery(request, field, `must be given once, with 1 to ${maxLength} characters`);
  }
  return value;
}

/** Reads a whole number from the query. @throws invalid-input */
export function queryNumber(request: FastifyRequest, field: string, min: number, max: number): number {
  const text = queryText(request, field, 15);
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw badQuery(request, field, `must be a whole number from ${min} to ${max}`);
  return value;
}

function badQuery(request: FastifyRequest, field: string, problem: string): GraftError {
  return new GraftError('invalid-input', { method: request.routeOptions.url ?? '', field, problem });
}
