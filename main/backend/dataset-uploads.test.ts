import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import { zipOf } from '../testing/archives.ts';
import { testBackend, until } from '../testing/backend.ts';
import { classCounts, petsEntries, petsZip } from '../testing/pets.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import type { Backend } from './backend.ts';

/** Files of a folder with two classes, and how to send them. */
async function pets() {
  const entries = (await petsEntries()).filter(({ name }) => String(name).endsWith('.jpg'));
  const files = entries.map(({ name, content }) => ({ path: String(name).slice(5), bytes: content as Buffer }));
  const send = async (backend: Backend, datasetId: string, some: typeof files) => {
    for (const file of some) await backend.receiveFile(datasetId, file.path, Readable.from([file.bytes]));
  };
  return { files, send, about: { name: 'pets', numFiles: files.length, fingerprint: 'pets-1' } };
}

/** A home whose backend was closed when so many files of an upload had come. */
async function closedAfter(numFiles: number) {
  const home = await temporaryFolder();
  const { backend, client } = await testBackend({ home });
  const { files, send, about } = await pets();
  const { datasetId } = await client.call('dataset.beginUpload', about);
  await send(backend, datasetId, files.slice(0, numFiles));
  await backend.close();
  return { home, files, send, about, datasetId };
}

describe('an upload of files that was cut off', () => {
  it('goes on when the same files are sent again, and says what has come', async () => {
    const { backend, client } = await testBackend();
    const { files, send, about } = await pets();
    const { datasetId, ...begun } = await client.call('dataset.beginUpload', about);
    expect(begun).toEqual({ numReceived: 0, isNew: true });
    await send(backend, datasetId, files.slice(0, 5));
    await backend.leaveOutFile(datasetId, files[5]!.path, 'unreadable');
    expect((await client.call('dataset.get', { datasetId })).upload).toEqual({
      kind: 'folder',
      numReceived: 6,
      numExpected: 12,
    });
    expect(await client.call('dataset.beginUpload', about)).toEqual({ datasetId, numReceived: 6, isNew: false });
    const { total, files: received } = await client.call('dataset.uploaded', { datasetId });
    expect(total).toBe(6);
    expect(received).toEqual([
      ...files.slice(0, 5).map((file) => ({ path: file.path, sizeBytes: file.bytes.length })),
      { path: files[5]!.path, sizeBytes: null },
    ]);
    expect((await client.call('dataset.uploaded', { datasetId, offset: 4, limit: 1 })).files).toEqual([received[4]]);
    await send(backend, datasetId, files.slice(6));
    await client.call('dataset.finishUpload', { datasetId });
    const snapshot = await until(client, datasetId);
    expect([classCounts(snapshot), snapshot.upload]).toEqual([{ cats: 5, dogs: 6 }, null]);
    expect((await client.call('dataset.beginUpload', about)).datasetId).not.toBe(datasetId); // that one is whole
  });

  it('goes on after a restart; a file that is not what it should be is taken again', async () => {
    const { home, files, send, about, datasetId } = await closedAfter(5);
    const place = path.join(home, 'datasets', datasetId);
    truncateSync(path.join(place, 'files', files[0]!.path), 10); // as a loss of power leaves it

    const { backend, client } = await testBackend({ home });
    expect(await client.call('dataset.get', { datasetId })).toMatchObject({
      phase: 'uploading',
      name: 'pets',
      upload: { kind: 'folder', numReceived: 5, numExpected: 12 },
    });
    expect(await client.call('dataset.beginUpload', about)).toEqual({ datasetId, numReceived: 5, isNew: false });
    const received = (await client.call('dataset.uploaded', { datasetId })).files;
    const sizes = new Map(received.map((file) => [file.path, file.sizeBytes]));
    const missing = files.filter((file) => sizes.get(file.path) !== file.bytes.length);
    expect(missing.map((file) => file.path)).toEqual([files[0]!, ...files.slice(5)].map((file) => file.path));
    await send(backend, datasetId, missing);
    await client.call('dataset.finishUpload', { datasetId });
    const snapshot = await until(client, datasetId);
    expect([classCounts(snapshot), snapshot.numSkipped]).toEqual([{ cats: 6, dogs: 6 }, 0]);
    expect(readdirSync(place).sort()).toEqual(expect.arrayContaining(['files', 'manifest.json']));
    expect(existsSync(path.join(place, 'upload.json'))).toBe(false);
  });

  it('counts a file once that was cut off in an earlier start and cannot be read any more, and does not keep its half', async () => {
    const { home, files, datasetId } = await closedAfter(5);
    const { backend, client } = await testBackend({ home });
    await backend.leaveOutFile(datasetId, files[0]!.path, 'unreadable');
    expect((await client.call('dataset.get', { datasetId })).upload?.numReceived).toBe(5);
    expect(existsSync(path.join(home, 'datasets', datasetId, 'files', files[0]!.path))).toBe(false);
  });

  it('goes on after a start that came while it was being finished', async () => {
    const home = await temporaryFolder();
    const first = await testBackend({ home });
    const { files, send, about } = await pets();
    const { datasetId } = await first.client.call('dataset.beginUpload', about);
    await send(first.backend, datasetId, files);
    const closing = first.backend.close();
    await expect(first.client.call('dataset.finishUpload', { datasetId })).rejects.toMatchObject({
      code: 'upload-incomplete',
    });
    await closing;
    const { client } = await testBackend({ home });
    expect(await client.call('dataset.beginUpload', about)).toEqual({ datasetId, numReceived: 12, isNew: false });
    await client.call('dataset.finishUpload', { datasetId });
    expect(classCounts(await until(client, datasetId))).toEqual({ cats: 6, dogs: 6 });
  });

  it('is another one for other files, and can be forgotten', async () => {
    const { client, home } = await testBackend();
    const { about } = await pets();
    const ids = new Set<string>();
    for (const over of [
      {},
      { fingerprint: 'pets-2' },
      { name: 'animals' },
      { numFiles: 11 },
      { fingerprint: undefined },
    ])
      ids.add((await client.call('dataset.beginUpload', { ...about, ...over })).datasetId);
    expect(ids.size).toBe(5);
    for (const datasetId of ids) await client.call('dataset.remove', { datasetId });
    expect(readdirSync(path.join(home, 'datasets'))).toEqual([]);
  });

  it('is one, however many windows begin with it at once', async () => {
    const { backend, client } = await testBackend();
    const { about } = await pets();
    const begun = await Promise.all([1, 2, 3].map(() => client.call('dataset.beginUpload', about)));
    expect(new Set(begun.map(({ datasetId }) => datasetId)).size).toBe(1);
    const archive = { name: 'pets.zip', sizeBytes: 3, mtimeMs: 1 };
    const ids = await Promise.all(
      [1, 2, 3].map(async () => {
        const { datasetId } = await client.call('dataset.beginArchive', archive);
        await backend.receivePiece(datasetId, 0, Readable.from([Buffer.from('PK')])); // its place is there
        return datasetId;
      }),
    );
    expect(new Set(ids).size).toBe(1);
    const other = await client.call('dataset.beginArchive', { ...archive, fingerprint: 'of other bytes' });
    expect(ids).not.toContain(other.datasetId);
  });
});

