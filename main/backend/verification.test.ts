import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import { addFolder, settled, testBackend, until } from '../testing/backend.ts';
import { noisePixels, rawImage, writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import type { SpawnWorker } from './backend.ts';

async function pets(): Promise<string> {
  const folder = await temporaryFolder();
  await writeImageTree(folder, { cats: 6, dogs: 6 });
  copyFileSync(path.join(folder, 'cats', '1.jpg'), path.join(folder, 'cats', '7.jpg'));
  return folder;
}
const numLookedAt = async (client: Client, datasetId: string) =>
  (await client.call('dataset.images', { datasetId })).images.filter(({ facts }) => facts !== null).length;

describe('looking at every file', () => {
  it('goes on after a restart where closing cut it off, for a person who opens the data set again', async () => {
    let isHeld = false;
    const holding =
      (spawn: SpawnWorker): SpawnWorker =>
      (entry, env) => {
        const worker = spawn(entry, env);
        const send = (message: unknown) => {
          if ((message as { method?: string }).method === 'verifyFiles') isHeld = true;
          else worker.send(message);
        };
        return { ...worker, send };
      };
    const { client, backend, home } = await testBackend({ aroundWorkers: holding });
    const { datasetId } = await client.call('dataset.add', { path: await pets() });
    await settled(
      () => Promise.resolve(isHeld),
      (held) => held,
    );
    await backend.close();

    const again = await testBackend({ home });
    expect((await again.client.call('dataset.list', {})).map(({ phase }) => phase)).toEqual(['ready']);
    const { verdicts, numImages } = await until(again.client, datasetId);
    expect([numImages, verdicts['exact-duplicate']]).toEqual([13, 1]);
    expect(await numLookedAt(again.client, datasetId)).toBe(13);
  });

  it('goes on with files that were found when the folder was listed for a map', async () => {
    const folder = await pets();
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    const picture = rawImage(noisePixels(24, 32, 99), 24, 32).jpeg();
    writeFileSync(path.join(folder, 'dogs', 'new.jpg'), await picture.toBuffer());
    expect((await client.call('dataset.map', { datasetId })).numImages).toBe(14);
    expect((await until(client, datasetId)).numImages).toBe(14);
    expect(await numLookedAt(client, datasetId)).toBe(14);
  });

  it('does not begin where only the names were asked for', async () => {
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, await pets(), true);
    expect((await client.call('dataset.get', { datasetId })).progress).toBeNull();
    expect(await client.call('dataset.get', { datasetId })).toMatchObject({ phase: 'ready', progress: null });
    expect(await numLookedAt(client, datasetId)).toBe(0);
  });
});
