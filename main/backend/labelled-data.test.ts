import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import { zipOf } from '../testing/archives.ts';
import { addFolder, settled, testBackend, until } from '../testing/backend.ts';
import { writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';

/** Ten pictures in one folder, and a list that makes two classes of them. */
async function pets(name = 'labels.csv'): Promise<{ folder: string; list: string }> {
  const folder = path.join(await temporaryFolder(), 'pets');
  await writeImageTree(folder, { images: 10 });
  const rows = Array.from({ length: 10 }, (_, i) => `images/${i + 1}.jpg,${i < 5 ? 'cat' : 'dog'}`);
  const list = path.join(folder, name);
  writeFileSync(list, ['path,label', ...rows].join('\n'));
  return { folder, list };
}
const counts = async (client: Client, datasetId: string) =>
  Object.fromEntries((await until(client, datasetId)).classes.map((one) => [one.name, one.numImages]));

describe('a data set from a list of labels', () => {
  it('is opened by the path of its list, edited, and read again by it', async () => {
    const { folder, list } = await pets();
    writeFileSync(list, `${readFileSync(list, 'utf8')}\nimages/gone.jpg,cat\n`);
    const { client, backend, home } = await testBackend();
    const snapshot = await addFolder(client, list);
    expect(snapshot).toMatchObject({
      name: 'pets/labels.csv',
      kind: 'folder',
      layout: 'classes',
      splitFrom: 'drawn',
      labels: { file: 'labels.csv', numUnlisted: 0 },
      numSkipped: 1,
    });
    expect(await counts(client, snapshot.datasetId)).toEqual({ cat: 5, dog: 5 });
    const skipped = await client.call('dataset.skipped', { datasetId: snapshot.datasetId });
    expect(skipped.files).toEqual([{ path: 'images/gone.jpg', reason: 'missing-file', detail: 'labels.csv:12' }]);
    const { images } = await client.call('dataset.images', { datasetId: snapshot.datasetId, className: 'cat' });
    const selection = { imageIds: [images[0]!.imageId] };
    const edit = { kind: 'relabel', images: selection, className: 'dog' } as const;
    await client.call('dataset.edit', { datasetId: snapshot.datasetId, edit });
    expect(await counts(client, snapshot.datasetId)).toEqual({ cat: 4, dog: 6 });
    await backend.close();

    // After a restart no run begins on what changed; the list is read again when asked for, and what it takes away is gone.
    rmSync(path.join(folder, 'images', '10.jpg'));
    writeFileSync(list, readFileSync(list, 'utf8').replace('images/9.jpg,dog\n', ''));
    const again = await testBackend({ home });
    const recipe = { backbone: 'efficientnet-lite0', epochs: 1 };
    const { datasetId } = snapshot;
    await expect(again.client.call('run.start', { datasetId, recipe })).rejects.toMatchObject({
      code: 'dataset-changed',
    });
    await again.client.call('dataset.refresh', { datasetId });
    await settled(
      () => counts(again.client, snapshot.datasetId),
      ({ dog }) => dog === 4,
    );
    expect(await again.client.call('dataset.get', { datasetId: snapshot.datasetId })).toMatchObject({
      numSkipped: 2,
      labels: { numUnlisted: 1 },
    });
  });

  it('says what is wrong with the list, and is read when that is mended', async () => {
    const { list } = await pets('list.tsv');
    const good = readFileSync(list, 'utf8').replaceAll(',', '\t');
    writeFileSync(list, good.replace('images/3.jpg\t', '\t'));
    const { client } = await testBackend();
    const failed = await addFolder(client, list);
    expect(failed).toMatchObject({
      phase: 'failed',
      error: { code: 'labels-not-readable', params: { file: 'list.tsv', line: 4, problem: 'no-path' } },
    });
    writeFileSync(list, good);
    await client.call('dataset.resume', { datasetId: failed.datasetId });
    expect(await counts(client, failed.datasetId)).toEqual({ cat: 5, dog: 5 });
  });

  it('is found in a folder, an upload and an archive that have one', async () => {
    const { folder, list } = await pets('labels.json');
    writeFileSync(list, JSON.stringify(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`images/${i + 1}.jpg`, `class ${i % 2}`])))); // prettier-ignore
    const expected = { 'class 0': 5, 'class 1': 5 };
    const { client, backend } = await testBackend();
    const inPlace = await addFolder(client, folder);
    expect(inPlace).toMatchObject({ name: 'pets', labels: { file: 'labels.json', numUnlisted: 0 } });
    expect(await counts(client, inPlace.datasetId)).toEqual(expected);

    const names = ['labels.json', ...Array.from({ length: 10 }, (_, i) => `images/${i + 1}.jpg`)];
    const { datasetId } = await client.call('dataset.beginUpload', { name: 'pets', numFiles: names.length });
    for (const name of names)
      await backend.receiveFile(datasetId, name, Readable.from(readFileSync(path.join(folder, name))));
    await client.call('dataset.finishUpload', { datasetId });
    expect(await counts(client, datasetId)).toEqual(expected);

    const zip = path.join(path.dirname(folder), 'pets.zip');
    const entries = names.map((name) => ({ name: `around/${name}`, content: readFileSync(path.join(folder, name)) }));
    writeFileSync(zip, zipOf(entries));
    const packed = await addFolder(client, zip);
    expect(packed.labels).toEqual({ file: 'labels.json', numUnlisted: 0 });
    expect(await counts(client, packed.datasetId)).toEqual(expected);
  });

  it('gets no picture of the home or of elsewhere into an upload', async () => {
    const { client, backend, home } = await testBackend();
    await writeImageTree(home, { secret: 1 });
    const secret = path.join(home, 'secret', '1.jpg');
    const rows = [secret, '../../../secret/1.jpg', '..\\..\\..\\secret\\1.jpg', `file://${secret}`];
    const list = ['path,label', ...rows.map((row) => `${row},cat`)].join('\n');
    const { datasetId } = await client.call('dataset.beginUpload', { name: 'x', numFiles: 1 });
    await backend.receiveFile(datasetId, 'labels.csv', Readable.from(Buffer.from(list)));
    await client.call('dataset.finishUpload', { datasetId });
    expect(await until(client, datasetId)).toMatchObject({ phase: 'ready', numImages: 0, numSkipped: 4 });
    const { files } = await client.call('dataset.skipped', { datasetId });
    expect(files.map(({ reason }) => reason).sort()).toEqual(['missing-file', 'outside', 'outside', 'outside']);
  });

  it('is refused beyond the roots, and its absolute paths too', async () => {
    const { folder, list } = await pets();
    const elsewhere = await temporaryFolder();
    await writeImageTree(elsewhere, { other: 1 });
    const { client } = await testBackend({ roots: [folder] });
    const outside = path.join(elsewhere, 'list.csv');
    writeFileSync(outside, 'other/1.jpg,cat\n');
    await expect(client.call('dataset.add', { path: outside })).rejects.toMatchObject({ code: 'path-not-allowed' });
    writeFileSync(list, `path,label\n${elsewhere}/other/1.jpg,cat\n${folder}/images/1.jpg,dog\n`);
    const { datasetId } = await addFolder(client, list);
    expect(await counts(client, datasetId)).toEqual({ cat: 0, dog: 1 });
    const { files } = await client.call('dataset.skipped', { datasetId });
    expect(files).toEqual([{ path: 'labels.csv:2', reason: 'outside', detail: `${elsewhere}/other/1.jpg` }]);
  });
});
