import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import type { DatasetEdit, DatasetSnapshot } from '../../contract/dataset.ts';
import { addFolder, testBackend, until } from '../testing/backend.ts';
import { writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { openDoor } from '../testing/web-door.ts';

/** A home with a data set that was relabelled, thinned out and given a class whose name no folder can have. */
async function mended(roots: string[] | null = null) {
  const beside = await temporaryFolder();
  const folder = path.join(beside, 'pets');
  await writeImageTree(folder, { cats: 12, dogs: 12 });
  const { client, backend } = await testBackend({ roots: roots && [beside, ...roots] });
  const { datasetId } = await addFolder(client, folder);
  const edit = (change: DatasetEdit) => client.call('dataset.edit', { datasetId, edit: change });
  const { images } = await client.call('dataset.images', { datasetId, className: 'cats' });
  const ids = images.map(({ imageId }) => imageId);
  await edit({ kind: 'relabel', images: { imageIds: ids.slice(0, 2) }, className: 'dogs' });
  await edit({ kind: 'exclude', images: { imageIds: ids.slice(2, 3) } });
  await edit({ kind: 'add-class', className: 'birds' });
  const snapshot = await edit({ kind: 'rename-class', from: 'dogs', to: 'big: dogs?' });
  return { client, backend, datasetId, snapshot, folder, beside, out: path.join(beside, 'written') };
}

/** Class, part and number of pictures; class names as their folders are called. */
const counts = ({ classes }: Pick<DatasetSnapshot, 'classes'>) =>
  classes.map(({ name, train, validation, test }) => [name.replaceAll(/[:?]/g, '_'), train, validation, test]);
const partsOf = async (client: Client, datasetId: string) =>
  (await client.call('dataset.images', { datasetId, limit: 500 })).images
    .map(({ split, className, path: file }) => `${split}/${className.replaceAll(/[:?]/g, '_')} ${path.basename(file)}`)
    .sort();

describe('dataset.write', () => {
  it('writes the mended data set, which reads again as it was shown', async () => {
    const { client, datasetId, snapshot, folder, beside, out } = await mended();
    const before = readdirSync(folder, { recursive: true }).sort();
    const told: number[] = [];
    client.on('job.progress', ({ jobId, done, total }) => void (jobId === 'w' && told.push(done / total)));
    const written = await client.call('dataset.write', { datasetId, out, jobId: 'w' });
    expect(written).toMatchObject({ folder: out, numImages: 23 });
    expect(written.classes.map((one) => [one.name, one.folder])).toEqual([
      ['big: dogs?', 'big_ dogs_'],
      ['birds', 'birds'],
      ['cats', 'cats'],
    ]);
    expect(written.numRenamedFiles).toBe(2);
    expect(told.at(-1)).toBe(1);

    const again = await addFolder(client, out);
    expect(again).toMatchObject({ numSkipped: 0, splitFrom: 'folders' });
    expect(counts(again)).toEqual(counts(snapshot));
    const renamed = (parts: string[]) => parts.map((part) => part.replace(/ \(2\)/, '')).sort();
    expect(renamed(await partsOf(client, again.datasetId))).toEqual(await partsOf(client, datasetId));
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
    expect(readdirSync(beside).sort()).toEqual(['pets', 'written']);
  });

  it('never writes where the pictures are, over anything, or beyond the roots', async () => {
    const { client, datasetId, folder, beside, out } = await mended([]);
    const before = readdirSync(folder, { recursive: true }).sort();
    for (const inside of [
      folder,
      path.join(folder, 'new'),
      path.join(folder, 'cats', 'deep', 'er'),
      `${out}/../pets/x`,
    ])
      await expect(client.call('dataset.write', { datasetId, out: inside })).rejects.toMatchObject({
        code: 'out-in-dataset',
      });
    mkdirSync(out);
    writeFileSync(path.join(out, 'mine'), 'x');
    await expect(client.call('dataset.write', { datasetId, out })).rejects.toMatchObject({ code: 'out-not-empty' });
    const elsewhere = path.join(await temporaryFolder(), 'x');
    await expect(client.call('dataset.write', { datasetId, out: elsewhere })).rejects.toMatchObject({
      code: 'path-not-allowed',
    });
    expect([existsSync(elsewhere), readdirSync(beside).sort()]).toEqual([false, ['pets', 'written']]);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
  });

  it('says which pictures changed since they were looked at, and writes nothing', async () => {
    const { client, datasetId, folder, beside, out } = await mended();
    rmSync(path.join(folder, 'dogs', '3.jpg'));
    await expect(client.call('dataset.write', { datasetId, out })).rejects.toMatchObject({
      code: 'dataset-changed',
      params: { numFiles: 1, files: ['dogs/3.jpg'] },
    });
    expect(readdirSync(beside)).toEqual(['pets']);
  });

  it('stops when told to and leaves nothing', async () => {
    const { client, datasetId, beside, out } = await mended();
    let isAsked = false;
    client.on('job.progress', () => {
      if (!isAsked) void client.call('job.cancel', { jobId: 'w' });
      isAsked = true;
    });
    await expect(client.call('dataset.write', { datasetId, out, jobId: 'w' })).rejects.toMatchObject({
      code: 'job-stopped',
    });
    await expect.poll(() => readdirSync(beside)).toEqual(['pets']); // a stop is answered before all is cleared away
  });

  it('can be fetched as an archive, which becomes the same data set; cut off where a picture changed meanwhile', async () => {
    const { backend, client, datasetId, snapshot, beside, folder } = await mended();
    const { server, bearer } = await openDoor({ backend });
    const get = (place: string) => fetch(server.url + place, { headers: bearer });
    const { exportId, folder: place } = await client.call('dataset.write', { datasetId });
    expect(place).toBeNull();
    const response = await get(`api/exports/${exportId}.zip`);
    expect(response.headers.get('content-disposition')).toContain('filename="pets.zip"');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.length).toBe(Number(response.headers.get('content-length')));
    const zip = path.join(beside, 'again.zip');
    writeFileSync(zip, bytes);
    const { datasetId: zipId } = await client.call('dataset.add', { path: zip });
    expect(counts(await until(client, zipId))).toEqual(counts(snapshot));

    writeFileSync(path.join(folder, 'dogs', '3.jpg'), 'short');
    const cut = await get(`api/exports/${exportId}.zip`);
    await expect(cut.arrayBuffer()).rejects.toThrow();
    expect((await get('api/exports/wr-none.zip')).status).toBe(404);
  });
});
