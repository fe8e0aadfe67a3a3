import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildWorkers, projectFolder, settled } from '../testing/backend.ts';
import { writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { forkWorkers, WorkerHost } from '../workers/host.ts';
import { Datasets } from './datasets.ts';
import { createLog } from './log.ts';

/** The data sets of a home of this test's own, and a folder with two classes. */
async function openDatasets() {
  buildWorkers();
  const home = await temporaryFolder();
  const folder = await temporaryFolder();
  await writeImageTree(folder, { cats: 3, dogs: 3 });
  const spawn = forkWorkers(path.join(projectFolder, 'out', 'workers'));
  const newMedia = () => new WorkerHost(spawn, 'media', () => undefined);
  const options = { roots: null };
  const datasets = new Datasets(path.join(home, 'datasets'), () => undefined, newMedia, createLog(home), options);
  onTestFinished(() => datasets.close());
  return { datasets, folder };
}

describe('a wait for a listing', () => {
  it('goes on with one that was begun anew meanwhile', async () => {
    const { datasets, folder } = await openDatasets();
    for (let n = 0; n < 1500; n++) writeFileSync(path.join(folder, 'cats', `${n}.txt`), 'x'); // not listed in one breath
    const { datasetId } = await datasets.add(folder, true);
    const waiting = datasets.ready(datasetId);
    await datasets.add(folder, true);
    expect((await waiting).images).toHaveLength(6);
  });

  it('is told as stopped where it was stopped, and as gone where its data set is', async () => {
    const { datasets, folder } = await openDatasets();
    const { datasetId } = await datasets.addSample();
    const told = expect(datasets.ready(datasetId)).rejects.toMatchObject({ code: 'job-stopped' });
    const added = await datasets.add(folder, true);
    const gone = expect(datasets.ready(added.datasetId)).rejects.toMatchObject({ code: 'dataset-not-found' });
    await datasets.remove(added.datasetId);
    await datasets.close();
    await Promise.all([told, gone]);
  });
});

describe('a file that a run found to have other bytes, its size and time kept', () => {
  it('is looked at again', async () => {
    const { datasets, folder } = await openDatasets();
    const { datasetId } = await datasets.add(folder, false);
    const whole = () => datasets.get(datasetId).then(() => datasets.ready(datasetId));
    const before = await settled(whole, ({ complete }) => complete);
    const { path: file, sha256 } = before.images[0]!;
    await datasets.learn(before, [[file, 'f'.repeat(64)]], []);
    const told = (await datasets.images({ datasetId, offset: 0, limit: 1, orderBy: 'path', isDescending: false })).images; // prettier-ignore
    expect(told[0]!.facts).toBeNull();
    const after = await settled(
      () => datasets.ready(datasetId), // asks for nothing: it goes on by itself
      ({ complete }) => complete,
    );
    expect(after.images[0]).toMatchObject({ path: file, sha256, facts: before.images[0]!.facts });
  });
});
