import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import { tf } from '../native/tf.ts';
import { exportedRun } from '../testing/exported-run.ts';
import type { ExportContext } from './format.ts';
import { comparePredictions } from './parity.ts';
import { loadExportedTfjs, tfjsFormat } from './tfjs.ts';
import { writeExport } from '../testing/write-export.ts';

const { layers } = tf;
const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
  layer.apply(x) as tf.SymbolicTensor;
const numClasses = 3;
let folder: string;
let context: ExportContext;
let pixels: Uint8Array[];
let expected: Float32Array[];

/** Preprocessing, a shortcut, a head; a dense layer of 1.1 million weights, so that there is more than one weight file. */
function smallModel(): tf.LayersModel {
  const input = tf.input({ shape: [16, 16, 3] });
  const scaled = apply(layers.conv2d({ filters: 3, kernelSize: 1, name: 'preprocessing' }), input);
  const convolved = apply(layers.conv2d({ filters: 8, kernelSize: 3, padding: 'same' }), scaled);
  const normalized = apply(layers.batchNormalization(), convolved);
  const joined = apply(layers.add(), [convolved, apply(layers.reLU({ maxValue: 6 }), normalized)]);
  const wide = apply(layers.dense({ units: 550, activation: 'relu' }), apply(layers.flatten(), joined));
  return tf.model({
    inputs: input,
    outputs: apply(layers.dense({ units: numClasses, activation: 'softmax', name: 'predictions' }), wide),
  });
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'graft-export-'));
  const model = smallModel();
  model
    .getLayer('preprocessing')
    .setWeights([tf.eye(3).reshape<tf.Tensor4D>([1, 1, 3, 3]).div(127.5), tf.tensor1d([-1, -1, -1])]);
  context = {
    model,
    options: { precision: 'float32', foldBatchNormalization: false },
    classNames: ['zebra', 'ant', 'ночь'],
    inputSize: [16, 16],
    provenance: {
      graftVersion: '0.1.0',
      backboneId: 'tiny',
      backboneName: 'Tiny',
      backboneLicence: 'Apache-2.0',
      backbonePaper: 'https://arxiv.org/abs/1801.04381',
      weightsOrigin: 'Drawn for a test.',
      weightsSha256: 'abc',
      head: 'flatten',
      numTrainImages: 12,
      testAccuracy: 0.75,
      trainedOn: '2026-01-31',
    },
    run: exportedRun(),
  };
  pixels = Array.from({ length: 4 }, (_, picture) =>
    Uint8Array.from({ length: 16 * 16 * 3 }, (_value, index) => (index * 31 + picture * 77) % 256),
  );
  expected = pixels.map((picture) =>
    tf.tidy(() => (model.predict(tf.tensor4d(picture, [1, 16, 16, 3])) as tf.Tensor).dataSync() as never),
  );
});
afterAll(async () => {
  context.model.dispose();
  await rm(folder, { recursive: true, force: true });
});

const verify = async (written: string) =>
  comparePredictions(expected, await tfjsFormat.predict(written, pixels, context.inputSize));

