import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import type { RunSnapshot } from '../../contract/run.ts';
import { findBackbone } from '../backbones/registry.ts';
import { writeSafetensors } from '../backbones/safetensors.ts';
import { expectedWeights } from '../backbones/weights.ts';
import { createRandom } from '../dataset/seeded.ts';
import { addFolder, ended, settled, testBackend } from '../testing/backend.ts';
import { writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const recipe = { epochs: 1, inputSize: 64 };
const further = { trainable: { from: 'top_conv' }, epochs: 1 };

/** A finished run of a head, on pictures of one folder a class: their split is drawn. */
async function trained(numPerClass = 15) {
  const { client, home } = await testBackend();
  const folder = await temporaryFolder();
  await writeImageTree(folder, { cats: numPerClass, dogs: numPerClass });
  const { datasetId } = await addFolder(client, folder);
  const run = await ended(client, (await client.call('run.start', { datasetId, recipe })).runId);
  expect(run.error).toBeNull();
  return { client, home, folder, datasetId, run };
}

async function readSplits(home: string, { runId }: RunSnapshot) {
  return JSON.parse(await readFile(path.join(home, 'runs', runId, 'splits.json'), 'utf8')) as {
    images: { path: string; split: string; sha256: string }[];
    learnt: string[];
  };
}

async function splitsOf(home: string, run: RunSnapshot): Promise<Map<string, string>> {
  const { images } = await readSplits(home, run);
  return new Map(images.map(({ path: file, split }) => [file, split]));
}

async function imageIds(client: Client, datasetId: string): Promise<string[]> {
  const { images } = await client.call('dataset.images', { datasetId, limit: 500 });
  return images.map(({ imageId }) => imageId);
}

describe('fine-tuning a run whose data set was changed since', () => {
  it('never tests on what the run before it learnt from', async () => {
    const { client, home, datasetId, run } = await trained();
    const [first] = await imageIds(client, datasetId);
    await client.call('dataset.edit', { datasetId, edit: { kind: 'exclude', images: { imageIds: [first!] } } });
    const second = await ended(client, (await client.call('run.fineTune', { runId: run.runId, ...further })).runId);
    expect(second.error).toBeNull();
    const [before, after] = [await splitsOf(home, run), await splitsOf(home, second)];
    expect(after.size).toBe(before.size - 1);
    for (const [file, split] of after) expect([file, split]).toEqual([file, before.get(file)]);
  });

  it('knows in another data set what any run before it learnt from', async () => {
    const { client, home, folder, datasetId, run } = await trained();
    const before = await readSplits(home, run);
    const taught = before.images.filter(({ split }) => split === 'train').map(({ sha256 }) => sha256);
    // Learnt from by the first run, and nowhere among the pictures of the second.
    const out = before.images.find(({ split }) => split === 'train')!.path;
    const { images } = await client.call('dataset.images', { datasetId, limit: 500 });
    const imageIds = images.filter((image) => image.path === out).map(({ imageId }) => imageId);
    await client.call('dataset.edit', { datasetId, edit: { kind: 'exclude', images: { imageIds } } });
    const second = await ended(client, (await client.call('run.fineTune', { runId: run.runId, ...further })).runId);
    const moved = await temporaryFolder();
    for (const className of ['cats', 'dogs']) {
      await mkdir(path.join(moved, className));
      for (let i = 1; i <= 15; i++)
        await copyFile(path.join(folder, className, `${i}.jpg`), path.join(moved, className, `${16 - i}.jpg`));
    }
    const elsewhere = await addFolder(client, moved);
    const asked = { runId: second.runId, datasetId: elsewhere.datasetId, ...further };
    const third = await ended(client, (await client.call('run.fineTune', asked)).runId);
    expect(third.error).toBeNull();
    const after = await readSplits(home, third);
    expect(after.images).toHaveLength(30);
    const flattering = after.images.filter(({ sha256, split }) => split !== 'train' && taught.includes(sha256));
    expect(flattering).toEqual([]);
    expect([...after.learnt].sort()).toEqual([...taught].sort());
  });

  it('is refused when the classes are others, with both', async () => {
    const { client, datasetId, run } = await trained();
    const ids = await imageIds(client, datasetId);
    await client.call('dataset.edit', {
      datasetId,
      edit: { kind: 'relabel', images: { imageIds: ids.slice(0, 5) }, className: 'birds' },
    });
    const asked = client.call('run.fineTune', { runId: run.runId, ...further });
    await expect(asked).rejects.toMatchObject({
      code: 'classes-differ',
      params: { expected: ['cats', 'dogs'], found: ['birds', 'cats', 'dogs'] },
    });
    expect(await client.call('run.list', {})).toHaveLength(1);
  });
});

/** A file of weights for a backbone, drawn from a seed. */
async function weightsFile(backboneId: string, seed: number): Promise<string> {
  const model = await findBackbone(backboneId).build([64, 64]);
  const random = createRandom(seed, 'weights');
  const tensors = expectedWeights(model).flatMap(({ name: layer, weights }) =>
    weights.map(({ name, shape }) => {
      const numValues = shape.reduce((a, b) => a * b, 1);
      return [
        `${layer}/${name}`,
        { shape, data: Float32Array.from({ length: numValues }, () => 0.1 * random.next()) },
      ] as const;
    }),
  );
  model.dispose();
  const file = path.join(await temporaryFolder(), `${seed}.safetensors`);
  await writeFile(file, writeSafetensors(new Map(tensors)));
  return file;
}

describe('going on with a run after other weights came in for its backbone', () => {
  const backbone = 'mobilenet-0.25';
  async function begun(change: object) {
    const { client } = await testBackend();
    const folder = await temporaryFolder();
    await writeImageTree(folder, { cats: 8, dogs: 8 });
    await client.call('weights.import', { backboneId: backbone, path: await weightsFile(backbone, 1) });
    const { datasetId } = await addFolder(client, folder);
    const { runId } = await client.call('run.start', { datasetId, recipe: { ...recipe, backbone, ...change } });
    return { client, runId };
  }
  const changed = { code: 'weights-damaged', params: { backboneId: backbone } };

  it('is refused when fine-tuning, when evaluating and when exporting', { timeout: 300_000 }, async () => {
    const { client, runId } = await begun({});
    expect((await ended(client, runId)).error).toBeNull();
    await client.call('weights.import', { backboneId: backbone, path: await weightsFile(backbone, 2) });
    const asked = { runId, trainable: { from: 'conv_pw_13' }, epochs: 1 };
    const second = await ended(client, (await client.call('run.fineTune', asked)).runId);
    expect(second.error).toMatchObject(changed);
    await expect(client.call('run.evaluate', { runId, split: 'test' })).rejects.toMatchObject(changed);
    for (const format of ['tfjs', 'features', 'script'] as const) {
      const { exportId } = await client.call('model.export', { runId, format });
      const report = await settled(
        () => client.call('model.exported', { exportId }),
        ({ phase }) => phase !== 'running',
      );
      expect(report.error).toMatchObject(changed);
    }
  });

  it('is refused when resuming', async () => {
    const { client, runId } = await begun({ epochs: 1000 });
    await settled(
      () => client.call('run.get', { runId }),
      ({ numEpochs }) => numEpochs > 2,
    );
    await client.call('run.stop', { runId });
    expect((await ended(client, runId)).phase).toBe('stopped');
    await client.call('weights.import', { backboneId: backbone, path: await weightsFile(backbone, 2) });
    await client.call('run.resume', { runId });
    expect((await ended(client, runId)).error).toMatchObject(changed);
  });
});

describe('fine-tuning nothing', () => {
  it('is refused before there is a run', async () => {
    const { client, run } = await trained(8);
    const asked = client.call('run.fineTune', { runId: run.runId, trainable: 'none' });
    await expect(asked).rejects.toMatchObject({ code: 'nothing-to-train' });
    expect(await client.call('run.list', {})).toHaveLength(1);
  });
});
