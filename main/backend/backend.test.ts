import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import { forkWorkers, WorkerHost } from '../workers/host.ts';
import {
  addFolder,
  buildWorkers,
  ended,
  hasSharedData,
  photographs,
  projectFolder,
  settled,
  testBackend,
  until,
} from '../testing/backend.ts';
import { temporaryFolder } from '../testing/temporary.ts';

/** The main job on real photographs with real ImageNet weights, through the contract, by real workers. */
describe.skipIf(!hasSharedData)(
  'from a folder of photographs to a trained model (needs the shared photographs)',
  () => {
    it('trains, evaluates, predicts, compares and is quick the second time', async () => {
      const { client, backend, home } = await testBackend();
      const folder = await photographs(12);
      writeFileSync(path.join(folder, 'train', 'cats', 'notes.txt'), 'not a picture');
      writeFileSync(
        path.join(folder, 'train', 'cats', 'cut.jpg'),
        readFileSync(path.join(folder, 'train', 'cats', readdirSync(path.join(folder, 'train', 'cats'))[0]!)).subarray(
          0,
          3000,
        ),
      );
      const dataset = await addFolder(client, folder);
      expect(dataset).toMatchObject({
        numImages: 72,
        numClasses: 2,
        splitFrom: 'folders',
        numSkipped: 2,
        layout: 'splits',
      });
      expect(dataset.classes[0]).toEqual({ name: 'cats', numImages: 36, train: 12, validation: 12, test: 12 });
      const { files } = await client.call('dataset.skipped', { datasetId: dataset.datasetId });
      expect(files.map(({ path: file, reason }) => [file, reason]).sort()).toEqual([
        ['train/cats/cut.jpg', 'truncated'],
        ['train/cats/notes.txt', 'not-an-image'],
      ]);

      const { runId } = await client.call('run.start', {
        datasetId: dataset.datasetId,
        recipe: { epochs: 6, learningRate: 0.01 },
      });
      const run = await ended(client, runId);
      expect(run.error).toBeNull();
      expect(run).toMatchObject({ phase: 'finished', number: 1, numEpochs: 6, classNames: ['cats', 'dogs'] });
      expect(run.result!.headParameters).toBe(2562);
      expect(run.result!.test!.accuracy).toBeGreaterThan(0.85);
      expect(run.result!.test!.low).toBeLessThan(run.result!.test!.accuracy);
      expect(existsSync(path.join(home, 'runs', runId, 'recipe.json'))).toBe(true);

      const evaluation = await client.call('run.evaluate', { runId, split: 'test' });
      expect(evaluation.share).toEqual(run.result!.test);
      expect(evaluation.confusion).toEqual(run.confusion);

      const { images } = await client.call('dataset.images', {
        datasetId: dataset.datasetId,
        split: 'test',
        limit: 500,
      });
      const answers = await client.call('model.predict', { runId, imageIds: images.map((image) => image.imageId) });
      const numRight = answers.filter((answer, i) => answer.top[0]!.className === images[i]!.className).length;
      expect(numRight).toBe(run.result!.test!.numCorrect);
      expect((await backend.thumbnail(images[0]!.imageId, 160)).length).toBeGreaterThan(500);

      const { runIds } = await client.call('run.compare', {
        datasetId: dataset.datasetId,
        recipe: { epochs: 6, learningRate: 0.01 },
      });
      const [gap, flatten] = await Promise.all(runIds.map((id) => ended(client, id)));
      expect([gap!.head, flatten!.head]).toEqual(['gap', 'flatten']);
      expect(flatten!.result!.headParameters).toBe(125_442);
      expect(gap!.comparisonId).toBe(flatten!.comparisonId);
      // The same seed on features from the cache: the same curve, to the last digit.
      expect(gap!.epochs.map((epoch) => [epoch.loss, epoch.validationLoss])).toEqual(
        run.epochs.map((epoch) => [epoch.loss, epoch.validationLoss]),
      );
      const contrast = await client.call('run.contrast', { runIds });
      expect(contrast.split).toBe('test');
      expect(contrast.mcnemar!.onlyFirst - contrast.mcnemar!.onlySecond).toBe(
        gap!.result!.test!.numCorrect - flatten!.result!.test!.numCorrect,
      );
      expect((await client.call('run.list', {})).map((one) => one.number)).toEqual([3, 2, 1]);

      const { exportId } = await client.call('model.export', { runId, format: 'tfjs' });
      const report = await settled(
        () => client.call('model.exported', { exportId }),
        ({ phase }) => phase !== 'running',
      );
      expect(report.error).toBeNull();
      expect(report.parity).toMatchObject({ numImages: 32, numChangedLabels: 0 });
      expect(report.parity!.maxAbsoluteDifference).toBeLessThanOrEqual(1e-4);
    });

    it('stops within two seconds while features are computed and while it trains, and lives on', async () => {
      const { client } = await testBackend();
      const dataset = await addFolder(client, await photographs(60), true);
      for (const step of ['features', 'training'] as const) {
        const { runId } = await client.call('run.start', { datasetId: dataset.datasetId, recipe: { epochs: 1000 } });
        await settled(
          () => client.call('run.get', { runId }),
          (run) =>
            run.progress?.step === step ||
            run.phase === 'failed' ||
            (step === 'features' && run.progress?.step === 'training'),
        );
        const askedAt = Date.now();
        await client.call('run.stop', { runId });
        const run = await ended(client, runId);
        expect(run.phase).toBe('stopped');
        expect(Date.now() - askedAt).toBeLessThan(4000); // 2 s on a quiet machine; the kill comes at 1.8 s
      }
    });
  },
);

