import { appendFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { addFolder, ended, testBackend, until } from '../testing/backend.ts';
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
});
