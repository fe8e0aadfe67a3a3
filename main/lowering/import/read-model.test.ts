import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildArchitecture, cutArchitecture } from '../../backbones/architecture.ts';
import { setWeights } from '../../backbones/weights.ts';
import { tf } from '../../native/tf.ts';
import { hasSharedData, projectFolder, sharedData } from '../../testing/backend.ts';
import { temporaryFolder } from '../../testing/temporary.ts';
import { cutsOf, readBroughtModel, scalesItself, suggestCut } from './read-model.ts';

const references = path.join(projectFolder, 'tools/reference/brought');
const reference = <T>(name: string) => JSON.parse(readFileSync(path.join(references, name), 'utf8')) as T;

/** Answers of the whole model, classifier and all. */
async function answers(file: string, pixels: Float32Array, numPictures: number): Promise<Float32Array> {
  const { architecture, tensors } = await readBroughtModel(file);
  const model = buildArchitecture(tf, architecture);
  try {
    await setWeights(model, tensors);
    return tf.tidy(() => {
      const input = tf.tensor(pixels, [numPictures, ...architecture.input.shape]);
      return (model.predict(input) as tf.Tensor).dataSync<'float32'>().slice();
    });
  } finally {
    model.dispose();
  }
}

function difference(found: ArrayLike<number>, expected: readonly number[][]): number {
  const flat = expected.flat();
  expect(found.length).toBe(flat.length);
  return flat.reduce((worst, value, index) => Math.max(worst, Math.abs(value - found[index]!)), 0);
}

describe('a model saved by Keras', () => {
  const expected = reference<Record<'functional' | 'sequential' | 'preprocessed', number[][]>>('expected.json');
  const pixels = Float32Array.from({ length: 2 * 16 * 16 * 3 }, (_, i) => Math.sin(i * 0.37) * 127 + 128);

  it.each([
    ['functional.keras', 'functional'],
    ['functional.h5', 'functional'],
    ['sequential.keras', 'sequential'],
    ['preprocessed.keras', 'preprocessed'],
  ] as const)('%s answers as Keras does', async (file, name) => {
    const found = await answers(path.join(references, file), pixels, 2);
    const largest = Math.max(...expected[name].flat().map(Math.abs));
    expect(difference(found, expected[name]) / largest).toBeLessThan(1e-5);
  });

  it('scales pixels itself where `preprocess_input` is part of it', async () => {
    const { layers } = await readBroughtModel(path.join(references, 'preprocessed.keras'));
    expect(scalesItself(layers)).toBe(true);
    expect(layers.filter(({ type }) => type === 'Rescaling')).toHaveLength(6);
    expect(suggestCut(layers)).toBe('add_1');
  });

  it('says where its classifier begins, and whether it scales pixels itself', async () => {
    const functional = (await readBroughtModel(path.join(references, 'functional.keras'))).layers;
    expect(suggestCut(functional)).toBe('last_maps');
    expect(scalesItself(functional)).toBe(true);
    // A layer beside a shortcut is none: what comes after reads the shortcut too.
    const cuts = cutsOf(functional).map(({ name }) => name);
    expect(cuts).toContain('stem_conv');
    expect(cuts).not.toContain('separable_conv2d');
    const sequential = (await readBroughtModel(path.join(references, 'sequential.keras'))).layers;
    expect(suggestCut(sequential)).toBe('conv2d_1');
    expect(scalesItself(sequential)).toBe(false);
  });

  it('is told from a file of weights', async () => {
    await expect(readBroughtModel(path.join(references, 'sequential.weights.h5'))).rejects.toMatchObject({
      code: 'model-not-readable',
      params: { problem: 'it holds weights without a model' },
    });
  });

  it('is cut to what a layer needs', async () => {
    const { architecture } = await readBroughtModel(path.join(references, 'functional.keras'));
    const cut = cutArchitecture(architecture, 'stem_bn');
    expect(cut.layers.at(-1)!.name).toBe('stem_bn');
    expect(cut.layers.map(({ type }) => type)).toEqual([
      'RandomFlip',
      'RandomRotation',
      'Rescaling',
      'Conv2D',
      'BatchNormalization',
    ]);
  });
});

