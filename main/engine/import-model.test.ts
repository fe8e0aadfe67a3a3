import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImportOptions } from '../../contract/model.ts';
import { writeTfjsModel } from '../lowering/tfjs/write-model.ts';
import { tf } from '../native/tf.ts';
import { projectFolder } from '../testing/backend.ts';
import { noisePixels } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { fillWeights, tinyModel } from '../testing/tiny-model.ts';
import { importModel } from './import-model.ts';
import { openPredictor } from './predict.ts';

const { layers } = tf;
const gap = () => layers.globalAveragePooling2d({});
const softmax = (units = 3) => layers.dense({ units, activation: 'softmax' });

/** Imports a model into a home of its own. */
async function taken(model: tf.LayersModel, options: ImportOptions = {}, labels?: [name: string, text: string]) {
  const home = await temporaryFolder();
  const source = path.join(home, 'source');
  await mkdir(source);
  await writeTfjsModel(model, source, {});
  if (labels) await writeFile(path.join(source, labels[0]), labels[1]);
  const folder = path.join(home, 'run');
  const places = { home, assets: path.join(projectFolder, 'assets'), cacheFolder: path.join(home, 'cache') };
  return { ...(await importModel({ ...places, ...options, file: source, folder })), folder, places };
}

/** What an imported model and TensorFlow.js say of one picture. */
async function bothAnswers(model: tf.LayersModel, options?: ImportOptions) {
  const { folder, places, head } = await taken(model, options);
  const predictor = await openPredictor(folder, 'run-a', places);
  try {
    const [height, width] = predictor.model.inputSize;
    const pixels = noisePixels(height, width, 3);
    const found = [...(await predictor.predictPixels(pixels))];
    const expected = tf.tidy(() => [
      ...(model.predict(tf.tensor(pixels, [1, height, width, 3])) as tf.Tensor).dataSync<'float32'>(),
    ]);
    return { found, expected, head };
  } finally {
    await predictor.dispose();
  }
}

const plain = { kind: 'gap', denseUnits: null, dropout: 0 };

