import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Client } from '../../contract/client.ts';
import type { RunSnapshot } from '../../contract/run.ts';
import { addFolder, ended, hasSharedData, photographs, settled, testBackend } from '../testing/backend.ts';

const recipe = {
  inputSize: 96, // a fifth of the time that the default takes
  epochs: 3,
  learningRate: 0.01,
  trainable: { from: 'block7a_project_conv' },
  fineTune: { epochs: 4, learningRate: 1e-4 },
  seed: 5,
};
const curve = (run: RunSnapshot) =>
  run.epochs.map(({ phase, epoch, loss, validationLoss }) => ({ phase, epoch, loss, validationLoss }));

/** Answers of a run for a split, as the window asks for them, that are right. */
async function numRight(client: Client, run: RunSnapshot): Promise<number> {
  const page = { datasetId: run.datasetId!, split: 'test' as const, limit: 500 };
  const { images } = await client.call('dataset.images', page);
  const imageIds = images.map((image) => image.imageId);
  const answers = await client.call('model.predict', { runId: run.runId, imageIds });
  return answers.filter((answer, i) => answer.top[0]!.className === images[i]!.className).length;
}

/** Asks a run to do something as soon as it has as many epochs. */
async function afterEpochs(client: Client, runId: string, numEpochs: number): Promise<void> {
  await settled(
    () => client.call('run.get', { runId }),
    (run) => run.numEpochs >= numEpochs || run.phase === 'failed',
  );
}

/** Fine-tuning of real weights on real photographs, through the contract, by real workers. */
describe.skipIf(!hasSharedData)('fine-tuning (needs the shared photographs)', () => {
  it('trains the head and then the layers chosen, and answers everywhere with what it learnt', async () => {
    const { client, home } = await testBackend();
    const { datasetId } = await addFolder(client, await photographs(12));
    // At the default size: smaller, these few photographs are told apart less surely.
    const { runId } = await client.call('run.start', { datasetId, recipe: { ...recipe, inputSize: undefined } });
    const run = await ended(client, runId);
    expect(run.error).toBeNull();
    expect(run.epochs.map(({ phase, epoch }) => `${phase} ${epoch}`)).toEqual([
      ...[1, 2, 3].map((epoch) => `head ${epoch}`),
      ...[1, 2, 3, 4].map((epoch) => `fine-tune ${epoch}`),
    ]);
    const { trainableParameters, frozenParameters, headParameters, test } = run.result!;
    // block7a_project: 1152 x 320 and its normalisation's gamma and beta; top: 320 x 1280 and the same of 1280.
    expect(trainableParameters - headParameters).toBe(1152 * 320 + 2 * 320 + 320 * 1280 + 2 * 1280);
    expect(frozenParameters + trainableParameters - headParameters).toBe(3_413_024);
    expect(run.epochs.at(-1)!.loss).toBeLessThan(run.epochs[2]!.loss);
    expect(test!.accuracy).toBeGreaterThan(0.85);
    expect(existsSync(path.join(home, 'runs', runId, 'model', 'backbone.safetensors'))).toBe(true);
    expect(existsSync(path.join(home, 'runs', runId, 'checkpoint'))).toBe(false);

    // The whole network by ONNX Runtime, from the files: the same answers as above the cut from kept features.
    expect((await client.call('run.evaluate', { runId, split: 'test' })).confusion).toEqual(run.confusion);
    expect(await numRight(client, run)).toBe(test!.numCorrect);
    const { exportId } = await client.call('model.export', { runId, format: 'tfjs' });
    const report = await settled(
      () => client.call('model.exported', { exportId }),
      ({ phase }) => phase !== 'running',
    );
    expect(report.error).toBeNull();
    expect(report.parity!.maxAbsoluteDifference).toBeLessThanOrEqual(1e-4);

    // Once more from there: a new run, the old one as it was.
    const tuned = { runId, trainable: { from: 'top_conv' }, epochs: 2, learningRate: 1e-5 };
    const second = await ended(client, (await client.call('run.fineTune', tuned)).runId);
    expect(second.error).toBeNull();
    expect(second).toMatchObject({ parentRunId: runId, phase: 'finished', numEpochs: 2 });
    expect(second.epochs.every((epoch) => epoch.phase === 'fine-tune')).toBe(true);
    expect(second.epochs[0]!.validationLoss).toBeCloseTo(run.epochs.at(-1)!.validationLoss, 1);
    expect(await numRight(client, second)).toBe(second.result!.test!.numCorrect);
    expect(curve(await client.call('run.get', { runId }))).toEqual(curve(run));
  });

  it('ends the same when it was paused, stopped and resumed as when it was not', async () => {
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, await photographs(12));
    const whole = await ended(client, (await client.call('run.start', { datasetId, recipe })).runId);
    const { runId } = await client.call('run.start', { datasetId, recipe });
    await afterEpochs(client, runId, 1);
    await client.call('run.pause', { runId });
    const paused = await client.call('run.get', { runId });
    expect(paused.phase).toBe('paused');
    await client.call('run.resume', { runId });
    await afterEpochs(client, runId, 5);
    await client.call('run.stop', { runId });
    const stopped = await ended(client, runId);
    expect(stopped).toMatchObject({ phase: 'stopped', canResume: true });
    expect((await client.call('run.resume', { runId })).runId).toBe(runId);
    const resumed = await ended(client, runId);
    expect(resumed.error).toBeNull();
    expect(resumed.phase).toBe('finished');
    expect(curve(resumed).map(({ phase, epoch }) => [phase, epoch])).toEqual(
      curve(whole).map(({ phase, epoch }) => [phase, epoch]),
    );
    curve(resumed).forEach((epoch, i) => {
      expect(Math.abs(epoch.loss - curve(whole)[i]!.loss)).toBeLessThanOrEqual(1e-6);
      expect(Math.abs(epoch.validationLoss - curve(whole)[i]!.validationLoss)).toBeLessThanOrEqual(1e-6);
    });
    await expect(client.call('run.resume', { runId })).rejects.toMatchObject({ code: 'run-already-finished' });
  });

  it('trains the same when the features are too large to keep, and says so', async () => {
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, await photographs(8));
    const short = { ...recipe, epochs: 1, fineTune: { epochs: 2, learningRate: 1e-4 } };
    const kept = await ended(client, (await client.call('run.start', { datasetId, recipe: short })).runId);
    process.env['GRAFT_CACHE_LIMIT'] = '1000';
    onTestFinished(() => void delete process.env['GRAFT_CACHE_LIMIT']);
    const live = await ended(client, (await client.call('run.start', { datasetId, recipe: short })).runId);
    expect([kept.notes, live.notes]).toEqual([[], ['features-not-kept']]);
    expect(live.error).toBeNull();
    curve(live).forEach((epoch, i) => expect(epoch.loss).toBeCloseTo(curve(kept)[i]!.loss, 4));
  });

  it('draws from augmented views in both phases, the same from the same seed', async () => {
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, await photographs(8));
    const plain = { ...recipe, epochs: 2, fineTune: { epochs: 1, learningRate: 1e-4 } };
    const augmented = { ...plain, augmentation: { strength: 'light' as const, numViews: 3 } };
    const runs: RunSnapshot[] = [];
    for (const one of [plain, augmented, augmented])
      runs.push(await ended(client, (await client.call('run.start', { datasetId, recipe: one })).runId));
    expect(runs.map((run) => run.error)).toEqual([null, null, null]);
    expect(curve(runs[1]!)).toEqual(curve(runs[2]!));
    expect(curve(runs[1]!)[0]!.loss).not.toBe(curve(runs[0]!)[0]!.loss);
  });

  it('refuses layers that are not there, and says which are like them', async () => {
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, await photographs(6));
    const { runId } = await client.call('run.start', { datasetId, recipe: { trainable: { from: 'top_convv' } } });
    const run = await ended(client, runId);
    expect(run.error).toMatchObject({ code: 'layer-not-found', params: { near: ['top_conv'] } });
    const cost = {
      backboneId: 'efficientnet-lite0',
      trainable: { from: 'top_conv' },
      head: { kind: 'gap' as const },
      numClasses: 2,
      numTrainImages: 100,
      numValidationImages: 20,
    };
    const answer = await client.call('backbone.cost', cost);
    expect(answer).toMatchObject({
      cut: [{ layer: 'block7a_project_bn', outputShape: [7, 7, 320] }],
      trainableParameters: 2562 + 320 * 1280 + 2 * 1280,
      secondsPerEpoch: null,
      fitsCache: true,
    });
    const measured = await client.call('backbone.measureTraining', cost);
    expect(measured.secondsPerEpoch).toBeGreaterThan(0);
    expect(await client.call('backbone.cost', cost)).toEqual(measured);
  });
});

