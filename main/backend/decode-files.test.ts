import { mkdirSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { FromWorker } from '../workers/protocol.ts';
import type { VerifyReport } from '../workers/media.ts';
import { addFolder, testBackend } from '../testing/backend.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import type { SpawnWorker } from './backend.ts';

/** Kills a decoder when it begins with a file that `isDeadly` says, as a fault in libvips would. */
const killing =
  (isDeadly: (file: string) => boolean, killed: string[]) =>
  (spawn: SpawnWorker): SpawnWorker =>
  (entry, env) => {
    const worker = spawn(entry, env);
    worker.onMessage((raw) => {
      const message = raw as FromWorker;
      const begun = 'progress' in message ? (message.progress as VerifyReport | null)?.begun : undefined;
      if (begun === undefined || !isDeadly(begun)) return;
      killed.push(begun);
      process.kill(worker.pid!, 'SIGSEGV');
    });
    return worker;
  };

/** Two classes of different pictures; `large` ones take so long to decode that a signal comes first. */
async function pictures(large: readonly string[]): Promise<string> {
  const folder = await temporaryFolder();
  const draw = (side: number, grey: number, name: string) =>
    sharp({ create: { width: side, height: side, channels: 3, background: { r: grey, g: 255 - grey, b: grey } } })
      .png({ compressionLevel: 1 })
      .toFile(path.join(folder, name));
  for (const className of ['cats', 'dogs']) {
    mkdirSync(path.join(folder, className));
    for (let i = 0; i < 8; i++) await draw(40, 20 * i + (className === 'cats' ? 0 : 10), `${className}/${i}.png`);
  }
  for (const [i, name] of large.entries()) await draw(6000, 100 + i, name);
  return folder;
}

describe('a file that ends its decoder', () => {
  it('is skipped with its reason; all others have their verdict, and it is not tried again', async () => {
    const folder = await pictures(['cats/4a.png', 'dogs/3a.png']);
    const killed: string[] = [];
    const { client } = await testBackend({ aroundWorkers: killing((file) => /a\.png$/.test(file), killed) });
    const snapshot = await addFolder(client, folder);
    expect(snapshot).toMatchObject({ phase: 'ready', numImages: 16, numSkipped: 2, error: null });
    const { datasetId } = snapshot;
    const { files } = await client.call('dataset.skipped', { datasetId });
    expect(files).toEqual([
      { path: 'cats/4a.png', reason: 'decoder-crashed', detail: 'SIGSEGV' },
      { path: 'dogs/3a.png', reason: 'decoder-crashed', detail: 'SIGSEGV' },
    ]);
    const { images } = await client.call('dataset.images', { datasetId });
    expect(images.every(({ facts }) => facts !== null)).toBe(true);
    expect(killed).toHaveLength(4); // each among others, and alone

    await addFolder(client, folder);
    expect(killed).toHaveLength(4);
  });

  it('that only once does so is used', async () => {
    const folder = await pictures(['cats/4a.png']);
    const killed: string[] = [];
    const once = killing((file) => /a\.png$/.test(file) && killed.length === 0, killed);
    const { client } = await testBackend({ aroundWorkers: once });
    expect(await addFolder(client, folder)).toMatchObject({ numImages: 17, numSkipped: 0 });
    expect(killed).toEqual(['cats/4a.png']);
  });

  it('is refused when it is added to a class, and the rest is added', async () => {
    const folder = await pictures(['cats/4a.png']);
    const { client } = await testBackend({ aroundWorkers: killing((file) => /4a\.png$/.test(file), []) });
    const { datasetId } = await client.call('dataset.create', { name: 'pets', classNames: ['cats', 'dogs'] });
    const paths = ['3', '4a'].map((name) => path.join(folder, `cats/${name}.png`));
    const added = await client.call('picture.add', { paths });
    const imageIds = added.map(({ imageId }) => imageId);
    const { numAdded, refused } = await client.call('dataset.addImages', { datasetId, className: 'cats', imageIds });
    expect([numAdded, refused]).toEqual([1, [{ name: '4a.png', reason: 'decoder-crashed' }]]);
  });
});

describe('a decoder that never works', () => {
  it('is said to be the trouble, and no file is blamed', async () => {
    const folder = await pictures([]);
    const broken =
      (spawn: SpawnWorker): SpawnWorker =>
      (entry, env) => {
        const worker = spawn(entry, env);
        if (entry === 'media') setImmediate(() => worker.kill());
        return worker;
      };
    const { client } = await testBackend({ aroundWorkers: broken });
    const snapshot = await addFolder(client, folder);
    expect(snapshot).toMatchObject({ phase: 'failed', error: { code: 'worker-died' } });
  });
});
