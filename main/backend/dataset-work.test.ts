import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import { settled, testBackend, until } from '../testing/backend.ts';
import { noisePixels, rawImage, writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import type { SpawnWorker } from './backend.ts';
import { DatasetWork } from './dataset-work.ts';

/** A backend whose workers never begin with a job of this kind, nor hear that they should stop. */
async function holding(method: string) {
  let numHeld = 0;
  let numGone = 0;
  let isHolding = true;
  const aroundWorkers =
    (spawn: SpawnWorker): SpawnWorker =>
    (entry, env) => {
      const worker = spawn(entry, env);
      let holds = false;
      worker.onExit(() => (numGone += Number(holds)));
      const send = (message: unknown) => {
        if (isHolding && (message as { method?: string }).method === method) {
          holds = true;
          numHeld++;
        } else if (!holds) worker.send(message);
      };
      return { ...worker, send };
    };
  const opened = await testBackend({ aroundWorkers });
  return {
    ...opened,
    letGo: () => (isHolding = false),
    hold: () => (isHolding = true),
    held: () => expect.poll(() => numHeld, { timeout: 20_000 }).toBeGreaterThan(0),
    isGone: () => numGone === numHeld,
    places: () => readdirSync(path.join(opened.home, 'datasets')),
  };
}

async function pets(): Promise<string> {
  const folder = await temporaryFolder();
  await writeImageTree(folder, { cats: 3, dogs: 3 });
  return folder;
}
const jpeg = (): Promise<Buffer> =>
  rawImage(noisePixels(24, 32, 77), 24, 32)
    .jpeg()
    .toBuffer();

/** Begins to add a picture. @returns what became of it, be it an error */
async function addPicture(client: Client, datasetId: string): Promise<unknown> {
  const file = path.join(await temporaryFolder(), 'new.jpg');
  writeFileSync(file, await jpeg());
  const [picture] = await client.call('picture.add', { paths: [file] });
  const input = { datasetId, className: 'cats', imageIds: [picture!.imageId] };
  return client.call('dataset.addImages', input).catch((error: unknown) => error);
}

describe('a data set that is removed', () => {
  it.each(['verifyFiles', 'compare'])('leaves nothing at work behind, and nothing on disk: %s', async (method) => {
    const { client, held, isGone, places } = await holding(method);
    const { datasetId } = await client.call('dataset.add', { path: await pets() });
    await held();
    await client.call('dataset.remove', { datasetId });
    expect([isGone(), places()]).toEqual([true, []]);
  });

  it('takes along pictures that are just being added', async () => {
    const { client, letGo, hold, held, isGone, places } = await holding('verifyFiles');
    letGo();
    const folder = await pets();
    const { datasetId } = await client.call('dataset.add', { path: folder });
    await until(client, datasetId);
    hold();
    const adding = addPicture(client, datasetId);
    await held();
    await client.call('dataset.remove', { datasetId });
    expect([isGone(), places()]).toEqual([true, []]);
    expect(await adding).toMatchObject({ code: 'dataset-not-found' });

    letGo();
    await client.call('dataset.add', { path: folder });
    expect(await until(client, datasetId)).toMatchObject({ phase: 'ready', numImages: 6 });
  });

  it('waits for no file of an upload that hangs', async () => {
    const { backend, client, home } = await testBackend();
    const { datasetId } = await client.call('dataset.beginUpload', { name: 'pets', numFiles: 2 });
    const hanging = ['cats/0.jpg', 'con.jpg'].map((name) => {
      const bytes = new Readable({ read: () => undefined }).on('error', () => undefined);
      bytes.push('some');
      return backend.receiveFile(datasetId, name, bytes).catch((error: unknown) => error);
    });
    await expect.poll(() => existsSync(path.join(home, 'datasets', datasetId, 'attempts'))).toBe(true);
    await client.call('dataset.remove', { datasetId });
    expect(readdirSync(path.join(home, 'datasets'))).toEqual([]);
    for (const error of await Promise.all(hanging)) expect(error).toMatchObject({ code: 'upload-incomplete' });
  });
});

describe('a backend that closes', () => {
  it.each(['verifyFiles', 'compare'])('has nothing at work any more: %s', async (method) => {
    const { backend, client, held, isGone } = await holding(method);
    const { datasetId } = await client.call('dataset.add', { path: await pets() });
    await settled(
      () => client.call('dataset.get', { datasetId }),
      ({ phase }) => phase === 'ready',
    );
    await held();
    await backend.close();
    expect(isGone()).toBe(true);
  });
});

describe('pictures that are being added', () => {
  it('are told as stopped where the backend closes', async () => {
    const { backend, client, letGo, hold, held } = await holding('verifyFiles');
    letGo();
    const { datasetId } = await client.call('dataset.add', { path: await pets() });
    await until(client, datasetId);
    hold();
    const adding = addPicture(client, datasetId);
    await held();
    await backend.close();
    expect(await adding).toMatchObject({ code: 'job-stopped' });
  });
});

describe('DatasetWork', () => {
  it('waits for what was at work when it is asked, whether it ends well or not, and for nothing later', async () => {
    const work = new DatasetWork();
    let fail: (error: Error) => void = () => undefined;
    const failing = work.during('a', new Promise((_, reject) => (fail = reject)));
    let isStopped = false;
    const stopped = work.stop('a').then(() => (isStopped = true));
    void work.during('a', new Promise(() => undefined)); // of one that was added again
    void work.during('b', new Promise(() => undefined));
    await Promise.resolve();
    expect(isStopped).toBe(false);
    fail(new Error('broken'));
    await expect(failing).rejects.toThrow('broken');
    await stopped;
  });

  it('tells those whose data set goes, and none that come after them', async () => {
    const work = new DatasetWork();
    const before = work.signalOf('a');
    await work.stop('a');
    expect([before.aborted, work.signalOf('a').aborted, work.signalOf('b').aborted]).toEqual([true, false, false]);
    await work.stopAll();
    expect([work.signalOf('a').aborted, work.signalOf('c').aborted]).toEqual([true, true]);
  });

  it('gives one turn after the other, also after one that fails', async () => {
    const work = new DatasetWork();
    const told: string[] = [];
    const first = work.inTurn('a', async () => {
      await Promise.resolve();
      told.push('first');
      throw new Error('broken');
    });
    const second = work.inTurn('a', async () => told.push('second'));
    await expect(first).rejects.toThrow('broken');
    await second;
    expect(told).toEqual(['first', 'second']);
    expect(work.turnOf('a')).toBeUndefined();
  });
});