describe.skipIf(!hasSharedData)('probing the depth (needs the shared photographs)', () => {
  it('says how well a linear head does on each block, the same each time', async () => {
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, await photographs(12));
    const probe = await client.call('backbone.probe', { datasetId, recipe: { inputSize: 96 } });
    expect(probe.points.map(({ block }) => block)).toEqual([
      ...['stem', 'block1a', 'block2a', 'block2b', 'block3a', 'block3b', 'block4a', 'block4b', 'block4c'],
      ...['block5a', 'block5b', 'block5c', 'block6a', 'block6b', 'block6c', 'block6d', 'block7a', 'top'],
    ]);
    // Cats and dogs are told apart high up, not by the means of edges.
    const accuracy = probe.points.map(({ validation }) => validation.accuracy);
    expect(Math.max(...accuracy.slice(-5))).toBeGreaterThan(0.85);
    expect(Math.max(...accuracy.slice(-5))).toBeGreaterThan(accuracy[0]!);
    expect(await client.call('backbone.probe', { datasetId, recipe: { inputSize: 96 } })).toEqual(probe);
  });
});

describe.skipIf(!hasSharedData)('looking at augmented pictures (needs the shared photographs)', () => {
  it('shows the picture itself and views that change with the strength, the same each time', async () => {
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, await photographs(2));
    const { images } = await client.call('dataset.images', { datasetId, limit: 1 });
    const { imageId } = images[0]!;
    const ask = (strength: 'none' | 'light' | { rotate: number }) =>
      client.call('picture.augment', { imageId, augmentation: { strength }, numViews: 3 });
    const plain = await ask('none');
    expect(Buffer.from(plain.views[0]!, 'base64')).toHaveLength(plain.side ** 2 * 3);
    expect(new Set(plain.views).size).toBe(1);
    const light = await ask('light');
    expect(light.views[0]).toBe(plain.views[0]);
    expect(new Set(light.views).size).toBe(3);
    expect(await ask('light')).toEqual(light);
    expect((await ask({ rotate: 90 })).views[1]).not.toBe(light.views[1]);
  });
});
