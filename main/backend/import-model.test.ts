import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import type { ExportFormat, ExportOptions, ExportReport } from '../../contract/model.ts';
import { addFolder, ended, hasSharedData, settled, sharedData, testBackend } from '../testing/backend.ts';
import { petsZip } from '../testing/pets.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { writeImageTree } from '../testing/images.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';

/** What a run says of pictures: probabilities in the order of `classNames`. */
async function answers(client: Client, runId: string, folder: string, classNames: readonly string[]) {
  const pictures = await client.call('picture.add', { paths: [folder as never] });
  const said = await client.call('model.predict', { runId, imageIds: pictures.map(({ imageId }) => imageId) });
  return said.map(({ top }) => classNames.map((name) => top.find(({ className }) => className === name)!.probability));
}

function largestDifference(a: readonly number[][], b: readonly number[][]): number {
  return Math.max(...a.flat().map((value, index) => Math.abs(value - b.flat()[index]!)));
}

async function exported(
  client: Client,
  input: { runId: string; format: ExportFormat; out: string; datasetId?: string; options?: Partial<ExportOptions> },
): Promise<ExportReport> {
  const { exportId } = await client.call('model.export', { ...input, out: input.out });
  return settled(
    () => client.call('model.exported', { exportId }),
    ({ phase }) => phase !== 'running',
  );
}

const recipe = { epochs: 2, learningRate: 0.01, head: { kind: 'flatten' as const, denseUnits: 6, dropout: 0.25 } };

/** Two classes of noise in a folder, and a run that learnt them on the features of a small model. */
async function trainedRun() {
  const opened = await testBackend();
  const { client } = opened;
  const data = await temporaryFolder();
  const zip = path.join(data, 'pets.zip');
  await writeFile(zip, await petsZip());
  const model = await writeTinyModel(await temporaryFolder(), { units: 2, activation: 'softmax' });
  const { id } = await client.call('backbone.bring', { path: model });
  const { datasetId } = await addFolder(client, zip, true);
  const { runId } = await client.call('run.start', { datasetId, recipe: { ...recipe, backbone: id } });
  const run = await ended(client, runId);
  expect(run.error).toBeNull();
  return { ...opened, runId, classNames: run.classNames };
}

/** A folder `cats` and one `dogs`, with other pictures. */
async function otherPets(): Promise<string> {
  const folder = await temporaryFolder();
  await writeImageTree(folder, { cats: 6, dogs: 6 });
  return folder;
}

