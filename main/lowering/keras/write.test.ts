import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archivedFile } from '../../backbones/keras-archive.ts';
import { layerBuilder } from '../../backbones/layers.ts';
import { openHdf5, type Hdf5File } from '../../native/hdf5.ts';
import { tf } from '../../native/tf.ts';
import { lowerToKeras } from './lower.ts';
import { writeH5 } from './write-h5.ts';
import { writeKeras } from './write-keras.ts';

const add = layerBuilder(tf);
const graft = { classNames: ['ant', 'ночь'] };
let folder: string;
let model: tf.LayersModel;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'graft-keras-'));
  const input = tf.input({ shape: [8, 8, 3], name: 'input_layer' });
  let x = add.normalization(add.conv(input, 'first', 4, 3, { bias: true }), 'normalization');
  x = add.relu6(add.batchNorm(add.conv(x, 'second', 4, 3), 'bn', 0.9), 'relu6');
  model = tf.model({ inputs: input, outputs: add.dense(add.globalAveragePool(x, 'pool'), 'predictions', 2) });
  model.getLayer('first').setWeights([tf.fill([3, 3, 3, 4], 1 / 3), tf.tensor1d([0.1, 1e6, 3, 4])]);
});
afterAll(async () => {
  model.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function h5(precision: 'float32' | 'float16' = 'float32', name = 'model.h5'): Promise<Uint8Array> {
  await writeH5(lowerToKeras(model, 'keras2', 'small'), path.join(folder, name), precision, graft);
  return new Uint8Array(await readFile(path.join(folder, name)));
}
async function keras(precision: 'float32' | 'float16' = 'float32', name = 'model.keras'): Promise<Uint8Array> {
  const lowered = lowerToKeras(model, 'keras3', 'small');
  await writeKeras(lowered, path.join(folder, name), precision, '2026-01-31', graft);
  return new Uint8Array(await readFile(path.join(folder, name)));
}
const json = (bytes: Uint8Array, name: string) =>
  JSON.parse(new TextDecoder().decode(archivedFile(bytes, name))) as Record<string, unknown>;
async function reading<T>(bytes: Uint8Array, read: (file: Hdf5File) => T): Promise<T> {
  const file = await openHdf5(bytes);
  try {
    return read(file);
  } finally {
    file.close();
  }
}

describe('writeH5', () => {
  it('names layers and weights as Keras 2 does', async () => {
    await reading(await h5(), (file) => {
      expect(file.texts('', 'keras_version')).toEqual(['2.15.0']);
      expect(file.texts('', 'backend')).toEqual(['tensorflow']);
      const names = ['input_layer', 'first', 'normalization', 'second', 'bn', 'relu6', 'pool', 'predictions'];
      expect(file.texts('model_weights', 'layer_names')).toEqual(names);
      expect(file.texts('model_weights/first', 'weight_names')).toEqual(['first/kernel:0', 'first/bias:0']);
      expect(file.texts('model_weights/relu6', 'weight_names')).toEqual([]);
      expect(file.texts('model_weights/bn', 'weight_names')).toEqual(
        ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((weight) => `bn/${weight}:0`),
      );
      expect(file.shape('model_weights/first/first/kernel:0')).toEqual([3, 3, 3, 4]);
      expect(file.shape('model_weights/normalization/normalization/count:0')).toEqual([]);
    });
  });

  it('carries labels and where the model comes from', async () => {
    expect(JSON.parse((await reading(await h5(), (file) => file.texts('', 'graft')))![0]!)).toEqual(graft);
  });

  it('cuts a list of names where an attribute holds no more, as Keras does', async () => {
    const input = tf.input({ shape: [4, 4, 1], name: 'input_layer' });
    let x: tf.SymbolicTensor = input;
    for (let index = 0; index < 700; index++) x = add.relu(x, `layer_${String(index).padStart(92, '0')}`);
    const long = tf.model({ inputs: input, outputs: add.conv(x, 'conv', 1, 1) });
    const file = path.join(folder, 'long.h5');
    await writeH5(lowerToKeras(long, 'keras2', 'long'), file, 'float32', {});
    await reading(new Uint8Array(await readFile(file)), (written) => {
      expect(written.texts('model_weights', 'layer_names')).toBeNull();
      const pieces = [0, 1].flatMap((index) => written.texts('model_weights', `layer_names${index}`)!);
      expect(pieces).toEqual(long.layers.map(({ name }) => name));
      expect(written.texts('model_weights', 'layer_names2')).toBeNull();
    });
    long.dispose();
  });
});

describe('writeKeras', () => {
  it('writes the three files of Keras 3, weights by class and number, with the names of layers', async () => {
    const bytes = await keras();
    expect(json(bytes, 'metadata.json')).toEqual({ keras_version: '3.4.0', date_saved: '2026-01-31@00:00:00', graft });
    expect(json(bytes, 'config.json')).toMatchObject({ class_name: 'Functional', registered_name: 'Functional' });
    await reading(archivedFile(bytes, 'model.weights.h5')!.slice(), (file) => {
      expect(file.names('layers')).toContain('conv2d_1');
      expect(file.texts('layers/conv2d_1/vars', 'name')).toEqual(['second']);
      expect(file.names('layers/batch_normalization/vars')).toEqual(['0', '1', '2', '3']);
      expect(file.floats('layers/conv2d/vars/1', 4)).toEqual(Float32Array.of(0.1, 1e6, 3, 4));
    });
  });
});

describe.each([
  ['writeH5', h5, 'model_weights/first/first/kernel:0', 'model_weights/first/first/bias:0'],
  ['writeKeras', keras, 'layers/conv2d/vars/0', 'layers/conv2d/vars/1'],
] as const)('%s', (name, write, kernel, bias) => {
  const hdf5 = (bytes: Uint8Array) =>
    name === 'writeKeras' ? archivedFile(bytes, 'model.weights.h5')!.slice() : bytes;

  it('refuses a file that Graft could not read again, before any weight is read', async () => {
    const { length } = await write();
    const lowered = lowerToKeras(model, name === 'writeKeras' ? 'keras3' : 'keras2', 'small');
    for (const { weights } of lowered.layers) for (const weight of weights) weight.read = () => expect.fail('read');
    const file = path.join(folder, 'too-large');
    const written =
      name === 'writeKeras'
        ? writeKeras(lowered, file, 'float32', '2026-01-31', graft, length - 1)
        : writeH5(lowered, file, 'float32', graft, length - 1);
    const format = name === 'writeKeras' ? 'keras' : 'h5';
    await expect(written).rejects.toMatchObject({
      code: 'export-too-large',
      params: {
        format,
        sizeBytes: expect.toSatisfy((bytes: number) => bytes >= length) as unknown,
        maxBytes: length - 1,
      },
    });
    expect((await readdir(folder)).filter((found) => found.startsWith('too-large'))).toEqual([]);
  });

  it('writes the same bytes for the same model', async () => {
    expect(Buffer.from(await write('float32', 'again')).equals(await write())).toBe(true);
  });

  it('rounds kernels to float16 when asked, and leaves biases as they are', async () => {
    const bytes = await write('float16', 'half');
    expect(bytes.length).toBeLessThan((await write()).length);
    await reading(hdf5(bytes), (file) => {
      expect(file.floats(kernel, 108)[0]).toBe(0.333251953125);
      expect(file.floats(bias, 4)).toEqual(Float32Array.of(0.1, 1e6, 3, 4));
    });
  });
});
