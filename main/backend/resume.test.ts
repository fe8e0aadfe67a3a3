import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import { addFolder, ended, settled, testBackend } from '../testing/backend.ts';
import { writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const recipe = { epochs: 1000, inputSize: 64 };

async function afterEpochs(client: Client, runId: string, numEpochs: number): Promise<void> {
  await settled(
    () => client.call('run.get', { runId }),
    (run) => run.numEpochs > numEpochs || run.phase === 'failed',
  );
}

/** A run that was stopped after a few epochs. */
async function stopped() {
  const { client, home } = await testBackend();
  const folder = await temporaryFolder();
  await writeImageTree(folder, { cats: 8, dogs: 8 });
  const { datasetId } = await addFolder(client, folder);
  const { runId } = await client.call('run.start', { datasetId, recipe });
  await afterEpochs(client, runId, 2);
  await client.call('run.stop', { runId });
  const run = await ended(client, runId);
  expect(run.phase).toBe('stopped');
  return { client, home, datasetId, runId, run };
}

describe('resuming a run', () => {
  it('goes on with its own pictures and classes after one was excluded and one relabelled', async () => {
    const { client, home, datasetId, runId, run } = await stopped();
    const splits = () => readFile(path.join(home, 'runs', runId, 'splits.json'), 'utf8');
    const before = await splits();
    const { images } = await client.call('dataset.images', { datasetId, limit: 500 });
    const only = (i: number) => ({ imageIds: [images[i]!.imageId] });
    await client.call('dataset.edit', { datasetId, edit: { kind: 'exclude', images: only(0) } });
    await client.call('dataset.edit', { datasetId, edit: { kind: 'relabel', images: only(1), className: 'birds' } });
    await client.call('run.resume', { runId });
    await afterEpochs(client, runId, run.numEpochs + 2);
    await client.call('run.stop', { runId });
    const resumed = await ended(client, runId);
    expect(resumed.error).toBeNull();
    expect(resumed.classNames).toEqual(['cats', 'dogs']);
    expect(resumed.epochs.map(({ epoch }) => epoch)).toEqual(resumed.epochs.map((_, i) => i + 1));
    expect(await splits()).toBe(before);
  });

  it('trains it once when it is asked for twice, and lets nobody remove it meanwhile', async () => {
    const { client, runId } = await stopped();
    let numStarts = 0;
    client.on('run.started', () => void numStarts++);
    const asked = [client.call('run.resume', { runId }), client.call('run.resume', { runId })];
    await expect(client.call('run.remove', { runId })).rejects.toMatchObject({ code: 'run-busy' });
    expect(await Promise.all(asked)).toEqual([{ runId }, { runId }]);
    expect(numStarts).toBe(1);
    await client.call('run.stop', { runId });
    expect((await ended(client, runId)).phase).toBe('stopped');
  });
});

describe('removing a run', () => {
  it('is refused while another that begins with its weights trains, or could be resumed', async () => {
    const { client, home, runId: parent } = await stopped();
    const further = { trainable: { from: 'top_conv' }, epochs: 1000 };
    const { runId } = await client.call('run.fineTune', { runId: parent, ...further });
    const refused = { code: 'run-busy', params: { runId: parent } };
    await expect(client.call('run.remove', { runId: parent })).rejects.toMatchObject(refused);
    await client.call('run.stop', { runId });
    const { number } = await ended(client, runId);
    const needed = { code: 'run-in-use', params: { runId: parent, runs: [number] } };
    await expect(client.call('run.remove', { runId: parent })).rejects.toMatchObject(needed);
    // A run whose app was killed still says that it runs.
    const file = path.join(home, 'runs', runId, 'run.json');
    const killed = { ...(JSON.parse(await readFile(file, 'utf8')) as object), phase: 'running', ownerPid: 2 ** 22 + 1 };
    await writeFile(file, JSON.stringify(killed));
    await expect(client.call('run.remove', { runId: parent })).rejects.toMatchObject(needed);
    await client.call('run.remove', { runId });
    await client.call('run.remove', { runId: parent });
    expect(await client.call('run.list', {})).toEqual([]);
  });
});