describe.skipIf(!hasSharedData)('runs that wait their turn (needs the shared photographs)', () => {
  it('stop at once, and the one before them goes on', async () => {
    const { client } = await testBackend();
    const dataset = await addFolder(client, await photographs(20), true);
    const start = () =>
      client.call('run.start', { datasetId: dataset.datasetId, recipe: { epochs: 1000, inputSize: 64 } });
    const [first, second] = [await start(), await start()];
    await client.call('run.stop', second);
    expect(await ended(client, second.runId)).toMatchObject({ phase: 'stopped', result: null });
    expect((await client.call('run.get', first)).phase).not.toBe('stopped');
    await client.call('run.stop', first);
    await ended(client, first.runId);
  });
});

describe('a folder with links that lead out of the roots', () => {
  it('is read without them', async () => {
    const root = await temporaryFolder();
    const outside = await temporaryFolder();
    writeFileSync(path.join(outside, 'secret.png'), Buffer.from('89504e470d0a1a0a', 'hex'));
    mkdirSync(path.join(root, 'cats'));
    symlinkSync(outside, path.join(root, 'cats', 'out'));
    symlinkSync(path.join(outside, 'secret.png'), path.join(root, 'cats', 'secret.png'));
    const { client } = await testBackend({ roots: [root] });
    expect(await addFolder(client, root)).toMatchObject({ numImages: 0 });
    const { datasetId } = (await client.call('dataset.list', {}))[0]!;
    const { files } = await client.call('dataset.skipped', { datasetId });
    expect(files.every((file) => file.reason === 'unreadable')).toBe(true);
  });
});

describe('a broken file', () => {
  it('is found once, and not tried again while it stays as it is', async () => {
    const { client } = await testBackend();
    const folder = await temporaryFolder();
    mkdirSync(path.join(folder, 'cats'));
    writeFileSync(path.join(folder, 'cats', 'broken.png'), Buffer.from('89504e470d0a1a0a0000', 'hex'));
    const { datasetId } = await addFolder(client, folder);
    const again = await addFolder(client, folder, true); // decodes nothing
    expect(again).toMatchObject({ datasetId, numImages: 0, numSkipped: 1 });
  });
});

describe('a worker that dies', () => {
  it('ends its job with a clear error, and the next one works', async () => {
    buildWorkers();
    const worker = new WorkerHost(forkWorkers(path.join(projectFolder, 'out', 'workers')), 'media', () => undefined);
    onTestFinished(() => worker.close());
    const job = worker.call(
      'drawSample',
      { folder: path.join(await temporaryFolder(), 'files'), seed: 1 },
      {
        onProgress: () => process.kill(worker.pid!, 'SIGKILL'),
      },
    );
    await expect(job).rejects.toMatchObject({ code: 'worker-died', params: { what: 'media', signal: 'SIGKILL' } });
    await expect(
      worker.call('thumbnail', { file: '/nowhere', sizePx: 100, cacheFolder: '/nowhere' }),
    ).rejects.toMatchObject({ code: 'image-not-readable' });
  });

  it('is gone with the process that started it', async () => {
    const program = path.join(await temporaryFolder(), 'parent.mjs');
    writeFileSync(
      program,
      `import { fork } from 'node:child_process';
      const child = fork(${JSON.stringify(path.join(projectFolder, 'out', 'workers', 'media.js'))}, [], { serialization: 'advanced' });
      console.log(child.pid);`,
    );
    buildWorkers();
    const parent = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    parent.kill('SIGKILL');
    await settled(
      async () =>
        existsSync(`/proc/${line.toString().trim()}`) &&
        !readFileSync(`/proc/${line.toString().trim()}/stat`, 'utf8').includes(' Z '),
      (isAlive) => !isAlive,
    );
  });
});

