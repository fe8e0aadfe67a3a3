import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import { layerBuilder } from '../backbones/layers.ts';
import { tf } from '../native/tf.ts';
import { wholeExport } from '../testing/whole-export.ts';
import type { ExportContext } from './format.ts';
import { comparePredictions } from './parity.ts';
import { formats } from './registry.ts';
import { writeExport } from '../testing/write-export.ts';

const add = layerBuilder(tf);
const inputSize = [16, 12] as const;
let folder: string;
let context: ExportContext;
let pixels: Uint8Array[];
let expected: Float32Array[];

/** Preprocessing, layers of Graft's own, a shortcut, a head. */
function smallModel(): tf.LayersModel {
  const input = tf.input({ shape: [...inputSize, 3], name: 'input_layer' });
  const convolved = add.conv(add.rescale(input, 'rescaling', 1 / 127.5, -1), 'conv', 8, 3);
  const gate = add.activation(add.globalAveragePool(convolved, 'squeeze', true), 'gate', 'hard_sigmoid_3');
  const scaled = add.layerScale(add.multiply(convolved, gate, 'gated'), 'layer_scale');
  const joined = add.add(convolved, add.activation(scaled, 'activation', 'hard_silu'), 'add');
  const pooled = add.globalAveragePool(joined, 'global_average_pooling2d');
  const head = tf.layers.dense({ name: 'predictions', units: 3, activation: 'softmax' });
  const model = tf.model({ inputs: input, outputs: head.apply(pooled) as tf.SymbolicTensor });
  model.getLayer('conv').setWeights([tf.randomUniform([3, 3, 3, 8], -1, 1, 'float32', 1)]);
  return model;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'graft-export-'));
  const model = smallModel();
  context = wholeExport({ model, inputSize });
  pixels = Array.from({ length: 4 }, (_, picture) =>
    Uint8Array.from({ length: 16 * 12 * 3 }, (_value, index) => (index * 31 + picture * 77) % 256),
  );
  expected = pixels.map((picture) =>
    tf.tidy(() => (model.predict(tf.tensor4d(picture, [1, ...inputSize, 3])) as tf.Tensor).dataSync() as never),
  );
});
afterAll(async () => {
  context.model.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe.each([
  ['keras', 'model.keras'],
  ['h5', 'model.h5'],
] as const)('writeExport of %s', (id, modelFile) => {
  const verify = async (written: string) =>
    comparePredictions(expected, await formats[id].predict!(written, pixels, inputSize, []));

  it('writes a model that, loaded from its file alone, predicts as the app does', async () => {
    const out = path.join(folder, `${id}-new`);
    const { files, parity, usage } = await writeExport(id, context, out, verify);
    expect(parity).toMatchObject({ numImages: 4, numChangedLabels: 0 });
    expect(parity!.maxAbsoluteDifference).toBeLessThan(1e-6);
    expect(files.map(({ name }) => name).slice(0, 2)).toEqual([modelFile, 'labels.json']);
    expect((await readdir(out)).sort()).toEqual(files.map(({ name }) => name).sort());
    expect(JSON.parse(await readFile(path.join(out, 'labels.json'), 'utf8'))).toEqual(['zebra', 'ant', 'ночь']);
    expect(usage).toMatchObject({ language: 'python', install: 'pip install keras tensorflow pillow' });
    expect(usage.code).toContain(`load_model("${modelFile}"`);
    expect(usage.code).toContain('.resize((12, 16)'); // PIL says the width first
  });

  it('writes half the bytes in float16, and answers within its rounding', async () => {
    const out = path.join(folder, `${id}-half`);
    const half = { ...context, options: { ...context.options, precision: 'float16' as const } };
    const { parity } = await writeExport(id, half, out, verify);
    expect(parity!.maxAbsoluteDifference).toBeLessThan(1e-2);
    expect(parity!.maxAbsoluteDifference).toBeGreaterThan(0);
  });

  it('writes the same bytes for the same model', async () => {
    const bytes = await Promise.all(
      ['first', 'second'].map(async (name) => {
        const out = path.join(folder, `${id}-${name}`);
        await writeExport(id, context, out, verify);
        return readFile(path.join(out, modelFile));
      }),
    );
    expect(bytes[0]!.equals(bytes[1]!)).toBe(true);
  });

  it('names no person, machine or folder', async () => {
    const out = path.join(folder, `${id}-quiet`);
    const { files } = await writeExport(id, context, out, verify);
    const all = Buffer.concat(await Promise.all(files.map(({ name }) => readFile(path.join(out, name)))));
    const secrets = [homedir(), hostname(), folder, `/${userInfo().username}/`].filter(({ length }) => length >= 5); // shorter ones occur by chance
    for (const secret of secrets) expect(all.toString('latin1')).not.toContain(secret);
  });

  it('refuses to fold batch normalisation, and leaves nothing behind', async () => {
    const folded = { ...context, options: { ...context.options, foldBatchNormalization: true } };
    const error = new GraftError('option-not-in-format', { format: id, option: 'foldBatchNormalization' });
    await expect(writeExport(id, folded, path.join(folder, `${id}-folded`), verify)).rejects.toThrow(error);
    expect((await readdir(folder)).filter((name) => name.startsWith(`${id}-folded`))).toEqual([]);
  });

  it('fails on a file that is cut off', async () => {
    const out = path.join(folder, `${id}-cut`);
    const cut = async (written: string) => {
      const file = path.join(written, modelFile);
      await truncate(file, 3000);
      return verify(written);
    };
    await expect(writeExport(id, context, out, cut)).rejects.toMatchObject({ code: 'model-not-readable' });
  });
});
