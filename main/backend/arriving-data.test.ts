import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Client } from '../../contract/client.ts';
import { GraftError } from '../../contract/errors.ts';
import { unpackLimits } from '../dataset/unpack.ts';
import { zipOf } from '../testing/archives.ts';
import { settled, testBackend, until } from '../testing/backend.ts';
import { fakeWeb } from '../testing/fake-web.ts';
import { classCounts, petsEntries, petsZip } from '../testing/pets.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { WorkerHost } from '../workers/host.ts';
import type { SpawnWorker } from './backend.ts';
import { bringPacked, type BringOptions } from './packed-data.ts';

const url = 'https://example.org/data/pets.zip';

/** A backend with a download that has begun and gets no further. */
async function stuckDownload() {
  const { network, requests } = await fakeWeb((_, response) => {
    response.writeHead(200, { 'content-length': 1e6 }).write('PK');
  });
  const opened = await testBackend({ network: { ...network, stallMs: 600_000 } });
  const { datasetId } = await opened.client.call('dataset.addLink', { url });
  await settled(getOf(opened.client, datasetId), ({ transfer }) => transfer !== null);
  return { ...opened, datasetId, requests };
}
const getOf = (client: Client, datasetId: string) => () => client.call('dataset.get', { datasetId });
/** What lies in a data set's place; a manifest may just be being written. */
const keptIn = (place: string): string[] =>
  readdirSync(place).filter((name) => !name.endsWith('.tmp') && name !== 'looks.bin');

describe('a data set on its way', () => {
  it('answers whoever wants to work with it at once', async () => {
    const { client, datasetId } = await stuckDownload();
    const notReady = (phase: string) => ({ code: 'dataset-not-ready', params: { phase } });
    for (const phase of ['downloading', 'paused']) {
      if (phase === 'paused') await client.call('dataset.pause', { datasetId });
      await expect(client.call('backbone.probe', { datasetId, recipe: {} })).rejects.toMatchObject(notReady(phase));
      await expect(client.call('run.findLearningRate', { datasetId, recipe: {} })).rejects.toMatchObject(
        notReady(phase),
      );
      await expect(client.call('run.start', { datasetId, recipe: {} })).rejects.toMatchObject(notReady(phase));
    }
  });

  it('stops with the backend, keeps what has come, and goes on in the next', async () => {
    const bytes = await petsZip();
    let isCut = false;
    const { network } = await fakeWeb((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length, etag: '"1"' }).write(bytes.subarray(0, 3000));
      response.once('close', () => (isCut = true));
    });
    const { backend, client, home } = await testBackend({ network: { ...network, stallMs: 600_000 } });
    const { datasetId } = await client.call('dataset.addLink', { url });
    await settled(getOf(client, datasetId), ({ transfer }) => transfer?.totalBytes === bytes.length);
    await backend.close();
    await expect.poll(() => isCut).toBe(true);
    const next = await testBackend({ home, network });
    expect(await getOf(next.client, datasetId)()).toMatchObject({ phase: 'paused' });
  });
});

