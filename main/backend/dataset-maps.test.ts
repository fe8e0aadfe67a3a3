import { copyFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Client } from '../../contract/client.ts';
import { drawSamplePicture, sampleSide } from '../dataset/sample.ts';
import { addFolder, hasSharedData, photographs, sharedData, testBackend, until } from '../testing/backend.ts';
import { rawImage, writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const drawn = (i: number) =>
  rawImage(drawSamplePicture(i % 2 === 0 ? 'cats' : 'dogs', 5, `map/${i}`), sampleSide, sampleSide);

/** Real data with the backbone that comes with Graft, through the contract, by a real worker. */
describe('dataset.map', () => {
  it('shows every picture that can be decoded, the same each time, the second time without computing', async () => {
    const folder = await temporaryFolder();
    await writeImageTree(folder, { a: 9, b: 8 });
    writeFileSync(path.join(folder, 'a', 'broken.jpg'), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]));
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder, true);
    const told: [number, number][] = [];
    client.on('job.progress', ({ jobId, done, total }) => void (jobId === 'map' && told.push([done, total])));
    const map = await client.call('dataset.map', { datasetId, jobId: 'map' });
    expect(map).toMatchObject({ backboneId: 'efficientnet-lite0', numImages: 17, classNames: ['a', 'b'] });
    const { imageIds, x, y, classIndexes } = map.points;
    expect(new Set(imageIds).size).toBe(17);
    expect(classIndexes.filter((index) => index === 0)).toHaveLength(9);
    expect([x.length, y.length]).toEqual([17, 17]);
    expect([...x, ...y].every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(told.at(-1)).toEqual([18, 18]);
    expect(await client.call('dataset.get', { datasetId })).toMatchObject({ numImages: 17, numSkipped: 1 });

    told.length = 0;
    expect(await client.call('dataset.map', { datasetId, jobId: 'map' })).toEqual(map);
    expect(told[0]).toEqual([17, 17]);
  });

  it('has the files looked at that came since the folder was read', async () => {
    const folder = await temporaryFolder();
    await writeImageTree(folder, { a: 9, b: 8 });
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    await writeImageTree(folder, { a: 9, b: 8, c: 4 });
    await client.call('dataset.map', { datasetId });
    const edit = { kind: 'draw-split', validationFraction: 0.2, testFraction: 0.2, seed: 1 } as const;
    // Refused while a file has not been looked at; asked for by nothing else, since to ask for the data set looks again too.
    const split = () => client.call('dataset.edit', { datasetId, edit });
    await vi.waitFor(async () => expect(await split()).toMatchObject({ numImages: 21 }), { timeout: 20_000 });
  });

  it('names copies that only features show, keeps them across a restart and on one side of a split', async () => {
    const folder = await temporaryFolder();
    for (const name of ['a', 'b']) mkdirSync(path.join(folder, name));
    for (let i = 0; i < 18; i++) await drawn(i).toFile(path.join(folder, i % 2 === 0 ? 'a' : 'b', `${i}.png`));
    const [original, mirrored] = ['a/0.png', 'b/mirrored.png'];
    await drawn(0).flop().toFile(path.join(folder, mirrored));
    const { client, backend, home } = await testBackend();
    const { datasetId, verdicts } = await addFolder(client, folder);
    expect(verdicts['near-duplicate']).toBe(0);
    const told = async (from: Client) =>
      (await from.call('dataset.verdicts', { datasetId, kind: 'near-duplicate' })).files;
    await client.call('dataset.map', { datasetId });
    const found = await told(client);
    expect(found).toMatchObject([
      { path: mirrored, verdict: { kind: 'near-duplicate', byFeatures: true, other: { path: original } } },
    ]);
    expect(found[0]!.verdict.similarity).toBeGreaterThan(0.9);
    expect((await client.call('dataset.get', { datasetId })).verdicts).toMatchObject({ 'two-classes': 2 });
    await backend.close();

    const { client: later } = await testBackend({ home });
    expect(await told(later)).toEqual(found);
    for (const seed of [1, 2, 3, 4]) {
      const edit = { kind: 'draw-split', validationFraction: 0.3, testFraction: 0.2, seed } as const;
      await later.call('dataset.edit', { datasetId, edit });
      const { images } = await later.call('dataset.images', { datasetId });
      const splitOf = (file: string) => images.find((image) => image.path === file)!.split;
      expect(splitOf(mirrored)).toBe(splitOf(original));
    }
  });

  it('follows edits: classes as they are now, and nothing that was taken out', async () => {
    const folder = await temporaryFolder();
    await writeImageTree(folder, { a: 4, b: 4 });
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    const { images } = await client.call('dataset.images', { datasetId });
    const [moved, out] = [images[0]!, images[1]!];
    const edit = (kind: object) => client.call('dataset.edit', { datasetId, edit: kind as never });
    await edit({ kind: 'relabel', images: { imageIds: [moved.imageId] }, className: 'c' });
    await edit({ kind: 'exclude', images: { imageIds: [out.imageId] } });
    const { numImages, points, classNames } = await client.call('dataset.map', { datasetId });
    expect([numImages, classNames]).toEqual([7, ['a', 'b', 'c']]);
    expect(points.imageIds).not.toContain(out.imageId);
    expect(points.classIndexes[points.imageIds.indexOf(moved.imageId)]).toBe(2);
  });

  it.skipIf(!hasSharedData)('names a mislabelled photograph, its class, and two that show the same', async () => {
    const folder = await photographs(8);
    const [train, ...rest] = ['cats', 'dogs'].map((name) => path.join(folder, 'train', name));
    renameSync(path.join(train!, readdirSync(train!).sort()[0]!), path.join(rest[0]!, 'a-cat.jpg'));
    const source = path.join(sharedData, 'cats_and_dogs', 'train', 'dogs');
    const copied = readdirSync(source).sort()[3]!;
    copyFileSync(path.join(source, copied), path.join(rest[0]!, 'copy.jpg'));
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    const { suspects, numSuspects, similar } = await client.call('dataset.map', { datasetId });
    expect(suspects.map((one) => one.path)).toContain('train/dogs/a-cat.jpg');
    expect(suspects).toHaveLength(numSuspects);
    const found = suspects.find((one) => one.path.endsWith('a-cat.jpg'))!;
    expect(found).toMatchObject({ className: 'dogs', suggested: 'cats', numNeighbours: 10 });
    expect(found.share).toBeGreaterThanOrEqual(0.6);
    const pathOf = async (imageId: string) => (await client.call('dataset.image', { imageId })).path;
    expect(await Promise.all(similar.map(async ([a, b]) => [await pathOf(a), await pathOf(b)].sort()))).toEqual([
      ['train/dogs/copy.jpg', `train/dogs/${copied}`].sort(),
    ]);
    expect(similar[0]![2]).toBeCloseTo(1, 4);
  });

  it('refuses what it cannot map, before anything is computed', async () => {
    const { client } = await testBackend();
    const map = (input: object) => client.call('dataset.map', input as never);
    await expect(map({ datasetId: 'none' })).rejects.toMatchObject({ code: 'dataset-not-found' });
    await expect(map({ datasetId: 'none', backboneId: 'vgg16' })).rejects.toMatchObject({ code: 'weights-missing' });
    await expect(map({ datasetId: 'none', backboneId: 'vgg' })).rejects.toMatchObject({ code: 'backbone-not-found' });
    const folder = await temporaryFolder();
    mkdirSync(path.join(folder, 'a'));
    writeFileSync(path.join(folder, 'a', 'x.txt'), 'text');
    const { datasetId } = await addFolder(client, folder, true);
    await expect(map({ datasetId })).rejects.toMatchObject({ code: 'no-images' });
    writeFileSync(path.join(folder, 'a', 'x.jpg'), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]));
    await client.call('dataset.add', { path: folder, quick: true });
    await until(client, datasetId);
    await expect(map({ datasetId })).rejects.toMatchObject({ code: 'no-usable-images' });
  });

  it('stops when told to', async () => {
    const folder = await temporaryFolder();
    await writeImageTree(folder, { a: 60, b: 60 });
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder, true);
    const begun = new Promise<void>((resolve) =>
      client.on('job.progress', ({ done }) => {
        if (done > 0) resolve();
      }),
    );
    const map = client.call('dataset.map', { datasetId, jobId: 'map' });
    const isStopped = expect(map).rejects.toMatchObject({ code: 'job-stopped' });
    await begun;
    await client.call('job.cancel', { jobId: 'map' });
    await isStopped;
  });
});

