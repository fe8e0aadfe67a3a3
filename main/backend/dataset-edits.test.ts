import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DatasetEdit } from '../../contract/dataset.ts';
import { drawSamplePicture, sampleClassNames, sampleSide } from '../dataset/sample.ts';
import { addFolder, testBackend, until } from '../testing/backend.ts';
import { rawImage, writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';

/** Thirty pictures of the sample, in a folder a class. */
async function sampleClasses(): Promise<string> {
  const folder = await temporaryFolder();
  for (const className of sampleClassNames) {
    await mkdir(path.join(folder, className));
    for (let i = 1; i <= 15; i++) {
      const pixels = drawSamplePicture(className, 1, `train/${className}/${i}`);
      const bytes = await rawImage(pixels, sampleSide, sampleSide).jpeg({ quality: 90 }).toBuffer();
      await writeFile(
        path.join(folder, className, `${className.slice(0, -1)}-${String(i).padStart(3, '0')}.jpg`),
        bytes,
      );
    }
  }
  return folder;
}
const tree = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [
        path.join(entry.parentPath, entry.name),
        readFileSync(path.join(entry.parentPath, entry.name), 'base64'),
      ]),
  );

describe('dataset.edit', () => {
  it('mends what is trained on, undoes and does again across a restart, and touches no file of the user', async () => {
    const folder = await sampleClasses();
    const before = tree(folder);
    const { client, home, backend } = await testBackend();
    const { datasetId, classes } = await addFolder(client, folder);
    const [first, second] = classes.map(({ name }) => name) as [string, string];
    const edit = (change: DatasetEdit) => client.call('dataset.edit', { datasetId, edit: change });
    const { images } = await client.call('dataset.images', { datasetId, className: first, limit: 5 });
    const imageIds = images.map(({ imageId }) => imageId);

    const start = await client.call('dataset.get', { datasetId });
    expect(start.edits).toEqual({ numDone: 0, undo: null, redo: null });
    const relabelled = await edit({ kind: 'relabel', images: { imageIds: imageIds.slice(0, 2) }, className: second });
    expect(relabelled.classes.map(({ numImages }) => numImages)).toEqual([13, 17]);
    expect(relabelled.edits.undo).toEqual({ kind: 'relabel', numImages: 2, target: second });
    const fewer = await edit({ kind: 'exclude', images: { imageIds: imageIds.slice(2, 4) } });
    expect([fewer.numImages, fewer.numExcluded]).toEqual([28, 2]);
    expect((await client.call('dataset.images', { datasetId, isExcluded: true })).total).toBe(2);

    // Moving one picture keeps all others in the parts that were on screen.
    const partsOf = async () =>
      Object.fromEntries(
        (await client.call('dataset.images', { datasetId, limit: 500 })).images.map((i) => [i.imageId, i.split]),
      );
    const parts = await partsOf();
    const moved = Object.keys(parts).find((id) => parts[id] === 'train')!;
    const after = await edit({ kind: 'move', images: { imageIds: [moved] }, split: 'test' });
    expect(after.splitFrom).toBe('edited');
    expect(await partsOf()).toEqual({ ...parts, [moved]: 'test' });

    await edit({ kind: 'rename-class', from: second, to: 'beasts' });
    const end = await edit({ kind: 'draw-split', validationFraction: 0.25, testFraction: 0.25, seed: 9 });
    expect(end.classes.every((one) => one.validation > 0 && one.test > 0)).toBe(true);
    await backend.close();

    const again = await testBackend({ home });
    const call = (method: 'dataset.get' | 'dataset.undo' | 'dataset.redo') => again.client.call(method, { datasetId });
    const kept = await call('dataset.get');
    expect(kept).toEqual(end);
    for (let step = 0; step < 5; step++) await call('dataset.undo');
    const undone = await call('dataset.undo'); // once more than there are
    expect(undone).toEqual({ ...start, edits: { numDone: 0, undo: null, redo: relabelled.edits.undo } });
    for (let step = 0; step < 5; step++) await call('dataset.redo');
    expect(await call('dataset.get')).toEqual(end);
    expect(tree(folder)).toEqual(before);
  });

  it('goes back more than a hundred steps, and forward again, after a restart', { timeout: 180_000 }, async () => {
    const folder = await temporaryFolder();
    await writeImageTree(folder, { cats: 6, dogs: 6 });
    const { client, home, backend } = await testBackend();
    const start = await addFolder(client, folder, true);
    const { datasetId } = start;
    const numSteps = 120;
    const { images } = await client.call('dataset.images', { datasetId });
    const namesAfter: string[][] = [];
    for (let step = 0; step < numSteps; step++) {
      const imageIds = [images[step % images.length]!.imageId];
      const edit: DatasetEdit =
        step % 3 === 0
          ? { kind: 'add-class', className: `class ${step}` }
          : { kind: 'relabel', images: { imageIds }, className: `class ${step - (step % 3)}` };
      const { classes } = await client.call('dataset.edit', { datasetId, edit });
      namesAfter.push(classes.map(({ name, numImages }) => `${name} ${numImages}`));
    }
    await backend.close();
    const again = await testBackend({ home });
    const namesOf = ({ classes }: { classes: { name: string; numImages: number }[] }) =>
      classes.map(({ name, numImages }) => `${name} ${numImages}`);
    for (let step = numSteps - 1; step > 0; step--)
      expect(namesOf(await again.client.call('dataset.undo', { datasetId }))).toEqual(namesAfter[step - 1]);
    expect((await again.client.call('dataset.undo', { datasetId })).classes).toEqual(start.classes);
    for (let step = 0; step < numSteps; step++)
      expect(namesOf(await again.client.call('dataset.redo', { datasetId }))).toEqual(namesAfter[step]);
  });

  it('keeps an edit whose folder is listed again while it is written', async () => {
    const folder = await temporaryFolder();
    await writeImageTree(folder, { cats: 4, dogs: 4 });
    const { client, home, backend } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    const editing = client.call('dataset.edit', { datasetId, edit: { kind: 'add-class', className: 'owls' } });
    await new Promise((resolve) => setImmediate(resolve)); // it is being written now
    await client.call('dataset.refresh', { datasetId });
    expect((await editing).edits.numDone).toBe(1);
    expect((await until(client, datasetId)).edits.numDone).toBe(1);
    await client.call('dataset.edit', { datasetId, edit: { kind: 'add-class', className: 'rats' } });
    await backend.close();
    const again = await testBackend({ home });
    expect((await again.client.call('dataset.get', { datasetId })).edits.numDone).toBe(2);
  });

  it('draws no split before it is known which pictures are alike', async () => {
    const folder = await temporaryFolder();
    await writeImageTree(folder, { cats: 4, dogs: 4 });
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, folder, true); // nothing is decoded
    const drawing: DatasetEdit[] = [
      { kind: 'draw-split', validationFraction: 0.25, testFraction: 0.25, seed: 1 },
      { kind: 'draw-fold', numFolds: 2, fold: 0, seed: 1 },
      { kind: 'mend', problem: 'duplicates' },
    ];
    for (const edit of drawing)
      await expect(client.call('dataset.edit', { datasetId, edit })).rejects.toMatchObject({
        code: 'dataset-not-ready',
        params: { phase: 'scanning' },
      });
    await client.call('dataset.edit', { datasetId, edit: { kind: 'add-class', className: 'owls' } });
    await addFolder(client, folder);
    const { splitFrom } = await client.call('dataset.edit', { datasetId, edit: drawing[0]! });
    expect(splitFrom).toBe('edited');
  });

  it('cuts folds that hold each picture for validation once', async () => {
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, await sampleClasses());
    const seen: string[] = [];
    for (const fold of [0, 1, 2]) {
      await client.call('dataset.edit', { datasetId, edit: { kind: 'draw-fold', numFolds: 3, fold, seed: 4 } });
      const { images } = await client.call('dataset.images', { datasetId, split: 'validation', limit: 500 });
      seen.push(...images.map(({ imageId }) => imageId));
    }
    expect(new Set(seen).size).toBe(seen.length);
    const test = await client.call('dataset.images', { datasetId, split: 'test' });
    expect(seen.length + test.total).toBe(30);
  });

  it('takes what a filter finds, and says what is wrong with a wish', async () => {
    const { client } = await testBackend();
    const { datasetId, classes } = await addFolder(client, await sampleClasses());
    const [first] = classes.map(({ name }) => name) as [string];
    const edit = (change: DatasetEdit) => client.call('dataset.edit', { datasetId, edit: change });
    const { numImages } = await edit({ kind: 'exclude', images: { where: { className: first } } });
    expect(numImages).toBe(15);
    const back = await edit({ kind: 'include', images: { where: { isExcluded: true } } });
    expect(back.numImages).toBe(30);
    await expect(edit({ kind: 'include', images: { where: { isExcluded: true } } })).rejects.toMatchObject({ code: 'nothing-selected' }); // prettier-ignore
    await expect(edit({ kind: 'exclude', images: { imageIds: ['none'] } })).rejects.toMatchObject({ code: 'image-not-found' }); // prettier-ignore
    await expect(edit({ kind: 'remove-class', className: 'none' })).rejects.toMatchObject({ code: 'class-not-found' });
    await expect(edit({ kind: 'add-class', className: 'a/b' })).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('gives several pictures a class each in one edit, and takes it back in one', async () => {
    const { client } = await testBackend();
    const start = await addFolder(client, await sampleClasses());
    const { datasetId } = start;
    const { images } = await client.call('dataset.images', { datasetId });
    const labels = ['x', 'y', 'x'].map((className, i) => ({ imageId: images[i]!.imageId, className }));
    const edited = await client.call('dataset.edit', { datasetId, edit: { kind: 'relabel-each', images: labels } });
    const sizes = new Map(edited.classes.map(({ name, numImages }) => [name, numImages]));
    expect([sizes.get('x'), sizes.get('y')]).toEqual([2, 1]);
    expect(edited.edits).toMatchObject({ numDone: 1, undo: { kind: 'relabel-each', numImages: 3, target: '' } });
    expect((await client.call('dataset.undo', { datasetId })).classes).toEqual(start.classes);
    const nobody = { kind: 'relabel-each' as const, images: [{ imageId: 'none', className: 'x' }] };
    await expect(client.call('dataset.edit', { datasetId, edit: nobody })).rejects.toMatchObject({
      code: 'image-not-found',
    });
  });

  it('sets edits that cannot be read aside and opens the data set', async () => {
    const folder = await sampleClasses();
    const { client, home, backend } = await testBackend();
    const { datasetId } = await addFolder(client, folder);
    await client.call('dataset.edit', { datasetId, edit: { kind: 'add-class', className: 'new' } });
    await backend.close();
    await writeFile(path.join(home, 'datasets', datasetId, 'edits.json'), '{"formatVersion":1,');
    const again = await testBackend({ home });
    expect((await until(again.client, datasetId)).edits.numDone).toBe(0);
    expect(await readdir(path.join(home, 'datasets', datasetId))).toContain('edits.json.unreadable');
  });
});
