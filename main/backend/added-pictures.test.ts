import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import { addFolder, ended, settled, testBackend, until } from '../testing/backend.ts';
import { encodeBmp, noisePixels, rawImage, writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import type { SpawnWorker } from './backend.ts';

async function pets(counts: Record<string, number> = { cats: 6, dogs: 6 }): Promise<string> {
  const folder = await temporaryFolder();
  await writeImageTree(folder, counts);
  return folder;
}
const jpeg = (seed: number): Promise<Buffer> =>
  rawImage(noisePixels(24, 32, seed), 24, 32)
    .jpeg()
    .toBuffer();
const tree = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((file) => [file, statSync(file).mtimeMs, statSync(file).isFile() ? readFileSync(file, 'base64') : '']);

/** Lets new pictures of this machine in. */
async function letIn(client: Client, files: Record<string, Buffer | string>): Promise<string[]> {
  const folder = await temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(folder, name), bytes);
  const paths = Object.keys(files).map((name) => path.join(folder, name));
  return (await client.call('picture.add', { paths })).map(({ imageId }) => imageId);
}
const somePictures = async (from: number, count: number): Promise<Record<string, Buffer>> =>
  Object.fromEntries(
    await Promise.all(
      Array.from({ length: count }, async (_, i) => [`new ${from + i}.jpg`, await jpeg(from + i)] as const),
    ),
  );

