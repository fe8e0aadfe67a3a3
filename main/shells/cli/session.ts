import { homedir } from 'node:os';
import path from 'node:path';
import { createClient, type Client } from '../../../contract/client.ts';
import type { DatasetSnapshot } from '../../../contract/dataset.ts';
import { fromWire, GraftError } from '../../../contract/errors.ts';
import type { Backend } from '../../backend/backend.ts';
import { createBackend } from '../../backend/create-backend.ts';
import { graftHome } from '../../store/paths.ts';
import { forkWorkers } from '../../workers/host.ts';
import type { Output } from './output.ts';

/** Where the built program lies: `out/`, with `assets/` beside it. */
export const programFolder = path.resolve(
  import.meta.dirname,
  path.basename(import.meta.dirname) === 'chunks' ? '..' : '.',
);

/** A backend for one command, in this process. */
export interface Session {
  client: Client;
  backend: Backend;
  out: Output;
}

export async function openSession(out: Output, roots: readonly string[] | null = null): Promise<Session> {
  const backend = await createBackend({
    home: graftHome(process.env, process.platform, homedir()),
    assets: path.resolve(programFolder, '..', 'assets'),
    spawnWorker: forkWorkers(path.join(programFolder, 'workers')),
    roots,
  });
  return { client: createClient(backend), backend, out };
}

/** A path as the user meant it: npm runs scripts in the project's folder and says in INIT_CWD where the user stands. */
export function userPath(given: string): string {
  return path.resolve(process.env['INIT_CWD'] ?? process.cwd(), given);
}

/** Adds a folder, an archive or a link to one, and waits for its listing, or, unless `quick`, for the verdict on every file. @throws what is wrong with it */
export async function addData(
  { client, out }: Session,
  data: string,
  quick: boolean,
  sha256?: string,
): Promise<DatasetSnapshot> {
  const isLink = /^https?:\/\//i.test(data);
  if (!isLink && /^[a-z][a-z0-9+.-]+:\/\//i.test(data)) throw new GraftError('data-kind-not-supported', { path: data });
  const { datasetId } = isLink
    ? await client.call('dataset.addLink', { url: data, ...(sha256 !== undefined && { sha256 }) })
    : await client.call('dataset.add', { path: userPath(data), quick });
  const isDone = (snapshot: DatasetSnapshot) =>
    snapshot.phase === 'failed' || (snapshot.phase === 'ready' && snapshot.progress === null);
  const snapshot = await new Promise<DatasetSnapshot>((resolve, reject) => {
    const stop = client.on('dataset.changed', (changed) => {
      if (changed.datasetId !== datasetId) return;
      const { transfer, phase } = changed;
      if (transfer?.totalBytes) {
        const [done, total] = [transfer.receivedBytes, transfer.totalBytes].map((bytes) => Math.round(bytes / 1e6));
        out.bar.show(`${phase}, MB`, done!, total!, transfer.secondsLeft === null ? null : transfer.secondsLeft * 1000);
      }
      if (changed.progress) out.bar.show('reading pictures', changed.progress.done, changed.progress.total, null);
      if (isDone(changed)) finish(changed);
    });
    const finish = (last: DatasetSnapshot) => {
      stop();
      out.bar.clear();
      resolve(last);
    };
    client.call('dataset.get', { datasetId }).then((now) => void (isDone(now) && finish(now)), reject);
  });
  if (snapshot.error) throw fromWire(snapshot.error);
  return snapshot;
}