/** Serves a folder to this machine only, as any web server would. */
async function serve(root: string): Promise<Server> {
  const server = createServer((request, response) => {
    readFile(path.join(root, path.basename(request.url ?? ''))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('writeExport of a TensorFlow.js model', () => {
  it('writes files that predict as the app does, and the certificate of it', async () => {
    const out = path.join(folder, 'new');
    const { files, parity } = await writeExport('tfjs', context, out, verify);
    expect(parity).toMatchObject({ numImages: 4, numChangedLabels: 0 });
    expect(parity!.maxAbsoluteDifference).toBeLessThan(1e-6);
    expect(files.map(({ name }) => name)).toEqual([
      'model.json',
      'group1-shard1of2.bin',
      'group1-shard2of2.bin',
      'labels.json',
      'app.js',
      'index.html',
      'licences.txt',
      'style.css',
      'parity.json',
      'README.md',
      'card.json',
      'curves.svg',
    ]);
    expect((await readdir(out)).sort()).toEqual(files.map(({ name }) => name).sort());
    expect(JSON.parse(await readFile(path.join(out, 'labels.json'), 'utf8'))).toEqual(['zebra', 'ant', 'ночь']);
    expect(JSON.parse(await readFile(path.join(out, 'parity.json'), 'utf8'))).toMatchObject(parity!);
  });

  it('stores kernels as float16 on request: fewer bytes, which TensorFlow.js reads as Graft does', async () => {
    const out = path.join(folder, 'half');
    const half = { ...context, options: { ...context.options, precision: 'float16' as const } };
    const { parity, files } = await writeExport('tfjs', half, out, verify);
    expect(parity!.maxAbsoluteDifference).toBeGreaterThan(0);
    expect(parity!.maxAbsoluteDifference).toBeLessThan(1e-2);
    const weights = files
      .filter(({ name }) => name.endsWith('.bin'))
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(weights).toBeLessThan(1_150_000 * 2.1);
    const own = await tfjsFormat.predict(out, pixels, context.inputSize);
    const plain = await tf.loadLayersModel(`file://${path.join(out, 'model.json')}`);
    const answers = tf.tidy(() => {
      const pictures = tf.stack(pixels.map((picture) => tf.tensor3d(picture, [16, 16, 3])));
      return (plain.predict(pictures) as tf.Tensor2D).arraySync();
    });
    expect(answers).toEqual(own.map((row) => [...row]));
    plain.dispose();
  });

  it('writes what a plain TensorFlow.js in another process loads and predicts alike', async () => {
    const out = path.join(folder, 'plain');
    await writeExport('tfjs', context, out, verify);
    const server = await serve(out);
    const script = `
      const tf = require('@tensorflow/tfjs');
      tf.loadLayersModel(process.argv[1]).then((model) => {
        const answers = JSON.parse(process.argv[2]).map((picture) => [...model.predict(tf.tensor4d(picture, [1, 16, 16, 3])).dataSync()]);
        console.log('ANSWER ' + JSON.stringify(answers));
      });`;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.json`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '-e',
      script,
      url,
      JSON.stringify(pixels.map((picture) => [...picture])),
    ]);
    server.close();
    const answers = (JSON.parse(/ANSWER (.*)/.exec(stdout)![1]!) as number[][]).map((row) => Float32Array.from(row));
    expect(comparePredictions(expected, answers).maxAbsoluteDifference).toBeLessThan(1e-5);
  });

  it('names no person, machine or folder', async () => {
    const out = path.join(folder, 'quiet');
    const { files } = await writeExport('tfjs', context, out, verify);
    const all = Buffer.concat(await Promise.all(files.map(({ name }) => readFile(path.join(out, name))))).toString(
      'latin1',
    );
    const secrets = [homedir(), hostname(), folder, `/${userInfo().username}/`].filter(({ length }) => length >= 5); // shorter ones occur by chance
    for (const secret of secrets) expect(all).not.toContain(secret);
  });

  it('goes into an empty folder', async () => {
    const out = path.join(folder, 'empty');
    await mkdir(out);
    await writeExport('tfjs', context, out, verify);
    expect(await readdir(out)).toContain('model.json');
  });

  it('leaves a folder alone that holds something', async () => {
    const out = path.join(folder, 'full');
    await mkdir(out);
    await writeFile(path.join(out, 'mine.txt'), 'mine');
    await expect(writeExport('tfjs', context, out, verify)).rejects.toThrow(
      new GraftError('out-not-empty', { path: out }),
    );
    expect(await readdir(out)).toEqual(['mine.txt']);
  });

  it('leaves a folder alone that somebody fills meanwhile', async () => {
    const out = path.join(folder, 'filled-meanwhile');
    const verifyAndFill = async (written: string) => {
      await mkdir(out);
      await writeFile(path.join(out, 'mine.txt'), 'mine');
      return verify(written);
    };
    await expect(writeExport('tfjs', context, out, verifyAndFill)).rejects.toThrow(
      new GraftError('out-not-empty', { path: out }),
    );
    expect(await readdir(out)).toEqual(['mine.txt']);
  });

  it('says that a file is no folder', async () => {
    const out = path.join(folder, 'file');
    await writeFile(out, '');
    await expect(writeExport('tfjs', context, out, verify)).rejects.toThrow(
      new GraftError('not-a-folder', { path: out }),
    );
  });

  it('leaves nothing behind when the files answer otherwise', async () => {
    const parent = path.join(folder, 'refused');
    await mkdir(parent);
    const differs = async () => ({
      numImages: 4,
      maxAbsoluteDifference: 0.25,
      meanAbsoluteDifference: 0.1,
      numChangedLabels: 1,
    });
    const error = new GraftError('export-differs', { maxAbsoluteDifference: 0.25, numChangedLabels: 1 });
    await expect(writeExport('tfjs', context, path.join(parent, 'model'), differs)).rejects.toThrow(error);
    expect(await readdir(parent)).toEqual([]);
  });

  it('refuses a layer that plain TensorFlow.js does not know', async () => {
    class Strange extends (Object.getPrototypeOf(layers.flatten().constructor) as new (
      config: object,
    ) => tf.layers.Layer) {
      static className = 'Strange';
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return inputs;
      }
    }
    const input = tf.input({ shape: [16, 16, 3] });
    const flat = apply(layers.flatten(), apply(new Strange({ name: 'odd' }), input));
    const model = tf.model({ inputs: input, outputs: apply(layers.dense({ units: numClasses }), flat) });
    const error = new GraftError('layer-not-supported', { layer: 'odd', type: 'Strange', target: 'tfjs' });
    await expect(writeExport('tfjs', { ...context, model }, path.join(folder, 'strange'), verify)).rejects.toThrow(
      error,
    );
    model.dispose();
  });
});

describe('loadExportedTfjs', () => {
  /** A copy of an export whose `model.json` was changed. */
  async function tampered(name: string, change: (json: Manifest) => void): Promise<string> {
    const out = path.join(folder, name);
    await writeExport('tfjs', context, out, verify);
    const file = path.join(out, 'model.json');
    const json = JSON.parse(await readFile(file, 'utf8')) as Manifest;
    change(json);
    await writeFile(file, JSON.stringify(json));
    return out;
  }
  interface Manifest {
    format: string;
    weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
    modelTopology: { config: { layers: { class_name: string }[] } };
  }
  const notReadable = expect.objectContaining({ code: 'weights-not-readable' }) as Error;

  it.each([
    '../secret.bin',
    '../../etc/passwd',
    '/etc/passwd',
    '..\\secret.bin',
    'C:\\secret.bin',
    'C:secret.bin',
    './secret.bin',
    'a/../../secret.bin',
    'sub/weights.bin',
    '..',
    '.',
    '',
    '~/secret.bin',
    'file:///etc/passwd',
    'http://127.0.0.1/weights.bin',
    '\\\\server\\share\\w.bin',
    'weights.bin\0.txt',
    '%2e%2e/secret.bin',
    'weights.bin:stream',
    '.hidden',
    ' weights.bin',
  ])('reads no weights from %j', async (hostile) => {
    const out = path.join(folder, 'hostile');
    await rm(out, { recursive: true, force: true });
    await mkdir(out);
    await writeFile(path.join(folder, 'secret.bin'), new Uint8Array(4));
    const weights = [{ name: 'w', shape: [1], dtype: 'float32' }];
    await writeFile(
      path.join(out, 'model.json'),
      JSON.stringify({ format: 'layers-model', modelTopology: {}, weightsManifest: [{ paths: [hostile], weights }] }),
    );
    await expect(loadExportedTfjs(out)).rejects.toMatchObject({
      code: 'weights-not-readable',
      params: { problem: expect.stringContaining('weightsManifest.0.paths.0') as string },
    });
  });

  it.skipIf(process.platform === 'win32')('follows no link out of the folder', async () => {
    const out = await tampered('link', () => undefined);
    const shard = path.join(out, 'group1-shard2of2.bin');
    const elsewhere = path.join(folder, 'elsewhere.bin');
    await writeFile(elsewhere, await readFile(shard));
    await rm(shard);
    await symlink(elsewhere, shard);
    await expect(loadExportedTfjs(out)).rejects.toThrow(notReadable);
  });

  it.each<[string, (json: Manifest) => void]>([
    ['a tensor larger than its file', ({ weightsManifest: [group] }) => (group!.weights[0]!.shape = [1, 1, 3, 4])],
    ['a tensor of petabytes', ({ weightsManifest: [group] }) => (group!.weights[0]!.shape = [2 ** 30, 2 ** 30])],
    ['a tensor of negative size', ({ weightsManifest: [group] }) => (group!.weights[0]!.shape = [-1, -9])],
    [
      'a type of number that Graft does not write',
      ({ weightsManifest: [group] }) => (group!.weights[0]!.dtype = 'string'),
    ],
    ['a weight file less', ({ weightsManifest: [group] }) => group!.paths.pop()],
    ['a weight file twice', ({ weightsManifest: [group] }) => group!.paths.push(group!.paths[0]!)],
    ['a weight file that is not there', ({ weightsManifest: [group] }) => group!.paths.push('more.bin')],
    ['a tensor that no layer has', ({ weightsManifest: [group] }) => (group!.weights[0]!.name = 'nobody/kernel')],
    ['a layer of no known class', ({ modelTopology }) => (modelTopology.config.layers[1]!.class_name = 'Lambda')],
    ['another format', (json) => (json.format = 'graph-model')],
  ])('refuses a manifest with %s', async (name, change) => {
    await expect(loadExportedTfjs(await tampered(name.replaceAll(' ', '-'), change))).rejects.toThrow(notReadable);
  });

  it.each([
    ['no JSON', '{"format":'],
    ['not an object', '[]'],
    ['empty', ''],
  ])('refuses a model.json that is %s', async (_, text) => {
    const out = await mkdtemp(path.join(folder, 'json-'));
    await writeFile(path.join(out, 'model.json'), text);
    await expect(loadExportedTfjs(out)).rejects.toThrow(notReadable);
  });

  it('says that there is no model', async () => {
    await expect(loadExportedTfjs(path.join(folder, 'nowhere'))).rejects.toThrow(notReadable);
  });
});
