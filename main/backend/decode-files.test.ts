import { cpSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { FromWorker } from '../workers/protocol.ts';
import type { VerifyReport } from '../workers/media.ts';
import { addFolder, buildWorkers, projectFolder, testBackend, until } from '../testing/backend.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { forkWorkers, WorkerHost } from '../workers/host.ts';
import type { SpawnWorker } from './backend.ts';
import { decodeFiles } from './decode-files.ts';

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

/** The same before its decoder can have begun with a file, however small. */
const killingAtOnce =
  (isDeadly: (file: string) => boolean): ((spawn: SpawnWorker) => SpawnWorker) =>
  (spawn) =>
  (entry, env) => {
    const worker = spawn(entry, env);
    let isDead = false;
    const onMessage = (listener: (message: unknown) => void) =>
      worker.onMessage((raw) => {
        if (isDead) return; // said after it had begun
        listener(raw);
        const message = raw as FromWorker;
        const begun = 'progress' in message ? (message.progress as VerifyReport | null)?.begun : undefined;
        if (begun === undefined || !isDeadly(begun)) return;
        isDead = true;
        process.kill(worker.pid!, 'SIGSEGV');
      });
    return { ...worker, onMessage };
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

describe('a file that cannot be read for a while', () => {
  it('is told as skipped, and is in use when it is read again', async () => {
    const folder = await pictures([]);
    const [file, away] = [path.join(folder, 'cats', '3.png'), path.join(await temporaryFolder(), '3.png')];
    const lose =
      (spawn: SpawnWorker): SpawnWorker =>
      (entry, env) => {
        if (entry === 'media' && !existsSync(away)) renameSync(file, away); // listed, and gone before it is decoded
        return spawn(entry, env);
      };
    const { client } = await testBackend({ aroundWorkers: lose });
    const { datasetId, ...lost } = await addFolder(client, folder);
    expect(lost).toMatchObject({ numImages: 15, numSkipped: 1 });
    const { files } = await client.call('dataset.skipped', { datasetId });
    expect(files).toEqual([{ path: 'cats/3.png', reason: 'unreadable', detail: 'ENOENT' }]);
    cpSync(away, file, { preserveTimestamps: true });
    await client.call('dataset.refresh', { datasetId });
    expect(await until(client, datasetId)).toMatchObject({ numImages: 16, numSkipped: 0 });
  });

  it.skipIf(!existsSync('/dev/full'))('is not what a full disk makes of it', async () => {
    buildWorkers();
    const folder = await pictures([]);
    const newMedia = () => new WorkerHost(forkWorkers(path.join(projectFolder, 'out', 'workers')), 'media', () => {});
    const paths = ['cats/1.png', 'dogs/2.png'];
    const found = await decodeFiles({ root: folder, paths, looksFile: '/dev/full' }, { newMedia });
    expect(found.skipped).toEqual([]);
    expect(found.factsByPath.map(([name]) => name)).toEqual(paths);
  });
});

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

describe('many files in a row that end their decoder', () => {
  it('cost none of the others their verdict, though nothing was decoded before', { timeout: 180_000 }, async () => {
    const folder = await pictures([]);
    const names = Array.from({ length: 12 }, (_, i) => `cats/-${String(i).padStart(2, '0')}a.png`);
    for (const name of names) cpSync(path.join(folder, 'cats', '0.png'), path.join(folder, name));
    const { client } = await testBackend({ aroundWorkers: killingAtOnce((file) => /a\.png$/.test(file)) });
    const snapshot = await addFolder(client, folder);
    expect(snapshot).toMatchObject({ phase: 'ready', numImages: 16, numSkipped: 12, error: null });
    const { files } = await client.call('dataset.skipped', { datasetId: snapshot.datasetId });
    expect(files.map(({ path: name, reason }) => [name, reason])).toEqual(names.map((n) => [n, 'decoder-crashed']));
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
