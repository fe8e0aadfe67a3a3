import { expect, request, type APIRequestContext } from '@playwright/test';
import { cp } from 'node:fs/promises';
import type { Input, MethodName, Output } from '../contract/contract.ts';
import { startServer } from './server.ts';

/** Fills a home with the sample and two trained runs, GAP and Flatten: what the stories about results begin with. */
export async function makeTrainedHome(home: string): Promise<void> {
  const server = await startServer(home, home);
  const door = await request.newContext({ extraHTTPHeaders: { origin: new URL(server.url).origin } });
  try {
    await door.get(server.launchUrl);
    const { datasetId } = await call(door, server.url, 'dataset.addSample', {});
    await expect
      .poll(async () => (await call(door, server.url, 'dataset.get', { datasetId })).phase, { timeout: 150_000 })
      .toBe('ready');
    await call(door, server.url, 'run.compare', { datasetId, recipe: { epochs: 3 }, heads: ['gap', 'flatten'] });
    await expect
      .poll(async () => (await call(door, server.url, 'run.list', {})).map((run) => run.phase), { timeout: 150_000 })
      .toEqual(['finished', 'finished']);
  } finally {
    await door.dispose();
    await server.stop();
  }
}

/** Copies a home for one test, so that none meets what another did. */
export async function copyHome(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
}

async function call<M extends MethodName>(
  door: APIRequestContext,
  url: string,
  method: M,
  input: Input<M>,
): Promise<Output<M>> {
  const answer = await door.post(`${url}api/call/${method}`, { data: input });
  const reply = (await answer.json()) as { ok: true; value: Output<M> } | { ok: false; error: unknown };
  if (!reply.ok) throw new Error(`${method}: ${JSON.stringify(reply.error)}`);
  return reply.value;
}