describe('a checksum that is said of a link', () => {
  const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

  it('is held against what the link brought before', async () => {
    const bytes = await petsZip();
    const { network, requests } = await fakeWeb((_, response) => void response.end(bytes));
    const { client, home } = await testBackend({ network });
    const { datasetId } = await client.call('dataset.addLink', { url });
    await until(client, datasetId);
    const wrong = 'ab'.repeat(32);
    await expect(client.call('dataset.addLink', { url, sha256: wrong })).rejects.toMatchObject({
      code: 'checksum-differs',
      params: { file: 'pets', expected: wrong, found: sha256Of(bytes) },
    });
    await client.call('dataset.addLink', { url, sha256: sha256Of(bytes).toUpperCase() });
    expect(await until(client, datasetId)).toMatchObject({ phase: 'ready', numImages: 12 });
    expect(requests).toHaveLength(1);
    expect(keptIn(path.join(home, 'datasets', datasetId)).sort()).toEqual(['files', 'manifest.json']);
  });

  it('lets the archive come again where nobody knows what came before', async () => {
    const bytes = await petsZip();
    const { network, requests } = await fakeWeb((_, response) => void response.end(bytes));
    const home = await temporaryFolder();
    const first = await testBackend({ home, network });
    const { datasetId } = await first.client.call('dataset.addLink', { url });
    await until(first.client, datasetId);
    await first.backend.close();
    const file = path.join(home, 'datasets', datasetId, 'manifest.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), archiveSha256: null }));
    const { client } = await testBackend({ home, network });
    await client.call('dataset.addLink', { url, sha256: sha256Of(bytes) });
    expect(await until(client, datasetId)).toMatchObject({ phase: 'ready', numImages: 12 });
    expect(requests).toHaveLength(2);
    await client.call('dataset.addLink', { url, sha256: sha256Of(bytes) });
    await until(client, datasetId);
    expect(requests).toHaveLength(2);
    expect(keptIn(path.join(home, 'datasets', datasetId)).sort()).toEqual(['files', 'manifest.json']);
  });

  it('counts for a download on its way, which goes on where it was', async () => {
    const bytes = await petsZip();
    const half = bytes.length >> 1;
    const { network, requests } = await fakeWeb((request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const head = { etag: '"1"', 'content-length': bytes.length - from };
      if (from === 0) return void response.writeHead(200, head).write(bytes.subarray(0, half));
      response.writeHead(206, { ...head, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
      response.end(bytes.subarray(from));
    });
    const { client, home } = await testBackend({ network: { ...network, stallMs: 600_000 } });
    const { datasetId } = await client.call('dataset.addLink', { url });
    const downloads = path.join(home, 'datasets', datasetId, 'download');
    const partSize = () =>
      existsSync(downloads) &&
      readdirSync(downloads)
        .filter((name) => name.endsWith('.part'))
        .map((name) => statSync(path.join(downloads, name)).size);
    await expect.poll(partSize).toEqual([half]);
    const wrong = 'ab'.repeat(32);
    expect(await client.call('dataset.addLink', { url, sha256: wrong })).toEqual({ datasetId });
    expect((await until(client, datasetId)).error).toMatchObject({
      code: 'checksum-differs',
      params: { expected: wrong, found: sha256Of(bytes) },
    });
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${half}-`]);
  });
});

describe('a data set whose unpacked files are gone', () => {
  it('is brought again when it is added again', async () => {
    const bytes = await petsZip();
    const { network, requests } = await fakeWeb((_, response) => void response.end(bytes));
    const { client, home } = await testBackend({ network });
    const zip = path.join(await temporaryFolder(), 'pets.zip');
    writeFileSync(zip, bytes);
    for (const add of [
      () => client.call('dataset.add', { path: zip }),
      () => client.call('dataset.addLink', { url }),
    ]) {
      const { datasetId } = await add();
      await until(client, datasetId);
      rmSync(path.join(home, 'datasets', datasetId, 'files'), { recursive: true });
      await add();
      const { phase, classes } = await until(client, datasetId);
      expect([phase, classes.map(({ numImages }) => numImages)]).toEqual(['ready', [6, 6]]);
    }
    expect(requests).toHaveLength(2);
  });

  it('is brought again by another try', async () => {
    const { client, home } = await testBackend();
    const zip = path.join(await temporaryFolder(), 'pets.zip');
    writeFileSync(zip, zipOf((await petsEntries()).map((entry) => ({ ...entry, name: `test/${String(entry.name)}` }))));
    const { datasetId } = await client.call('dataset.add', { path: zip });
    const wrong = { phase: 'failed', error: { code: 'split-without-train' } };
    expect(await until(client, datasetId)).toMatchObject(wrong);
    const files = path.join(home, 'datasets', datasetId, 'files');
    rmSync(files, { recursive: true });
    await client.call('dataset.resume', { datasetId });
    expect(await until(client, datasetId)).toMatchObject(wrong);
    expect(existsSync(files)).toBe(true);
  });
});

describe('a data set that is removed', () => {
  it('is whole when it is added again at once', async () => {
    const { client, home } = await testBackend();
    const folder = await temporaryFolder();
    const zip = path.join(folder, 'pets.zip');
    writeFileSync(zip, await petsZip());
    const pictures = path.join(folder, 'pets');
    mkdirSync(path.join(pictures, 'cats'), { recursive: true });
    writeFileSync(path.join(pictures, 'cats', '0.jpg'), (await petsEntries())[2]!.content!);
    const ways = [
      () => client.call('dataset.add', { path: zip }),
      () => client.call('dataset.add', { path: pictures }),
    ];
    for (const add of ways) {
      const { datasetId } = await add();
      const before = await until(client, datasetId);
      const place = path.join(home, 'datasets', datasetId);
      const kept = keptIn(place);
      const removing = client.call('dataset.remove', { datasetId });
      expect(await add()).toEqual({ datasetId });
      await removing;
      const { phase, classes } = await until(client, datasetId);
      expect({ phase, classes }).toEqual({ phase: 'ready', classes: before.classes });
      await expect.poll(() => keptIn(place)).toEqual(kept);
    }
    expect(readdirSync(path.join(home, 'datasets'))).toHaveLength(ways.length);
  });

  it('is drawn again when its drawing was cut off', async () => {
    const { client } = await testBackend();
    const { datasetId } = await client.call('dataset.addSample', {});
    const removing = client.call('dataset.remove', { datasetId });
    await settled(
      () => client.call('dataset.list', {}),
      (list) => list.length === 0,
    );
    await client.call('dataset.addSample', {});
    await removing;
    expect(await until(client, datasetId)).toMatchObject({ phase: 'ready', numSkipped: 0 });
  });

  it('is gone for good when its removal was cut off', async () => {
    const home = await temporaryFolder();
    const left = path.join(home, 'datasets', '.removed-0123');
    mkdirSync(path.join(left, 'files'), { recursive: true });
    const { client } = await testBackend({ home });
    expect(await client.call('dataset.list', {})).toEqual([]);
    await expect.poll(() => existsSync(left)).toBe(false);
  });
});

describe('an upload', () => {
  it('takes a file that is sent again while its first attempt hangs, and says twice that it is whole', async () => {
    const { backend, client, home } = await testBackend();
    const bytes = (await petsEntries())[2]!.content as Buffer;
    const { datasetId } = await client.call('dataset.beginUpload', { name: 'pets', numFiles: 1 });
    const place = path.join(home, 'datasets', datasetId);
    const hanging = new Readable({ read: () => undefined });
    hanging.push(bytes.subarray(0, 100));
    const first = backend.receiveFile(datasetId, 'cats/0.jpg', hanging);
    const sizes = () =>
      readdirSync(place, { recursive: true, encoding: 'utf8' }).map((name) => statSync(path.join(place, name)));
    await expect.poll(() => sizes().some((info) => info.isFile() && info.size === 100)).toBe(true);

    await backend.receiveFile(datasetId, 'cats/0.jpg', Readable.from([bytes]));
    hanging.push(bytes.subarray(100, 200));
    hanging.push(null); // as much as came, and no end of it
    await first;
    await client.call('dataset.finishUpload', { datasetId });
    expect(await client.call('dataset.finishUpload', { datasetId })).toEqual({ datasetId });
    expect(classCounts(await until(client, datasetId))).toEqual({ cats: 1 });
    expect(await client.call('dataset.finishUpload', { datasetId })).toEqual({ datasetId });
    expect(readFileSync(path.join(place, 'files', 'cats', '0.jpg')).equals(bytes)).toBe(true);
    expect(keptIn(place).sort()).toEqual(['files', 'manifest.json']);
  });
});

describe('a file that cannot be kept beside the others of its upload', () => {
  it('stays out and is told of, while all others come', async () => {
    const { backend, client } = await testBackend();
    const bytes = (await petsEntries())[2]!.content as Buffer;
    const send = (id: string, name: string) => backend.receiveFile(id, name, Readable.from([bytes]));
    const { datasetId } = await client.call('dataset.beginUpload', { name: 'pets', numFiles: 6 });
    await send(datasetId, 'cats/0.jpg');
    await send(datasetId, 'cats/0.jpg/within.jpg'); // as where a system does not tell a folder Cats from a file cats
    await send(datasetId, 'dogs/1.jpg');
    await send(datasetId, 'dogs');
    await send(datasetId, 'dogs');
    await send(datasetId, 'dogs/a:b.jpg');
    await backend.leaveOutFile(datasetId, 'dogs/huge.jpg', 'too-large-to-upload');
    await backend.leaveOutFile(datasetId, 'dogs/huge.jpg', 'unreadable'); // told before
    await client.call('dataset.finishUpload', { datasetId });
    const snapshot = await until(client, datasetId);
    expect(classCounts(snapshot)).toEqual({ cats: 1, dogs: 1 });
    const { files } = await client.call('dataset.verdicts', { datasetId, kind: 'skipped', offset: 0, limit: 9 });
    expect(files.map(({ path: file, verdict }) => [file, verdict.reason])).toEqual([
      ['cats/0.jpg/within.jpg', 'name-taken'],
      ['dogs', 'name-taken'],
      ['dogs/a:b.jpg', 'name-not-kept'],
      ['dogs/huge.jpg', 'too-large-to-upload'],
    ]);
    await client.call('dataset.refresh', { datasetId });
    expect((await until(client, datasetId)).numSkipped).toBe(4);
    await expect(send(datasetId, 'dogs/2.jpg')).rejects.toMatchObject({ code: 'upload-incomplete' });
    await expect(backend.leaveOutFile(datasetId, 'x', 'unreadable')).rejects.toMatchObject({
      code: 'upload-incomplete',
    });
  });

  it('is no reason to take a broken connection for one', async () => {
    const { backend, client } = await testBackend();
    const { datasetId } = await client.call('dataset.beginUpload', { name: 'pets', numFiles: 1 });
    for (const name of ['con.jpg', 'cats/0.jpg']) {
      const broken = new Readable({ read: () => undefined }).on('error', () => undefined);
      const receiving = backend.receiveFile(datasetId, name, broken);
      broken.destroy(new GraftError('connection-lost', {}));
      await expect(receiving).rejects.toMatchObject({ code: 'connection-lost' });
    }
    const params = { numReceived: 0, numExpected: 1 };
    await expect(client.call('dataset.finishUpload', { datasetId })).rejects.toMatchObject({ params });
  });
});

describe('an upload of an archive', () => {
  it('is given up when nothing has come for an hour, and goes on when something comes after all', async () => {
    const { backend, client, home } = await testBackend();
    const bytes = await petsZip();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { datasetId } = await client.call('dataset.beginArchive', { name: 'pets.zip', sizeBytes: bytes.length });
    const get = getOf(client, datasetId);
    const send = (from: number, to: number) =>
      backend.receivePiece(datasetId, from, Readable.from([bytes.subarray(from, to)]));
    const minute = 60_000;
    vi.advanceTimersByTime(50 * minute);
    await send(0, 3000);
    vi.advanceTimersByTime(50 * minute);
    expect(await get()).toMatchObject({ phase: 'uploading', error: null });
    vi.advanceTimersByTime(11 * minute);
    const params = { name: 'pets', numReceived: 3000, numExpected: bytes.length };
    expect(await get()).toMatchObject({ phase: 'failed', error: { code: 'upload-incomplete', params } });
    await expect(client.call('dataset.resume', { datasetId })).rejects.toMatchObject({ code: 'upload-incomplete' });
    await send(3000, bytes.length);
    expect(await get()).toMatchObject({ phase: 'uploading', error: null });
    vi.advanceTimersByTime(61 * minute);
    expect((await get()).phase).toBe('failed');
    vi.useRealTimers();
    await client.call('dataset.remove', { datasetId });
    expect(readdirSync(path.join(home, 'datasets'))).toEqual([]);
  });

  it('keeps what has come when its first piece arrives once more, late', async () => {
    const { backend, client } = await testBackend();
    const bytes = await petsZip();
    const { datasetId } = await client.call('dataset.beginArchive', { name: 'pets.zip', sizeBytes: bytes.length });
    const send = (from: number, to: number) =>
      backend.receivePiece(datasetId, from, Readable.from([bytes.subarray(from, to)]));
    await send(0, 3000);
    await send(3000, bytes.length);
    await send(0, 3000);
    await client.call('dataset.finishUpload', { datasetId });
    expect(classCounts(await until(client, datasetId))).toEqual({ cats: 6, dogs: 6 });
  });
});

describe('bringPacked', () => {
  /** A worker that answers each job with an error. */
  const failing = (code: string, problem: string): SpawnWorker => {
    return () => {
      let answer: (message: unknown) => void = () => undefined;
      return {
        pid: undefined,
        send: (message) => {
          const { id, input } = message as { id: number; input: { file: string } };
          answer({ id, ok: false, error: { code, params: { path: input.file, entry: '', problem } } });
        },
        onMessage: (listener) => (answer = listener),
        onExit: () => undefined,
        kill: () => undefined,
      };
    };
  };
  const bring = async (spawn: SpawnWorker, more: Partial<BringOptions> = {}) => {
    const bytes = await petsZip();
    const { network } = await fakeWeb((_, response) => void response.end(bytes));
    const folder = await temporaryFolder();
    const options = {
      signal: new AbortController().signal,
      onTransfer: () => undefined,
      archiveSha256: null,
      onArchive: async () => undefined,
      newMedia: () => new WorkerHost(spawn, 'media', () => undefined),
      network,
      ...more,
    };
    const brought = bringPacked({ kind: 'link', url, sha256: null }, folder, options);
    const error = await brought.catch((thrown: unknown) => thrown);
    const downloads = path.join(folder, 'download');
    return { error, kept: existsSync(downloads) ? readdirSync(downloads) : [], bytes };
  };

  it('keeps a download that only the disk stands in the way of', async () => {
    for (const [code, problem, isKept] of [
      ['archive-refused', 'no-space', true],
      ['archive-damaged', 'not-readable', true],
      ['archive-refused', 'outside', false],
      ['archive-damaged', 'corrupt', false],
    ] as const) {
      const { error, kept } = await bring(failing(code, problem));
      expect(error).toMatchObject({ code, params: { path: 'pets.zip', problem } });
      expect([problem, kept.some((name) => name.endsWith('-pets.zip'))]).toEqual([problem, isKept]);
    }
  });

  it('begins no download whose pictures will not fit', async () => {
    const { bytes } = await bring(failing('archive-damaged', 'corrupt'));
    const room = 2 * bytes.length + unpackLimits.minFreeBytes;
    for (const [free, code] of [
      [room - 1, 'disk-full'],
      [room, 'archive-damaged'],
    ] as const) {
      const { error } = await bring(failing('archive-damaged', 'corrupt'), { freeBytes: async () => free });
      expect(error).toMatchObject({ code });
    }
  });
});