describe('dataset.addImages', () => {
  it('adds pictures to a folder read in place without touching it; undo, redo and a restart keep track', async () => {
    const folder = await pets();
    const before = tree(folder);
    const { client, home, backend } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    const imageIds = await letIn(client, await somePictures(500, 3));
    const { snapshot, numAdded, refused } = await client.call('dataset.addImages', {
      datasetId,
      className: 'dogs',
      imageIds,
    });
    expect([numAdded, refused]).toEqual([3, []]);
    expect(snapshot.classes.map(({ numImages }) => numImages)).toEqual([6, 9]);
    expect(snapshot.edits.undo).toEqual({ kind: 'add-images', numImages: 3, target: 'dogs' });
    const page = await client.call('dataset.images', { datasetId, className: 'dogs', search: 'new 5' });
    expect(page.total).toBe(3);
    expect((await backend.thumbnail(page.images[0]!.imageId, 32)).length).toBeGreaterThan(50);
    expect(tree(folder)).toEqual(before);

    expect((await client.call('dataset.undo', { datasetId })).numImages).toBe(12);
    expect((await client.call('dataset.images', { datasetId, search: 'new' })).total).toBe(0);
    await client.call('dataset.redo', { datasetId });
    await addFolder(client, folder); // listed again: no listing has them, and they stay
    expect((await client.call('dataset.get', { datasetId })).numImages).toBe(15);
    await client.call('dataset.undo', { datasetId });
    await backend.close();

    const again = await testBackend({ home });
    expect((await again.client.call('dataset.get', { datasetId })).numImages).toBe(12);
    const redone = await again.client.call('dataset.redo', { datasetId });
    expect(redone.classes.map(({ numImages }) => numImages)).toEqual([6, 9]);
    expect((await again.backend.thumbnail(page.images[0]!.imageId, 32)).length).toBeGreaterThan(50);
    expect(tree(folder)).toEqual(before);
    await again.client.call('dataset.remove', { datasetId });
    expect(existsSync(path.join(home, 'datasets', datasetId))).toBe(false);
    expect(tree(folder)).toEqual(before);
  });

  it('trains, evaluates and exports with them', async () => {
    const { client } = await testBackend();
    const { datasetId } = await client.call('dataset.create', { name: 'mine', classNames: ['left', 'right'] });
    expect(await client.call('dataset.get', { datasetId })).toMatchObject({
      phase: 'ready',
      kind: 'upload',
      numImages: 0,
      numClasses: 2,
    });
    for (const [className, from] of [
      ['left', 600],
      ['right', 700],
    ] as const)
      // prettier-ignore
      await client.call('dataset.addImages', {
        datasetId,
        className,
        imageIds: await letIn(client, await somePictures(from, 6)),
      });
    const { runId } = await client.call('run.start', { datasetId, recipe: { epochs: 1, inputSize: 64 } });
    const run = await ended(client, runId);
    expect(run.error).toBeNull();
    expect(run).toMatchObject({ phase: 'finished', classNames: ['left', 'right'] });
    const evaluation = await client.call('run.evaluate', { runId, split: 'train' });
    expect(evaluation.share.numImages).toBeGreaterThanOrEqual(6);
    const { images } = await client.call('dataset.images', { datasetId });
    const [answer] = await client.call('model.predict', { runId, imageIds: [images[0]!.imageId] });
    expect(answer!.error).toBeNull();
    const { exportId } = await client.call('model.export', { runId, format: 'tfjs' });
    const report = await settled(
      () => client.call('model.exported', { exportId }),
      ({ phase }) => phase !== 'running',
    );
    expect(report.error).toBeNull();
    expect(report.parity!.numImages).toBeGreaterThan(0);
    // Taken back, they can still be looked at where the run has seen them.
    await client.call('dataset.undo', { datasetId });
    expect((await client.call('dataset.get', { datasetId })).numImages).toBe(6);
    const [still] = await client.call('model.predict', { runId, imageIds: [images.at(-1)!.imageId] });
    expect(still!.error).toBeNull();
  });

  it('refuses what is no picture with its reason, and adds the rest', async () => {
    const { client, home } = await testBackend();
    const { datasetId } = await addFolder(client, await pets());
    const good = await jpeg(800);
    const folder = await temporaryFolder();
    const files: Record<string, Buffer> = {
      'good.jpg': good,
      'text.jpg': Buffer.from('no picture at all'),
      'cut.jpg': good.subarray(0, good.length >> 1),
      'nothing.jpg': Buffer.alloc(0),
      'drawing.svg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'huge.bmp': hugeBmp(),
    };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(folder, name), bytes);
    writeFileSync(path.join(folder, 'long.jpg'), good);
    truncateSync(path.join(folder, 'long.jpg'), 300 * 2 ** 20);
    const paths = [...Object.keys(files), 'long.jpg'].map((name) => path.join(folder, name));
    const imageIds = (await client.call('picture.add', { paths })).map(({ imageId }) => imageId);
    const { numAdded, refused } = await client.call('dataset.addImages', { datasetId, className: 'cats', imageIds });
    expect(numAdded).toBe(1);
    expect(Object.fromEntries(refused.map(({ name, reason }) => [name, reason]))).toEqual({
      'text.jpg': 'not-an-image',
      'cut.jpg': 'truncated',
      'nothing.jpg': 'empty',
      'drawing.svg': 'unsupported-format',
      'huge.bmp': 'too-large',
      'long.jpg': 'too-large',
    });
    expect(readdirSync(path.join(home, 'datasets', datasetId, 'added'))).toHaveLength(1);
    expect(readdirSync(path.join(home, 'datasets', datasetId, 'incoming'))).toEqual([]);

    // Nothing usable: nothing changes, and there is nothing to undo.
    const none = await client.call('dataset.addImages', {
      datasetId,
      className: 'cats',
      imageIds: await letIn(client, { 'text.jpg': 'no picture' }),
    });
    expect([none.numAdded, none.snapshot.edits.numDone]).toEqual([0, 1]);
  });

  it('takes names that come twice, read-only files, and a picture that is there already', async () => {
    const folder = await pets();
    const { client, home } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    const elsewhere = await temporaryFolder();
    mkdirSync(path.join(elsewhere, 'a'));
    writeFileSync(path.join(elsewhere, 'a', '1.jpg'), await jpeg(900));
    chmodSync(path.join(elsewhere, 'a', '1.jpg'), 0o444);
    const paths = [path.join(elsewhere, 'a', '1.jpg'), path.join(folder, 'cats', '1.jpg')];
    const imageIds = (await client.call('picture.add', { paths })).map(({ imageId }) => imageId);
    const add = (className: string) => client.call('dataset.addImages', { datasetId, className, imageIds });
    expect((await add('cats')).numAdded).toBe(2);
    const { snapshot } = await add('owls');
    expect(snapshot.classes.map(({ name, numImages }) => [name, numImages])).toEqual([
      ['cats', 8],
      ['dogs', 6],
      ['owls', 2],
    ]);
    const added = path.join(home, 'datasets', datasetId, 'added');
    expect(new Set(readdirSync(added)).size).toBe(4);
    expect(readdirSync(added).every((name) => /^[0-9a-f]{8}-1\.jpg$/.test(name))).toBe(true);
  });

  it('uses up what a browser has sent, and knows no picture that was not let in', async () => {
    const { client, backend, home } = await testBackend();
    const { datasetId } = await addFolder(client, await pets());
    const { imageId } = await backend.receivePicture('../../über|cam.jpg', Readable.from([await jpeg(901)]));
    const add = () => client.call('dataset.addImages', { datasetId, className: 'cats', imageIds: [imageId] });
    expect((await add()).numAdded).toBe(1);
    expect(readdirSync(path.join(home, 'datasets', datasetId, 'added'))[0]).toMatch(/^[0-9a-f]{8}-über_cam\.jpg$/);
    await expect(add()).rejects.toMatchObject({ code: 'image-not-found' });
    await expect(
      client.call('dataset.addImages', { datasetId: 'none', className: 'cats', imageIds: await letIn(client, { 'a.jpg': await jpeg(1) }) }), // prettier-ignore
    ).rejects.toMatchObject({ code: 'dataset-not-found' });
  });

  it('compares pictures that come while the others are compared', async () => {
    const folder = await pets();
    const held: (() => void)[] = [];
    let isHolding = true;
    const holding =
      (spawn: SpawnWorker): SpawnWorker =>
      (entry, env) => {
        const worker = spawn(entry, env);
        const send = (message: unknown) => {
          const isHeld = isHolding && (message as { method?: string }).method === 'compare';
          if (isHeld) held.push(() => worker.send(message));
          else worker.send(message);
        };
        return { ...worker, send };
      };
    const { client } = await testBackend({ aroundWorkers: holding });
    const { datasetId } = await client.call('dataset.add', { path: folder });
    await settled(
      () => Promise.resolve(held.length),
      (numHeld) => numHeld === 1,
    );
    const copy = await sharp(path.join(folder, 'cats', '1.jpg'))
      .png()
      .toBuffer();
    const imageIds = await letIn(client, { 'copy.png': copy });
    await client.call('dataset.addImages', { datasetId, className: 'cats', imageIds });
    isHolding = false;
    held[0]!();
    expect((await until(client, datasetId)).verdicts['near-duplicate']).toBe(1);
  });

  it('two additions at once are both kept', async () => {
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, await pets());
    const [one, two] = [
      await letIn(client, await somePictures(910, 2)),
      await letIn(client, await somePictures(920, 2)),
    ];
    await Promise.all([
      client.call('dataset.addImages', { datasetId, className: 'cats', imageIds: one }),
      client.call('dataset.addImages', { datasetId, className: 'dogs', imageIds: two }),
    ]);
    const { classes, edits } = await client.call('dataset.get', { datasetId });
    expect(classes.map(({ numImages }) => numImages)).toEqual([8, 8]);
    expect(edits.numDone).toBe(2);
  });
});

