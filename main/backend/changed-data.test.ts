import { appendFileSync, copyFileSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { addFolder, ended, settled, testBackend, until } from '../testing/backend.ts';
import { writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';

describe('a data set whose files changed since it was read', () => {
  it('starts no run and names them; read again, it trains on what is there', async () => {
    const folder = await temporaryFolder();
    await writeImageTree(folder, { cats: 12, dogs: 12 });
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    const start = () => client.call('run.start', { datasetId, recipe: { epochs: 1 } });
    for (const name of ['cats/1.jpg', 'cats/2.jpg', 'dogs/3.jpg']) appendFileSync(path.join(folder, name), 'x');
    for (const name of ['dogs/4.jpg', 'dogs/5.jpg']) rmSync(path.join(folder, name));
    const files = ['cats/1.jpg', 'cats/2.jpg', 'dogs/3.jpg', 'dogs/4.jpg', 'dogs/5.jpg'];
    const changed = { code: 'dataset-changed', params: { numFiles: 5, files } };
    await expect(start()).rejects.toMatchObject(changed);
    await expect(client.call('run.findLearningRate', { datasetId, recipe: {} })).rejects.toMatchObject(changed);
    await expect(client.call('backbone.probe', { datasetId, recipe: {} })).rejects.toMatchObject(changed);
    expect(await client.call('run.list', {})).toEqual([]);

    await client.call('dataset.refresh', { datasetId });
    expect(await until(client, datasetId)).toMatchObject({ numImages: 22 });
    const { runId } = await start();
    expect((await ended(client, runId)).phase).toBe('finished');
  });

  it('is trained on as it was read while more lies in the folder', async () => {
    const folder = await temporaryFolder();
    await writeImageTree(folder, { cats: 6, dogs: 6 });
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    await writeImageTree(path.join(folder, 'cats'), { more: 3 });
    const { runId } = await client.call('run.start', { datasetId, recipe: { epochs: 1 } });
    expect((await ended(client, runId)).phase).toBe('finished');
    expect((await client.call('dataset.get', { datasetId })).numImages).toBe(12);
    await client.call('dataset.refresh', { datasetId });
    expect((await until(client, datasetId)).numImages).toBe(15);
  });

  it('ends the runs that waited behind another meanwhile, by name, and keeps what is known of the files', async () => {
    const folder = await temporaryFolder();
    await writeImageTree(folder, { cats: 8, dogs: 8 });
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    const start = (recipe: object) => client.call('run.start', { datasetId, recipe: { epochs: 1, ...recipe } });
    const first = await start({ epochs: 1000, inputSize: 64 });
    await settled(
      () => client.call('run.get', first),
      ({ numEpochs }) => numEpochs > 0,
    );
    await client.call('run.pause', first);
    const other = await start({ inputSize: 96 });
    // What is kept of the pictures themselves is enough for this one; their views are not there yet.
    const views = await start({ inputSize: 64, augmentation: { strength: 'light', numViews: 2 } });
    copyFileSync(path.join(folder, 'dogs/1.jpg'), path.join(folder, 'cats/1.jpg'));
    for (let i = 1; i <= 8; i++) appendFileSync(path.join(folder, `cats/${i}.jpg`), 'x');
    rmSync(path.join(folder, 'dogs/4.jpg'));
    await client.call('run.stop', first);
    const ends = [await ended(client, other.runId), await ended(client, views.runId)];
    expect(ends.map(({ phase, error }) => [phase, error?.code])).toEqual([
      ['failed', 'dataset-changed'],
      ['failed', 'dataset-changed'],
    ]);
    const files = [1, 2, 3, 4, 5].map((i) => `cats/${i}.jpg`);
    expect(ends[0]!.error!.params).toMatchObject({ numFiles: 9, files });
    expect(await client.call('dataset.get', { datasetId })).toMatchObject({ numImages: 16 });
  });

  it('ends a run when size and time kept still about it, and the next run knows', async () => {
    const [folder, others] = [await temporaryFolder(), await temporaryFolder()];
    await writeImageTree(folder, { cats: 6, dogs: 6 });
    await writeImageTree(others, { cats: 13 });
    const file = path.join(folder, 'cats/1.jpg');
    const replaceWith = (other: string) => {
      writeFileSync(file, Buffer.concat([readFileSync(other), Buffer.alloc(8192)]).subarray(0, 8192));
      utimesSync(file, 1_700_000_000, 1_700_000_000);
    };
    replaceWith(file);
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    replaceWith(path.join(others, 'cats/13.jpg'));
    const start = async () =>
      ended(client, (await client.call('run.start', { datasetId, recipe: { epochs: 1, inputSize: 64 } })).runId);
    expect((await start()).error).toMatchObject({
      code: 'dataset-changed',
      params: { numFiles: 1, files: ['cats/1.jpg'] },
    });
    expect(await start()).toMatchObject({ phase: 'finished', numSkipped: 0 });
  });
});