describe('an upload that is whole', () => {
  it('is read, or unpacked, after a restart where closing cut that off', async () => {
    const home = await temporaryFolder();
    const { backend, client } = await testBackend({ home });
    const { files, send, about } = await pets();
    const bytes = await petsZip();
    const folder = await client.call('dataset.beginUpload', about);
    await send(backend, folder.datasetId, files);
    const archive = await client.call('dataset.beginArchive', { name: 'pets.zip', sizeBytes: bytes.length });
    await backend.receivePiece(archive.datasetId, 0, Readable.from([bytes]));
    for (const { datasetId } of [folder, archive]) await client.call('dataset.finishUpload', { datasetId });
    await backend.close();

    const next = await testBackend({ home });
    await next.client.call('dataset.resume', { datasetId: archive.datasetId });
    for (const { datasetId } of [folder, archive])
      expect(classCounts(await until(next.client, datasetId))).toEqual({ cats: 6, dogs: 6 });
  });
});

describe('more files left out than are listed', () => {
  it('are all counted, of an upload and of an archive, and after a restart', async () => {
    const home = await temporaryFolder();
    const { backend, client } = await testBackend({ home });
    const { files } = await pets();
    const numLeft = 1005;
    const upload = await client.call('dataset.beginUpload', { name: 'pets', numFiles: numLeft + 1 });
    for (let n = 0; n < numLeft; n++) await backend.leaveOutFile(upload.datasetId, `cats/${n}`, 'unreadable');
    await backend.receiveFile(upload.datasetId, 'cats/x.jpg', Readable.from([files[0]!.bytes]));
    await client.call('dataset.finishUpload', { datasetId: upload.datasetId });

    const names = Array.from({ length: numLeft }, (_, n) => ({ name: `pets/cats/con.${n}`, content: 'x' }));
    const zip = path.join(await temporaryFolder(), 'pets.zip');
    writeFileSync(zip, zipOf([...(await petsEntries()), ...names]));
    const archive = await client.call('dataset.add', { path: zip });
    const ids = [upload.datasetId, archive.datasetId];
    const counts = async (asked: Client, datasetId: string) => {
      const { numSkipped, verdicts } = await until(asked, datasetId);
      return [numSkipped, verdicts.skipped, (await asked.call('dataset.skipped', { datasetId })).total];
    };
    for (const datasetId of ids) expect(await counts(client, datasetId)).toEqual([numLeft, numLeft, 1000]);
    await backend.close();

    const file = path.join(home, 'datasets', archive.datasetId, 'manifest.json');
    const { numLeft: kept, ...older } = JSON.parse(readFileSync(file, 'utf8')) as { numLeft: number };
    expect(kept).toBe(numLeft);
    writeFileSync(file, JSON.stringify(older));
    const next = await testBackend({ home });
    expect(await counts(next.client, upload.datasetId)).toEqual([numLeft, numLeft, 1000]);
    expect(await counts(next.client, archive.datasetId)).toEqual([1000, 1000, 1000]); // as an older Graft counted
  });
});