describe('dataset.create', () => {
  it('opens an empty data set that keeps its classes over a restart and a run that cannot be', async () => {
    const { client, home, backend } = await testBackend();
    const { datasetId } = await client.call('dataset.create', {
      name: ' Mugs ',
      classNames: ['full', 'empty', 'full'],
    });
    const classNames = async (of: Client) =>
      (await of.call('dataset.get', { datasetId })).classes.map(({ name }) => name);
    expect(await classNames(client)).toEqual(['empty', 'full']);
    await expect(client.call('run.start', { datasetId, recipe: { epochs: 1 } }).then(({ runId }) => ended(client, runId))).rejects.toMatchObject({ code: 'no-images' }); // prettier-ignore
    expect(await classNames(client)).toEqual(['empty', 'full']);
    await backend.close();
    const again = await testBackend({ home });
    expect(await classNames(again.client)).toEqual(['empty', 'full']);
    expect((await again.client.call('dataset.list', {}))[0]).toMatchObject({ name: 'Mugs', kind: 'upload' });
    await expect(again.client.call('dataset.create', { name: 'x', classNames: ['a/b'] })).rejects.toMatchObject({ code: 'invalid-input' }); // prettier-ignore
  });
});

/** A small BMP that says it is large. */
function hugeBmp(): Buffer {
  const bytes = encodeBmp(noisePixels(2, 2, 1), 2, 2);
  bytes.writeInt32LE(100_000, 18);
  bytes.writeInt32LE(100_000, 22);
  return bytes;
}