describe('bad input', () => {
  it('is answered with a code and facts, never a throw', async () => {
    const { backend, client } = await testBackend();
    const codeOf = async (method: string, input: unknown) => {
      const reply = await backend.call(method, input);
      return reply.ok ? 'ok' : reply.error.code;
    };
    expect(await codeOf('nothing', {})).toBe('unknown-method');
    expect(await codeOf('constructor', {})).toBe('unknown-method');
    expect(await codeOf('run.get', { runId: 7 })).toBe('invalid-input');
    expect(await codeOf('run.get', { runId: '../../etc/passwd' })).toBe('run-not-found');
    expect(await codeOf('dataset.get', { datasetId: '__proto__' })).toBe('dataset-not-found');
    expect(await codeOf('backbone.advice', { backboneId: 'resnet', numClasses: 2 })).toBe('backbone-not-found');
    expect(await codeOf('dataset.add', { path: '/nowhere/at/all' })).toBe('path-not-found');
    expect(await codeOf('run.start', { datasetId: 'x', recipe: { backbone: 'vgg16' } })).toBe('weights-missing');
    expect(await codeOf('run.start', { datasetId: 'x', recipe: { epochs: 0 } })).toBe('invalid-input');
    expect(await codeOf('run.start', { datasetId: 'x', recipe: { epoch: 3 } })).toBe('invalid-input');
    expect(
      await codeOf('run.start', { datasetId: 'x', recipe: { inputSize: 32, backbone: 'efficientnet-lite0' } }),
    ).toBe('dataset-not-found');
    expect(await codeOf('model.exported', { exportId: 'x' })).toBe('export-not-found');
    const empty = await temporaryFolder();
    const { datasetId } = await client.call('dataset.add', { path: empty });
    expect((await until(client, datasetId)).warnings.map((warning) => warning.code)).toContain('no-images');
    await expect(client.call('run.start', { datasetId, recipe: {} })).rejects.toBeInstanceOf(GraftError);
  });
});

describe('uploads', () => {
  it('become a data set, and refuse paths that lead elsewhere', async () => {
    const { backend, client, home } = await testBackend();
    const bad = ['../../x.jpg', '/etc/x.jpg', 'a\\b.jpg', 'con.jpg', 'a/\x1b[31m.jpg'];
    const { datasetId } = await client.call('dataset.beginUpload', { name: 'mine', numFiles: 2 + bad.length });
    for (const given of [...bad, ...bad]) await backend.receiveFile(datasetId, given, Readable.from(['x']));
    await backend.receiveFile(datasetId, 'a/1.jpg', Readable.from(['one']));
    await expect(client.call('dataset.finishUpload', { datasetId })).rejects.toMatchObject({
      code: 'upload-incomplete',
      params: { numReceived: 6, numExpected: 7 },
    });
    await backend.receiveFile(datasetId, 'b/2.jpg', Readable.from(['two']));
    await client.call('dataset.finishUpload', { datasetId });
    const dataset = await until(client, datasetId);
    expect(dataset).toMatchObject({ kind: 'upload', numImages: 0, numSkipped: 7 });
    const { files } = await client.call('dataset.skipped', { datasetId });
    const leftOut = files.filter(({ reason }) => reason === 'name-not-kept').map((file) => file.path);
    expect(leftOut).toEqual([...bad.slice(0, -1), 'a/\ufffd[31m.jpg']);
    expect(readdirSync(path.join(home, 'datasets', datasetId, 'files')).sort()).toEqual(['a', 'b']);
    await client.call('dataset.remove', { datasetId });
    expect(existsSync(path.join(home, 'datasets', datasetId))).toBe(false);
  });
  it('never touch a folder that is read in place when it is removed from the list', async () => {
    const { client } = await testBackend();
    const folder = await temporaryFolder();
    mkdirSync(path.join(folder, 'a'));
    writeFileSync(path.join(folder, 'a', 'x.jpg'), 'bytes');
    const { datasetId } = await addFolder(client, folder);
    await client.call('dataset.remove', { datasetId });
    expect(readFileSync(path.join(folder, 'a', 'x.jpg'), 'utf8')).toBe('bytes');
  });
});