describe.skipIf(!hasSharedData)('a model of Teachable Machine (needs the shared data)', () => {
  const folder = path.join(sharedData, 'oracle/teachable_machine_keras_catdog');

  it('answers as Keras does with it on 32 photographs', async () => {
    const expected = reference<{ photographs: string[]; pixelsSha256: string; probabilities: number[][] }>(
      'teachable_machine.json',
    );
    expect(expected.photographs).toHaveLength(32);
    const pixels = Buffer.concat(await Promise.all(expected.photographs.map((file) => nearest(file, 224))));
    expect(createHash('sha256').update(pixels).digest('hex')).toBe(expected.pixelsSha256);
    const input = Float32Array.from(pixels, (pixel) => pixel / 127.5 - 1);
    expect(difference(await answers(folder, input, 32), expected.probabilities)).toBeLessThan(1e-4);
  });

  it('comes as an export for TensorFlow.js too', async () => {
    const model = await readBroughtModel(path.join(sharedData, 'oracle/teachable_machine_tfjs/model.json'));
    expect(suggestCut(model.layers)).toBe('out_relu');
    expect(model.layers.at(-1)!.shape).toEqual([3]);
  });
});

/** A photograph's pixels on a grid, without resampling. */
async function nearest(file: string, side: number): Promise<Buffer> {
  const { data, info } = await sharp(path.join(sharedData, file))
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = Buffer.alloc(side * side * 3);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const from = (Math.floor((y * info.height) / side) * info.width + Math.floor((x * info.width) / side)) * 3;
      data.copy(pixels, (y * side + x) * 3, from, from + 3);
    }
  return pixels;
}

type Json = Record<string, unknown>;
const conv = (name: string, extra: Json = {}, config: Json = {}): Json => ({
  class_name: 'Conv2D',
  config: { name, filters: 1, kernel_size: [1, 1], use_bias: false, ...config },
  ...extra,
});
const input = { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 8, 8, 3] } };
const sequential = (...layers: Json[]): Json => ({ class_name: 'Sequential', config: { name: 's', layers } });

