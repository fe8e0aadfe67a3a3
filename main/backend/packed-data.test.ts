import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import type { DatasetSnapshot } from '../../contract/dataset.ts';
import { tarOf, zipOf } from '../testing/archives.ts';
import { settled, testBackend, until } from '../testing/backend.ts';
import { fakeWeb } from '../testing/fake-web.ts';
import { classCounts, petsEntries, petsZip } from '../testing/pets.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const phaseIs =
  (...phases: DatasetSnapshot['phase'][]) =>
  ({ phase }: DatasetSnapshot): boolean =>
    phases.includes(phase);
/** What lies in a data set's place; a manifest may just be being written. */
const keptOf = (home: string, datasetId: string): string[] =>
  readdirSync(path.join(home, 'datasets', datasetId))
    .filter((name) => !name.endsWith('.tmp') && name !== 'looks.bin') // what pictures look like comes after them
    .sort();

describe('a data set from an archive', () => {
  it('is unpacked into a place of its own; the same archive is the same data set', async () => {
    const { client, home } = await testBackend();
    const folder = await temporaryFolder();
    const file = path.join(folder, 'My pets.zip');
    const bytes = await petsZip();
    writeFileSync(file, bytes);
    const { datasetId } = await client.call('dataset.add', { path: file });
    const snapshot = await until(client, datasetId);
    expect(snapshot).toMatchObject({ name: 'My pets', kind: 'archive', source: 'My pets.zip', transfer: null });
    expect(classCounts(snapshot)).toEqual({ cats: 6, dogs: 6 });
    expect(readdirSync(folder)).toEqual(['My pets.zip']);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(existsSync(path.join(home, 'datasets', datasetId, 'files', 'pets', 'cats', '0.jpg'))).toBe(true);
    expect(await client.call('dataset.add', { path: file })).toEqual({ datasetId });
    expect(classCounts(await until(client, datasetId))).toEqual({ cats: 6, dogs: 6 });
    expect(await client.call('dataset.list', {})).toHaveLength(1);
  });

  it('is known by its bytes where its name says nothing, and tells what stayed in it', async () => {
    const { client } = await testBackend();
    const file = path.join(await temporaryFolder(), 'pets');
    const entries = (await petsEntries()).slice(2).map(({ name, content }) => ({ name, content }) as never);
    writeFileSync(file, tarOf([...entries, { name: 'pets/cats/more.zip', content: zipOf([{ name: 'x' }]) }] as never));
    const { datasetId } = await client.call('dataset.add', { path: file });
    const snapshot = await until(client, datasetId);
    expect(classCounts(snapshot)).toEqual({ cats: 6, dogs: 6 });
    expect(snapshot.numSkipped).toBe(1);
    expect((await client.call('dataset.skipped', { datasetId })).files).toEqual([
      { path: 'pets/cats/more.zip', reason: 'left-in-archive', detail: 'archive' },
    ]);
  });

  it('fails with its reason, leaves nothing, and can be tried again', async () => {
    const { client, home } = await testBackend();
    const folder = await temporaryFolder();
    const file = path.join(folder, 'evil.zip');
    writeFileSync(file, zipOf([{ name: '../../evil.jpg', content: 'x' }]));
    const { datasetId } = await client.call('dataset.add', { path: file });
    const failed = await until(client, datasetId);
    expect(failed).toMatchObject({
      phase: 'failed',
      error: { code: 'archive-refused', params: { problem: 'outside' } },
    });
    expect(keptOf(home, datasetId)).toEqual(['manifest.json']);
    rmSync(file);
    await client.call('dataset.resume', { datasetId });
    const again = await settled(
      () => client.call('dataset.get', { datasetId }),
      (now) => now.phase === 'failed' && now.error?.code !== 'archive-refused',
    );
    expect(again.error?.code).toBe('path-not-found');
    const note = path.join(folder, 'note.zip');
    writeFileSync(note, 'a note');
    const other = await client.call('dataset.add', { path: note });
    expect((await until(client, other.datasetId)).error).toMatchObject({ code: 'archive-damaged' });
  });

  it('comes from a browser in pieces, one of them twice', async () => {
    const { backend, client, home } = await testBackend();
    const bytes = await petsZip();
    const { datasetId } = await client.call('dataset.beginArchive', { name: 'pets.zip', sizeBytes: bytes.length });
    const send = (from: number, to: number) =>
      backend.receivePiece(datasetId, from, Readable.from([bytes.subarray(from, to)]));
    await send(0, 3000);
    await expect(send(4000, 5000)).rejects.toMatchObject({ code: 'upload-incomplete' });
    await expect(client.call('dataset.finishUpload', { datasetId })).rejects.toMatchObject({
      code: 'upload-incomplete',
    });
    await send(3000, 6000);
    await send(3000, 6000);
    await send(6000, bytes.length);
    await client.call('dataset.finishUpload', { datasetId });
    expect(classCounts(await until(client, datasetId))).toEqual({ cats: 6, dogs: 6 });
    expect(keptOf(home, datasetId)).toEqual(['files', 'manifest.json']);
    await client.call('dataset.remove', { datasetId });
    expect(readdirSync(path.join(home, 'datasets'))).toEqual([]);
  });
});

