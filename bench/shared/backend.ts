import { createClient, type Client } from '../../contract/client.ts';
import type { DatasetSnapshot } from '../../contract/dataset.ts';
import { fromWire } from '../../contract/errors.ts';
import type { RunSnapshot } from '../../contract/run.ts';
import type { Backend } from '../../main/backend/backend.ts';
import { createBackend } from '../../main/backend/create-backend.ts';
import { forkWorkers } from '../../main/workers/host.ts';
import { assetsFolder, workersFolder } from './graft.ts';
import { officialWeights } from './places.ts';

/** A backend in this process with real workers. The owner closes `backend`. */
export async function openBackend(home: string): Promise<{ backend: Backend; client: Client }> {
  const backend = await createBackend({
    home,
    assets: assetsFolder,
    spawnWorker: forkWorkers(workersFolder),
    roots: null,
  });
  return { backend, client: createClient(backend) };
}

/** Gives a home the official weights of a backbone that Graft does not ship, when they lie beside the project. */
export async function provideWeights(client: Client, backboneId: string): Promise<void> {
  const file = officialWeights(backboneId);
  if (file !== null) await client.call('weights.import', { backboneId, path: file });
}

/** Adds a folder by names and headers and waits until it is listed. */
export async function addFolder(client: Client, folder: string): Promise<DatasetSnapshot> {
  const { datasetId } = await client.call('dataset.add', { path: folder, quick: true });
  for (;;) {
    const snapshot = await client.call('dataset.get', { datasetId });
    if (snapshot.error) throw fromWire(snapshot.error);
    if (snapshot.phase === 'ready' && snapshot.progress === null) return snapshot;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until a run has ended. @throws what it failed with */
export async function ended(client: Client, runId: string): Promise<RunSnapshot> {
  for (;;) {
    const run = await client.call('run.get', { runId });
    if (run.error) throw fromWire(run.error);
    if (run.phase !== 'running' && run.phase !== 'waiting') return run;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