describe('importModel', () => {
  it.each([
    ['mean pooling and softmax', [gap(), softmax()], plain],
    [
      'a hidden layer between dropouts',
      [gap(), layers.dropout({ rate: 0.5 }), layers.dense({ units: 6, activation: 'relu' }), layers.dropout({ rate: 0.2 }), softmax()], // prettier-ignore
      { kind: 'gap', denseUnits: 6, dropout: 0.2 },
    ],
    ['flattening', [layers.flatten(), softmax()], { kind: 'flatten', denseUnits: null, dropout: 0 }],
    [
      'flattening by a reshape, activations as layers, no biases',
      [
        layers.reshape({ targetShape: [245] }),
        layers.dense({ units: 4, useBias: false }),
        layers.reLU({}),
        layers.dense({ units: 3, useBias: false }),
        layers.softmax({}),
      ],
      { kind: 'flatten', denseUnits: 4, dropout: 0 },
    ],
    [
      'a convolution that decides, as in MobileNet',
      [
        gap(),
        layers.reshape({ targetShape: [1, 1, 5] }),
        layers.dropout({ rate: 0.001 }),
        layers.conv2d({ filters: 3, kernelSize: 1 }),
        layers.reshape({ targetShape: [3] }),
        layers.activation({ activation: 'softmax' }),
      ],
      { kind: 'gap', denseUnits: null, dropout: 0.001 },
    ],
    [
      'two hidden layers, of which the head has none',
      [layers.flatten(), layers.dense({ units: 7, activation: 'relu' }), layers.dense({ units: 6, activation: 'relu' }), softmax()], // prettier-ignore
      plain,
    ],
    [
      'largest values and a normalisation',
      [layers.globalMaxPooling2d({}), layers.batchNormalization(), softmax()],
      plain,
    ],
    ['another activation', [gap(), layers.dense({ units: 4, activation: 'tanh' }), softmax()], plain],
  ])('of a model with %s answers as that', async (_, classifier, head) => {
    const model = tinyModel(...classifier);
    const answers = await bothAnswers(model);
    model.dispose();
    expect(answers.found).toHaveLength(3);
    answers.found.forEach((value, index) => expect(Math.abs(value - answers.expected[index]!)).toBeLessThan(1e-5));
    expect(answers.head).toEqual(head);
    expect(Math.max(...answers.found)).toBeLessThan(0.999); // a sure answer would hide differences
  });

  it('takes one sigmoid unit for two classes, the second of which it is', async () => {
    const model = tinyModel(gap(), layers.dense({ units: 1, activation: 'sigmoid' }));
    const { found, expected } = await bothAnswers(model);
    model.dispose();
    expect(found).toHaveLength(2);
    expect(Math.abs(found[1]! - expected[0]!)).toBeLessThan(1e-6);
    expect(Math.abs(found[0]! + found[1]! - 1)).toBeLessThan(1e-6);
  });

  it('takes plain numbers at the end for logits when somebody names as many classes', async () => {
    const model = tinyModel(gap(), layers.dense({ units: 3, name: 'scores' }));
    const logits = await bothAnswers(model, { classNames: ['a', 'b', 'c'] });
    const sum = logits.expected.reduce((all, z) => all + Math.exp(z), 0);
    logits.found.forEach((value, index) => expect(Math.abs(value - Math.exp(logits.expected[index]!) / sum)).toBeLessThan(1e-5)); // prettier-ignore
    await expect(taken(model)).rejects.toMatchObject({
      code: 'model-not-classifier',
      params: { layer: 'scores', type: 'Dense: 3, linear' },
    });
    model.dispose();
  });

  it('refuses what tells no classes apart, or has nothing before its classifier', async () => {
    const several = tinyModel(gap(), layers.dense({ units: 4, activation: 'sigmoid', name: 'tags' }));
    await expect(taken(several)).rejects.toMatchObject({ code: 'model-not-classifier', params: { layer: 'tags' } });
    several.dispose();
    const maps = tinyModel();
    await expect(taken(maps)).rejects.toMatchObject({ code: 'model-not-classifier', params: { layer: 'second' } });
    maps.dispose();
    const only = tf.sequential({ layers: [layers.flatten({ inputShape: [32, 32, 3] }), softmax()] });
    fillWeights(only);
    await expect(taken(only)).rejects.toMatchObject({ code: 'model-not-readable' });
    only.dispose();
  });

  it('refuses a model of two outputs by its name', async () => {
    const input = tf.input({ shape: [32, 32, 3] });
    const maps = layers.conv2d({ filters: 2, kernelSize: 3 }).apply(input) as tf.SymbolicTensor;
    const pooled = gap().apply(maps) as tf.SymbolicTensor;
    const outputs = [softmax(2), softmax(4)].map((layer) => layer.apply(pooled) as tf.SymbolicTensor);
    const model = tf.model({ inputs: input, outputs, name: 'two_heads' });
    await expect(taken(model)).rejects.toMatchObject({
      code: 'model-layer-refused',
      params: { layer: 'two_heads', type: 'a model of 2 outputs' },
    });
    model.dispose();
  });

  it.each([
    [undefined, undefined, ['class 1', 'class 2', 'class 3'], 'made-up'],
    [['x', 'y', 'z'], ['labels.json', '["a","b","c"]'], ['x', 'y', 'z'], 'given'],
    [undefined, ['labels.json', '["a","b","c"]'], ['a', 'b', 'c'], 'beside'],
    [undefined, ['metadata.json', '{"labels":["a","b","c"],"imageSize":224}'], ['a', 'b', 'c'], 'beside'],
    [undefined, ['metadata.json', '{"keras_version":"3"}'], ['class 1', 'class 2', 'class 3'], 'made-up'],
    [undefined, ['labels.txt', '0 a\r\n1 b\r\n2 c d\r\n'], ['a', 'b', 'c d'], 'beside'],
  ] as const)('names classes given as %j beside %j', async (given, labels, classNames, from) => {
    const model = tinyModel(gap(), softmax());
    const names = await taken(model, given && { classNames: [...given] }, labels && [...labels]);
    model.dispose();
    expect([names.classNames, names.classNamesFrom]).toEqual([classNames, from]);
  });
});