describe('importing a model', () => {
  it(
    'that Graft wrote gives a run that answers as the one it was written from, is measured, trained on and written again',
    { timeout: 300_000 },
    async () => {
      const first = await trainedRun();
      const data = await otherPets();
      const out = path.join(await temporaryFolder(), 'model');
      expect((await exported(first.client, { runId: first.runId, format: 'tfjs', out })).error).toBeNull();
      await rm(path.join(out, 'labels.json')); // what the model itself holds is enough

      const { client, home } = await testBackend();
      const imported = await client.call('model.import', { path: out, name: 'Pets' });
      expect(imported).toMatchObject({ classNames: ['cats', 'dogs'], classNamesFrom: 'model', pixels: '0..255' });
      const { runId } = imported;
      const run = await client.call('run.get', { runId });
      expect(run).toMatchObject({
        phase: 'finished',
        datasetId: null,
        datasetName: 'Pets',
        imported: { sourceFile: 'model.json', classNamesFrom: 'model' },
        numEpochs: 0,
        recipe: { head: { kind: 'flatten', denseUnits: 6, dropout: 0.25 } },
        result: { validation: null, test: null },
      });
      expect((await client.call('run.list', {})).map((listed) => listed.runId)).toEqual([runId]);
      const before = await answers(first.client, first.runId, data, first.classNames);
      expect(largestDifference(before, await answers(client, runId, data, imported.classNames))).toBeLessThan(1e-5);

      // It has no pictures of its own.
      const without = { code: 'run-without-data', params: { needs: 'pictures' } };
      await expect(client.call('run.evaluate', { runId })).rejects.toMatchObject(without);
      await expect(client.call('run.fineTune', { runId, trainable: 'all' })).rejects.toMatchObject(without);
      await expect(client.call('model.export', { runId, format: 'tfjs' })).rejects.toMatchObject(without);
      await expect(client.call('model.export', { runId, format: 'script' })).rejects.toMatchObject({
        code: 'run-without-data',
        params: { needs: 'training' },
      });

      const { datasetId } = await addFolder(client, data, true);
      const evaluation = await client.call('run.evaluate', { runId, datasetId });
      const right = before.filter((row, index) => row.indexOf(Math.max(...row)) === Number(index >= 6)).length;
      expect(evaluation.share).toMatchObject({ numImages: 12, numCorrect: right });

      const last = { from: 'second' };
      const tuned = await ended(client, (await client.call('run.fineTune', { runId, datasetId, trainable: last, epochs: 2, learningRate: 1e-3 })).runId); // prettier-ignore
      expect(tuned.error).toBeNull();
      expect(tuned).toMatchObject({
        parentRunId: runId,
        datasetId,
        imported: null,
        classNames: ['cats', 'dogs'],
        numEpochs: 2,
      });

      const again = path.join(home, 'again');
      const report = await exported(client, { runId, format: 'tfjs', out: again, datasetId });
      expect(report.error).toBeNull();
      expect(report.parity).toMatchObject({ numImages: 12, numChangedLabels: 0 });
      expect(report.parity!.maxAbsoluteDifference).toBeLessThan(1e-5);
      const card: unknown = JSON.parse(await readFile(path.join(again, 'card.json'), 'utf8'));
      expect(card).toMatchObject({ isImported: true, trainedOn: null, recipes: [], head: { kind: 'flatten' } });
      const written = JSON.parse(await readFile(path.join(again, 'model.json'), 'utf8')) as object;
      expect(written).toHaveProperty('userDefinedMetadata.graft.trainedOn', null);
      expect(written).toHaveProperty('userDefinedMetadata.graft.numTrainImages', null);
      await expect(client.call('backbone.remove', { backboneId: imported.backboneId })).rejects.toMatchObject({
        code: 'backbone-in-use',
      });
    },
  );

  it('that left as .keras or .h5, whole or with half the bytes, answers as before', { timeout: 300_000 }, async () => {
    const { client, runId, classNames } = await trainedRun();
    const data = await otherPets();
    const before = await answers(client, runId, data, classNames);
    for (const [format, precision, most] of [
      ['keras', 'float32', 1e-5],
      ['h5', 'float32', 1e-5],
      ['keras', 'float16', 1e-3],
    ] as const) {
      const out = path.join(await temporaryFolder(), 'model');
      const report = await exported(client, { runId, format, out, options: { precision } });
      expect(report.error).toBeNull();
      await rm(path.join(out, 'labels.json'));
      const again = await client.call('model.import', { path: path.join(out, `model.${format}`) });
      expect(again).toMatchObject({ classNames, classNamesFrom: 'model', pixels: '0..255' });
      const after = await answers(client, again.runId, data, classNames);
      expect({ format, precision, isSame: largestDifference(before, after) < most }).toMatchObject({ isSame: true });
    }
  });

  it(
    'leaves neither its name nor its folder in what is exported of it or of what went on from it',
    { timeout: 300_000 },
    async () => {
      const { client } = await testBackend();
      const folder = path.join(await temporaryFolder(), 'Jane Doe thesis');
      await mkdir(folder);
      const model = await writeTinyModel(folder, { units: 2, activation: 'softmax' });
      const { runId } = await client.call('model.import', { path: model, classNames: ['cats', 'dogs'] });
      const { datasetId } = await addFolder(client, await otherPets(), true);
      const tuned = await client.call('run.fineTune', { runId, datasetId, trainable: 'all', epochs: 1 });
      expect((await ended(client, tuned.runId)).error).toBeNull();
      for (const input of [
        { runId, format: 'tfjs' as const, datasetId },
        { runId: tuned.runId, format: 'tfjs' as const },
      ]) {
        const out = path.join(await temporaryFolder(), 'model');
        expect((await exported(client, { ...input, out })).error).toBeNull();
        for (const name of await readdir(out)) {
          const text = (await readFile(path.join(out, name), 'latin1')).toLowerCase();
          expect({ name, tells: /jane|thesis/.test(text) }).toEqual({ name, tells: false });
        }
      }
    },
  );

  it(
    'goes on with the classes in the order of the model, whatever that of the folders',
    { timeout: 300_000 },
    async () => {
      const { client } = await testBackend();
      const model = await writeTinyModel(await temporaryFolder(), { units: 2, activation: 'softmax' });
      const { runId } = await client.call('model.import', { path: model, classNames: ['dogs', 'cats'] });
      const { datasetId } = await addFolder(client, await otherPets(), true);
      const before = await client.call('run.evaluate', { runId, datasetId });
      const { runId: tunedId } = await client.call('run.fineTune', { runId, datasetId, trainable: 'all', epochs: 1, learningRate: 1e-9 }); // prettier-ignore
      const tuned = await ended(client, tunedId);
      expect(tuned.error).toBeNull();
      expect(tuned.classNames).toEqual(['dogs', 'cats']);
      // Next to nothing was learnt: the same picture of the same class gets the same answer.
      expect((await client.call('run.evaluate', { runId: tunedId, datasetId: (await addFolder(client, await otherPets(), true)).datasetId })).confusion).toEqual(before.confusion); // prettier-ignore
    },
  );

  it('refuses to measure or train it on other classes', async () => {
    const { client } = await testBackend();
    const model = await writeTinyModel(await temporaryFolder(), { units: 2, activation: 'softmax' });
    const { runId, classNames, classNamesFrom } = await client.call('model.import', { path: model });
    expect([classNames, classNamesFrom]).toEqual([['class 1', 'class 2'], 'made-up']);
    const { datasetId } = await addFolder(client, await otherPets(), true);
    const other = { code: 'classes-differ', params: { expected: ['class 1', 'class 2'], found: ['cats', 'dogs'] } };
    await expect(client.call('run.evaluate', { runId, datasetId })).rejects.toMatchObject(other);
    await expect(client.call('run.fineTune', { runId, datasetId, trainable: 'all' })).rejects.toMatchObject(other);
  });

  it('leaves nothing behind when it is refused', async () => {
    const { client, home } = await testBackend();
    const folder = await temporaryFolder();
    const model = await writeTinyModel(folder, { units: 3, activation: 'softmax' });
    await writeFile(path.join(folder, 'labels.json'), '["a", "b"]');
    await expect(client.call('model.import', { path: model })).rejects.toMatchObject({
      code: 'class-names-count',
      params: { file: 'labels.json', numClasses: 3, numNames: 2 },
    });
    expect(await client.call('run.list', {})).toEqual([]);
    expect((await client.call('backbone.list', {})).some(({ id }) => id.startsWith('own-'))).toBe(false);
    expect(await readdir(path.join(home, 'runs'))).toEqual([]);
  });

  it.skipIf(!hasSharedData)('of Teachable Machine answers as that says, with its labels', async () => {
    const { client } = await testBackend();
    const folder = await temporaryFolder();
    const catdog = path.join(sharedData, 'oracle/teachable_machine_keras_catdog');
    await mkdir(path.join(folder, 'keras'));
    for (const name of ['keras_model.h5', 'labels.txt'])
      await cp(path.join(catdog, name), path.join(folder, 'keras', name));
    const keras = await client.call('model.import', { path: path.join(folder, 'keras') });
    const labels = (await readFile(path.join(catdog, 'labels.txt'), 'utf8')).trim().split('\n').map((line) => line.replace(/^\d+ /, '').trim()); // prettier-ignore
    expect(keras).toMatchObject({ classNames: labels, classNamesFrom: 'beside', pixels: '-1..1' });
    const tfjs = await client.call('model.import', {
      path: path.join(sharedData, 'oracle/teachable_machine_tfjs'),
    });
    expect(tfjs).toMatchObject({ classNames: ['1', '2', '3'], classNamesFrom: 'beside', pixels: '-1..1' });
  });
});