describe('an upload of an archive that was cut off', () => {
  it('goes on after a restart from the bytes that came, when the same archive is chosen', async () => {
    const home = await temporaryFolder();
    const bytes = await petsZip();
    const about = { name: 'pets.zip', sizeBytes: bytes.length, mtimeMs: 1_700_000_000_000 };
    const first = await testBackend({ home });
    const { datasetId } = await first.client.call('dataset.beginArchive', about);
    await first.backend.receivePiece(datasetId, 0, Readable.from([bytes.subarray(0, 3000)]));
    expect(await first.client.call('dataset.beginArchive', about)).toEqual({
      datasetId,
      numReceived: 3000,
      isNew: false,
    });
    await first.backend.close();

    const { backend, client } = await testBackend({ home });
    expect(await client.call('dataset.get', { datasetId })).toMatchObject({
      phase: 'uploading',
      name: 'pets',
      upload: { kind: 'archive', numReceived: 3000, numExpected: bytes.length },
      transfer: { receivedBytes: 3000, totalBytes: bytes.length },
    });
    const other = await client.call('dataset.beginArchive', { ...about, mtimeMs: about.mtimeMs + 1 });
    expect(other).toMatchObject({ numReceived: 0 });
    expect(other.datasetId).not.toBe(datasetId);
    expect(await client.call('dataset.beginArchive', about)).toEqual({ datasetId, numReceived: 3000, isNew: false });
    await expect(client.call('dataset.finishUpload', { datasetId })).rejects.toMatchObject({
      code: 'upload-incomplete',
      params: { isArchive: true, numReceived: 3000 },
    });
    await backend.receivePiece(datasetId, 3000, Readable.from([bytes.subarray(3000)]));
    await client.call('dataset.finishUpload', { datasetId });
    expect(classCounts(await until(client, datasetId))).toEqual({ cats: 6, dogs: 6 });
  });
});

describe('a piece of an archive that is still coming', () => {
  it.each(['removed', 'closed'])('is stopped, and waited for, when its data set is %s', async (how) => {
    const { backend, client, home } = await testBackend();
    const { datasetId } = await client.call('dataset.beginArchive', { name: 'pets.zip', sizeBytes: 1000 });
    const file = path.join(home, 'datasets', datasetId, 'download', 'archive');
    let letGo = (): void => undefined;
    const hanging = new Readable({
      read: () => undefined,
      destroy: (error, done) => (letGo = () => done(error)), // takes a while to let go
    });
    hanging.push(Buffer.alloc(100));
    const told = expect(backend.receivePiece(datasetId, 0, hanging)).rejects.toMatchObject({
      code: 'upload-incomplete',
    });
    await expect.poll(() => statSync(file).size).toBe(100);
    let isOver = false;
    const ending = how === 'closed' ? backend.close() : client.call('dataset.remove', { datasetId });
    const over = Promise.resolve(ending).then(() => (isOver = true));
    await expect.poll(() => hanging.destroyed).toBe(true);
    const other = await testBackend(); // meanwhile another comes and goes
    await other.client.call('dataset.beginArchive', { name: 'pets.zip', sizeBytes: 1000 });
    await other.backend.close();
    expect([isOver, existsSync(file)]).toEqual([false, true]);
    letGo();
    await Promise.all([told, over]);
    expect(existsSync(file)).toBe(how === 'closed');
  });
});

describe('what lies in the home and cannot be read', () => {
  it('stays where something says what it is, and goes where nothing does', async () => {
    const home = await temporaryFolder();
    const first = await testBackend({ home });
    const { datasetId: made } = await first.client.call('dataset.create', { name: 'mine', classNames: ['a', 'b'] });
    const { about } = await pets();
    const { datasetId: cutOff } = await first.client.call('dataset.beginUpload', about);
    await first.backend.close();
    const place = (datasetId: string) => path.join(home, 'datasets', datasetId);
    writeFileSync(path.join(place(made), 'manifest.json'), '{ "formatVersion": 99 }'); // as a newer Graft writes it
    writeFileSync(path.join(place(cutOff), 'upload.json'), '{ "numReceived": -1 }');
    mkdirSync(path.join(place('up-nothing'), 'files'), { recursive: true });
    const longAgo = new Date(Date.now() - 3 * 24 * 3600e3);
    for (const datasetId of [made, cutOff, 'up-nothing']) utimesSync(place(datasetId), longAgo, longAgo);

    const { client } = await testBackend({ home });
    expect(await client.call('dataset.list', {})).toEqual([]);
    expect([made, cutOff, 'up-nothing'].map((datasetId) => existsSync(place(datasetId)))).toEqual([true, true, false]);
  });
});