describe('a hostile model', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });

  async function refusal(topology: unknown, manifest?: unknown): Promise<{ code: string; params: Json }> {
    const file = path.join(folder, 'model.json');
    const weightsManifest = manifest ?? [
      { paths: ['w.bin'], weights: [{ name: 'c/kernel', shape: [1, 1, 3, 1], dtype: 'float32' }] },
    ];
    await writeFile(file, JSON.stringify({ format: 'layers-model', modelTopology: topology, weightsManifest }));
    await writeFile(path.join(folder, 'w.bin'), Buffer.alloc(12));
    return readBroughtModel(file).then(
      () => ({ code: 'taken', params: {} }),
      (error: { code: string; params: Json }) => ({ code: error.code, params: error.params }),
    );
  }

  it('is none when every layer is on the list', async () => {
    expect((await refusal(sequential(input, conv('c')))).code).toBe('taken');
  });

  const code = "__import__('os').system('touch canary')";
  it.each<[string, Json, string]>([
    ['Lambda', { class_name: 'Lambda', config: { name: 'l', function: [code, null, null] } }, 'Lambda'],
    ['TFOpLambda', { class_name: 'TFOpLambda', config: { name: 'l', function: 'io.write_file' } }, 'TFOpLambda'],
    ['an operation', { class_name: 'TrueDivide', module: 'keras.src.ops.numpy', config: { name: 'l' } }, 'TrueDivide'],
    ['a class of another module', { ...conv('l'), module: 'os', class_name: 'system' }, 'os.system'],
    ['a known class of another module', { ...conv('l'), module: 'evil.layers' }, 'evil.layers.Conv2D'],
    ['a module that begins like Keras', { ...conv('l'), module: 'kerasevil' }, 'kerasevil.Conv2D'],
    ['a registered class', { ...conv('l'), registered_name: 'Custom>Conv2D' }, 'Custom>Conv2D'],
    ['TorchModuleWrapper', { class_name: 'TorchModuleWrapper', config: { name: 'l', module: code } }, 'TorchModuleWrapper'], // prettier-ignore
    ['TFSMLayer', { class_name: 'TFSMLayer', config: { name: 'l', filepath: '/etc' } }, 'TFSMLayer'],
    ['StringLookup', { class_name: 'StringLookup', config: { name: 'l', vocabulary: '/etc/passwd' } }, 'StringLookup'],
    ['a wrapper', { class_name: 'TimeDistributed', config: { name: 'l', layer: conv('c') } }, 'TimeDistributed'],
    ['a name of an object', { class_name: '__proto__', config: { name: 'l' } }, '__proto__'],
    ['a constructor', { class_name: 'constructor', config: { name: 'l' } }, 'constructor'],
  ])('with %s is refused by name', async (_, layer, type) => {
    expect(await refusal(sequential(input, conv('c'), layer))).toEqual({
      code: 'model-layer-refused',
      params: { layer: 'l', type },
    });
  });

  it.each<[string, unknown]>([
    ['a function of another module', { module: 'builtins', class_name: 'function', config: 'exec' }],
    ['a class of another module', { module: 'subprocess', class_name: 'run', config: {} }],
    ['code', `lambda x: ${code}`],
    ['a registered class', { class_name: 'ReLU', registered_name: 'Custom>ReLU', config: {} }],
    ['a layer with settings', { class_name: 'ReLU', module: 'keras.layers', config: { max_value: 6 } }],
    ['an axis', { class_name: 'Softmax', config: { axis: 1 } }],
  ])('with %s as its activation is refused', async (_, activation) => {
    const { code: error, params } = await refusal(sequential(input, conv('c', {}, { activation })));
    expect(error).toBe('model-layer-refused');
    expect(params['layer']).toBe('c');
  });

  it('is told when a layer is called with more than tensors', async () => {
    const call = (kwargs: Json) => ({
      args: [{ class_name: '__keras_tensor__', config: { keras_history: ['in', 0, 0] } }],
      kwargs,
    });
    const model = (kwargs: Json): Json => ({
      class_name: 'Functional',
      config: {
        name: 'f',
        layers: [
          { ...input, name: 'in', inbound_nodes: [] },
          { ...conv('c'), name: 'c', inbound_nodes: [call(kwargs)] },
        ],
        input_layers: [['in', 0, 0]],
        output_layers: [['c', 0, 0]],
      },
    });
    expect((await refusal(model({ training: false }))).code).toBe('taken');
    expect((await refusal(model({ fn: code }))).code).toBe('model-layer-refused');
    expect((await refusal(model({ training: true }))).code).toBe('model-layer-refused');
  });

  it('whose layers stand in any order is read in a moment; a loop is refused', async () => {
    const relu = (i: number, from: string): Json => ({
      class_name: 'ReLU',
      name: `r${i}`,
      config: { name: `r${i}` },
      inbound_nodes: [[[from, 0, 0, {}]]],
    });
    const first = { ...conv('c'), name: 'c', inbound_nodes: [[['in', 0, 0, {}]]] };
    const model = (layers: Json[], output: string): Json => ({
      class_name: 'Functional',
      config: {
        name: 'f',
        layers: [...layers, first, { ...input, name: 'in', inbound_nodes: [] }],
        input_layers: [['in', 0, 0]],
        output_layers: [[output, 0, 0]],
      },
    });
    const count = 2000;
    const chain = Array.from({ length: count }, (_, i) => relu(i, i === 0 ? 'c' : `r${i - 1}`)).reverse();
    expect((await refusal(model(chain, `r${count - 1}`))).code).toBe('taken');
    expect((await refusal(model([relu(0, 'r1'), relu(1, 'r0')], 'r1'))).code).toBe('model-layer-refused');
  }, 20_000);

  it.each<[string, unknown]>([
    ['a nest without end', Array.from({ length: 40 }).reduce<Json>((inner) => sequential(inner), conv('c'))],
    ['no layers', sequential(input)],
    ['no input', sequential(conv('c'))],
    ['a list', []],
    ['a number', 7],
  ])('of %s is refused', async (_, topology) => {
    expect(['model-not-readable', 'model-layer-refused', 'weights-not-readable']).toContain(
      (await refusal(topology)).code,
    );
  });

  it('that is a bomb is refused before memory is taken', async () => {
    const before = process.memoryUsage().rss;
    const wide = conv('c', {}, { filters: 1_000_000, kernel_size: [4096, 4096] });
    expect((await refusal(sequential(input, wide))).code).toBe('model-layer-refused');
    const dense = { class_name: 'Dense', config: { name: 'd', units: 999_999 } };
    expect((await refusal(sequential(input, { class_name: 'Flatten', config: { name: 'f' } }, dense, { ...dense, config: { name: 'e', units: 999_999 } }))).code).toBe('model-layer-refused'); // prettier-ignore
    const padded = { class_name: 'ZeroPadding2D', config: { name: 'p', padding: 4096 } };
    expect((await refusal(sequential(input, padded, { class_name: 'UpSampling2D', config: { name: 'u', size: 64 } }))).code).toBe('model-layer-refused'); // prettier-ignore
    const declared = [
      { paths: ['w.bin'], weights: [{ name: 'c/kernel', shape: [2 ** 15, 2 ** 15, 3, 1], dtype: 'float32' }] },
    ];
    expect((await refusal(sequential(input, conv('c')), declared)).code).toBe('weights-not-readable');
    const named = [
      { paths: ['w.bin', 'w.bin'], weights: [{ name: 'c/kernel', shape: [1, 1, 6, 1], dtype: 'float32' }] },
    ];
    expect((await refusal(sequential(input, conv('c')), named)).code).toBe('weights-not-readable');
    // Constants are in no file: a small one could ask for gigabytes of them.
    const plain = (i: number): Json => ({
      class_name: 'LayerNormalization',
      config: { name: `n${i}`, axis: -1, scale: false, center: false },
    });
    const wideRow = { class_name: 'Reshape', config: { name: 'r', target_shape: [2, 1, -1] } };
    const large = { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 1024, 1024, 3] } };
    expect((await refusal(sequential(large, conv('c'), wideRow, ...Array.from({ length: 60 }, (_, i) => plain(i))))).code).toBe('model-not-readable'); // prettier-ignore
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it.each(['../w.bin', '/etc/passwd', 'a/../../w.bin', 'C:\\w.bin', '..\\w.bin', '', '.', '..', 'w.bin\u0000.txt'])(
    'whose weights lie at %j is refused',
    async (name) => {
      const manifest = [{ paths: [name], weights: [{ name: 'c/kernel', shape: [1, 1, 3, 1], dtype: 'float32' }] }];
      expect((await refusal(sequential(input, conv('c')), manifest)).code).toBe('weights-not-readable');
    },
  );

  it.skipIf(process.platform === 'win32')('whose weights are a link is refused', async () => {
    const inside = path.join(folder, 'linked');
    await mkdir(inside);
    await refusal(sequential(input, conv('c')));
    await cp(path.join(folder, 'model.json'), path.join(inside, 'model.json'));
    await symlink(path.join(folder, 'w.bin'), path.join(inside, 'w.bin'));
    await expect(readBroughtModel(inside)).rejects.toMatchObject({ code: 'weights-not-readable' });
  });

  it('cut off or changed anywhere ends in a clear error', async () => {
    for (const name of ['functional.keras', 'functional.h5']) {
      const whole = await readFile(path.join(references, name));
      for (const part of [0.1, 0.5, 0.9, 0.99]) {
        const file = path.join(folder, name);
        await writeFile(file, whole.subarray(0, Math.floor(whole.length * part)));
        await expect(readBroughtModel(file)).rejects.toMatchObject({
          code: expect.stringMatching(/^(model-not-readable|weights-mismatch)$/) as string,
        });
      }
    }
  });

  it('retrained in the same place is another model', async () => {
    const hash = async () => (await readBroughtModel(path.join(folder, 'model.json'))).sourceSha256;
    await refusal(sequential(input, conv('c')));
    const first = await hash();
    await writeFile(path.join(folder, 'w.bin'), Buffer.alloc(12, 1));
    expect(await hash()).not.toBe(first);
  });

  it('of which nothing is there is told from what is no model', async () => {
    await expect(readBroughtModel(path.join(folder, 'nothing.keras'))).rejects.toMatchObject({
      code: 'path-not-found',
    });
    await writeFile(path.join(folder, 'note.h5'), 'a note');
    await expect(readBroughtModel(path.join(folder, 'note.h5'))).rejects.toMatchObject({ code: 'model-not-readable' });
  });
});