describe('dataset.labels', () => {
  it('says the class that each picture has now, and -1 of one that is not in use', async () => {
    const folder = await temporaryFolder();
    await writeImageTree(folder, { a: 2, b: 1 });
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder, true);
    const { images } = await client.call('dataset.images', { datasetId });
    const imageIds = [...images.map(({ imageId }) => imageId), `${datasetId}.gone`];
    expect(await client.call('dataset.labels', { datasetId, imageIds })).toEqual({
      classNames: ['a', 'b'],
      classIndexes: [0, 0, 1, -1],
    });
    await client.call('dataset.edit', { datasetId, edit: { kind: 'exclude', images: { imageIds: [imageIds[0]!] } } });
    const { classIndexes } = await client.call('dataset.labels', { datasetId, imageIds });
    expect(classIndexes).toEqual([-1, 0, 1, -1]);
    expect(await client.call('dataset.image', { imageId: imageIds[0]! })).toMatchObject({
      path: 'a/1.jpg',
      className: 'a',
      isExcluded: true,
    });
    await expect(client.call('dataset.image', { imageId: imageIds[3]! })).rejects.toMatchObject({
      code: 'image-not-found',
    });
    await expect(client.call('dataset.image', { imageId: 'nobody' })).rejects.toMatchObject({
      code: 'image-not-found',
    });
  });
});
