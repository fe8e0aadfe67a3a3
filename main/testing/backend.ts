import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createClient, type Client } from '../../contract/client.ts';
import type { DatasetSnapshot } from '../../contract/dataset.ts';
import type { RunSnapshot } from '../../contract/run.ts';
import type { Network } from '../dataset/ask.ts';
import type { Backend, SpawnWorker } from '../backend/backend.ts';
import { createBackend } from '../backend/create-backend.ts';
import { forkWorkers } from '../workers/host.ts';
import { temporaryFolder } from './temporary.ts';

/** The project's own folder. */
export const projectFolder = path.resolve(import.meta.dirname, '..', '..');
/** Real photographs and weights beside the project, where there are any. */
export const sharedData = path.resolve(process.env['GRAFT_SHARED'] ?? path.join(projectFolder, '..', 'shared'), 'data');
export const hasSharedData = existsSync(sharedData);

let isBuilt = false;
/** Builds the worker processes' entries when their sources are newer. */
export function buildWorkers(): void {
  if (isBuilt || process.env['GRAFT_BUILT']) return;
  execFileSync(
    process.execPath,
    ['--input-type=module', '-e', "await (await import('./scripts/build.mjs')).ensureBuilt({ renderer: false })"],
    { cwd: projectFolder, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  isBuilt = true;
}

/** A real backend with real workers in a home of its own, closed when the test ends. */
export async function testBackend(
  options: {
    home?: string;
    roots?: string[] | null;
    network?: Network;
    /** Watches the workers, or harms them. */
    aroundWorkers?: (spawn: SpawnWorker) => SpawnWorker;
  } = {},
): Promise<{ backend: Backend; client: Client; home: string }> {
  buildWorkers();
  const home = options.home ?? (await temporaryFolder());
  const spawn = forkWorkers(path.join(projectFolder, 'out', 'workers'));
  const backend = await createBackend({
    home,
    assets: path.join(projectFolder, 'assets'),
    spawnWorker: options.aroundWorkers?.(spawn) ?? spawn,
    roots: options.roots ?? null,
    network: options.network,
  });
  onTestFinished(() => backend.close());
  return { backend, client: createClient(backend), home };
}

/** The three splits with a few real photographs of each class. Needs `hasSharedData`. */
export async function photographs(numPerClass: number): Promise<string> {
  const folder = await temporaryFolder();
  for (const split of ['train', 'validation', 'test']) {
    for (const className of ['cats', 'dogs']) {
      const from = path.join(sharedData, 'cats_and_dogs', split, className);
      const to = path.join(folder, split, className);
      mkdirSync(to, { recursive: true });
      for (const name of readdirSync(from).sort().slice(0, numPerClass))
        copyFileSync(path.join(from, name), path.join(to, name));
    }
  }
  return folder;
}

/** Adds a folder and waits until every file is judged. */
export async function addFolder(client: Client, folder: string, quick = false): Promise<DatasetSnapshot> {
  const { datasetId } = await client.call('dataset.add', { path: folder, quick });
  return until(client, datasetId);
}

/** Waits until a data set has settled. */
export async function until(client: Client, datasetId: string): Promise<DatasetSnapshot> {
  return settled(
    () => client.call('dataset.get', { datasetId }),
    ({ phase, progress }) => phase === 'failed' || (phase === 'ready' && progress === null),
  );
}

/** Waits until a run has ended. */
export function ended(client: Client, runId: string): Promise<RunSnapshot> {
  return settled(
    () => client.call('run.get', { runId }),
    ({ phase }) => phase !== 'running' && phase !== 'waiting',
  );
}

/** Asks until the answer fits. */
export async function settled<T>(ask: () => Promise<T>, isSettled: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isSettled(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