describe('a data set from a link', () => {
  const url = 'https://example.org/data/pets.zip';

  it('is downloaded, unpacked and read; the copy goes', async () => {
    const bytes = await petsZip();
    const { network, requests } = await fakeWeb((_, response) => void response.end(bytes));
    const { client, home } = await testBackend({ network });
    const { datasetId } = await client.call('dataset.addLink', { url });
    const snapshot = await until(client, datasetId);
    expect(snapshot).toMatchObject({ name: 'pets', kind: 'link', source: url });
    expect(classCounts(snapshot)).toEqual({ cats: 6, dogs: 6 });
    expect(keptOf(home, datasetId)).toEqual(['files', 'manifest.json']);
    expect(await client.call('dataset.addLink', { url: ` ${url}#top` })).toEqual({ datasetId });
    await until(client, datasetId);
    expect(requests).toHaveLength(1);
  });

  it('can be paused, and goes on after a restart from where it was', async () => {
    const bytes = await petsZip();
    const half = bytes.length >> 1;
    const { network, requests } = await fakeWeb((request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const head = { etag: '"1"', 'content-length': bytes.length - from };
      if (from > 0)
        response.writeHead(206, { ...head, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
      else response.writeHead(200, head);
      if (from > 0) response.end(bytes.subarray(from));
      else response.write(bytes.subarray(0, half)); // and no more for now
    });
    const patient = { ...network, stallMs: 60_000 };
    const home = await temporaryFolder();
    const first = await testBackend({ home, network: patient });
    const { datasetId } = await first.client.call('dataset.addLink', { url });
    const get = (client: Client) => () => client.call('dataset.get', { datasetId });
    await settled(get(first.client), ({ transfer }) => transfer?.totalBytes === bytes.length);
    const kept = path.join(home, 'datasets', datasetId, 'download');
    await expect
      .poll(() =>
        readdirSync(kept)
          .filter((name) => name.endsWith('.part'))
          .map((name) => readFileSync(path.join(kept, name)).length),
      )
      .toEqual([half]);
    await first.client.call('dataset.pause', { datasetId });
    expect((await get(first.client)()).phase).toBe('paused');
    await first.backend.close();

    const second = await testBackend({ home, network: patient });
    expect((await get(second.client)()).phase).toBe('paused');
    await second.client.call('dataset.resume', { datasetId });
    expect(classCounts(await settled(get(second.client), phaseIs('ready', 'failed')))).toEqual({ cats: 6, dogs: 6 });
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${half}-`]);
  });

  it('is not downloaded again when only its unpacking was cut off', async () => {
    const bytes = await petsZip();
    const { network, requests } = await fakeWeb((_, response) => void response.end(bytes));
    const home = await temporaryFolder();
    const first = await testBackend({ home, network });
    const { datasetId } = await first.client.call('dataset.addLink', { url });
    await until(first.client, datasetId);
    await first.backend.close();
    // As a kill in the middle of unpacking leaves it.
    const folder = path.join(home, 'datasets', datasetId);
    rmSync(path.join(folder, 'files'), { recursive: true });
    mkdirSync(path.join(folder, 'files.part-0123456789ab'));
    mkdirSync(path.join(folder, 'download'));
    writeFileSync(path.join(folder, 'download', '0123456789ab-pets.zip'), bytes);
    const manifest = path.join(folder, 'manifest.json');
    writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), isHere: false }));
    const { client } = await testBackend({ home, network });
    expect((await client.call('dataset.get', { datasetId })).phase).toBe('paused');
    await client.call('dataset.resume', { datasetId });
    expect(classCounts(await until(client, datasetId))).toEqual({ cats: 6, dogs: 6 });
    expect(requests).toHaveLength(1);
    expect(keptOf(home, datasetId)).toEqual(['files', 'manifest.json']);
  });

  it('is downloaded again when what was kept is not what it must be', async () => {
    const bytes = await petsZip();
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { network, requests } = await fakeWeb((_, response) => void response.end(bytes));
    const { client, home } = await testBackend({ network });
    const { datasetId } = await client.call('dataset.addLink', { url, sha256: '0'.repeat(64) });
    expect((await until(client, datasetId)).error).toMatchObject({ code: 'checksum-differs' });
    const downloads = path.join(home, 'datasets', datasetId, 'download');
    writeFileSync(path.join(downloads, '0123456789ab-pets.zip'), 'not it');
    await client.call('dataset.addLink', { url, sha256 });
    const found = await settled(() => client.call('dataset.get', { datasetId }), phaseIs('ready'));
    expect(classCounts(found)).toEqual({ cats: 6, dogs: 6 });
    expect(requests).toHaveLength(2);
  });

  it('says what is wrong with it, at once or once it is known, and forgets it when asked', async () => {
    const { network } = await fakeWeb((request, response) => {
      if (request.url.pathname === '/gone.zip') response.writeHead(404).end();
      else if (request.url.pathname === '/silent.zip') response.writeHead(200, { 'content-length': 1e6 }).write('PK');
      else response.end('no archive at all');
    });
    const { client, home } = await testBackend({ network: { ...network, stallMs: 60_000 } });
    await expect(client.call('dataset.addLink', { url: 'pets' })).rejects.toMatchObject({ code: 'link-refused' });
    await expect(client.call('dataset.addLink', { url: 'http://example.org/a.zip' })).rejects.toMatchObject({
      params: { problem: 'not-encrypted' },
    });
    expect(await client.call('dataset.list', {})).toEqual([]);
    const errorOf = async (address: string) => {
      const { datasetId } = await client.call('dataset.addLink', { url: address });
      return (await until(client, datasetId)).error;
    };
    expect(await errorOf('https://example.org/gone.zip')).toMatchObject({ params: { problem: 'not-found' } });
    expect(await errorOf('https://example.org/note.zip')).toMatchObject({
      code: 'archive-damaged',
      params: { path: 'note.zip' },
    });
    expect(await errorOf('https://inside.example/a.zip')).toMatchObject({ params: { problem: 'unsafe-address' } });
    const { datasetId } = await client.call('dataset.addLink', { url: 'https://example.org/silent.zip' });
    await settled(
      () => client.call('dataset.get', { datasetId }),
      ({ transfer }) => transfer !== null,
    );
    await client.call('dataset.remove', { datasetId });
    expect(existsSync(path.join(home, 'datasets', datasetId))).toBe(false);
  });
});
