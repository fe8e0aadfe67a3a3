import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { formulaPicture, formulaWeight } from '../../tools/reference/formulas.ts';
import { lowerToOnnx } from '../lowering/onnx/lower.ts';
import { createSession } from '../native/onnx.ts';
import { tf } from '../native/tf.ts';
import { featureShapeAt } from './feature-shape.ts';
import { preprocessPixels, withPreprocessing } from './preprocessing.ts';
import { backbones } from './registry.ts';
import type { BackboneSpec } from './spec.ts';
import { expectedWeights, setWeights } from './weights.ts';

interface Features {
  inputSize: [number, number];
  mapShape: number[];
  pooled: number[][];
  mapValues: number[][];
  maxAbsolute: number;
}
interface Reference {
  numParameters: number;
  numLayers: number;
  layerNamesSha256: string;
  featureShape: number[];
  features: Features[];
}
/** From real Keras: tools/reference/keras_backbones.py. */
const references = readReferences();

function readReferences(): Record<string, Reference> {
  const folder = fileURLToPath(new URL('../../tools/reference/backbones', import.meta.url));
  const read = (name: string) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as never;
  const found: Record<string, Reference> = {};
  const files = readdirSync(folder).sort(); // `family.all.json` before `family.json`
  for (const file of files.filter((name) => !name.endsWith('.all.json')))
    Object.assign(found, (read(file) as { backbones: Record<string, Reference> }).backbones);
  // Numbers of the larger ones take minutes and gigabytes: `npm run test:backbones`.
  if (process.env['GRAFT_ALL_BACKBONES'])
    for (const file of files.filter((name) => name.endsWith('.all.json')))
      for (const [id, features] of Object.entries((read(file) as { features: Record<string, Features[]> }).features))
        found[id]!.features = features;
  return found;
}

async function buildWithFormulaWeights(
  spec: BackboneSpec,
  inputSize: readonly [number, number],
): Promise<tf.LayersModel> {
  const model = await spec.build(inputSize);
  const tensors = expectedWeights(model).flatMap((layer) =>
    layer.weights.map(
      ({ name, shape }) => [`${layer.name}/${name}`, { shape, data: formulaWeight(layer.name, name, shape) }] as const,
    ),
  );
  await setWeights(model, new Map(tensors));
  return model;
}

/** Feature maps of one picture made by formula, as plain numbers. */
function featuresOf(
  model: tf.LayersModel,
  spec: BackboneSpec,
  index: number,
  [height, width]: readonly [number, number],
) {
  return tf.tidy(() => {
    const pixels = preprocessPixels(formulaPicture(index, height, width), spec.preprocessing);
    const maps = model.predict(tf.tensor4d(pixels, [1, height, width, 3])) as tf.Tensor4D;
    return {
      shape: maps.shape.slice(1),
      maps: maps.dataSync<'float32'>(),
      pooled: maps.mean([1, 2]).dataSync<'float32'>(),
    };
  });
}

/** The same of both pictures by ONNX Runtime, from the raw pixels. */
async function loweredMapsOf(
  model: tf.LayersModel,
  spec: BackboneSpec,
  [height, width]: readonly [number, number],
): Promise<Float32Array[]> {
  const { preprocessing } = spec;
  const { bytes } = lowerToOnnx(model, { input: 'uint8', preprocessing, outputs: ['maps'] });
  const session = await createSession(bytes);
  const maps: Float32Array[] = [];
  try {
    for (const index of [0, 1]) {
      const pixels = { data: formulaPicture(index, height, width), dims: [1, height, width, 3] };
      maps.push((await session.run({ pixels }))['maps']!.data.slice());
    }
    return maps;
  } finally {
    await session.release();
  }
}

function largestDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  return expected.reduce((largest, value, index) => Math.max(largest, Math.abs(actual[index]! - value)), 0);
}

describe.each(backbones.map((spec) => ({ id: spec.id, spec })))('backbone $id', ({ id, spec }) => {
  const reference = references[id]!;
  const sizes = reference.features.map((features) => features.inputSize);
  let first: tf.LayersModel | undefined;
  /** The one of the first size, which takes long to make and which no test changes. */
  const firstModel = async () => (first ??= await buildWithFormulaWeights(spec, sizes[0]!));
  afterAll(() => first?.dispose());

  it('has the layers of Keras, by name and in order, and as many parameters', async () => {
    const model = await spec.build(spec.inputSize);
    const names = model.layers.map((layer) => layer.name).slice(1); // the input's name counts on
    const found = {
      numParameters: model.countParams(),
      numLayers: names.length + 1,
      layerNamesSha256: createHash('sha256').update(names.join('\n')).digest('hex'),
      featureShape: model.outputs[0]!.shape.slice(1),
    };
    model.dispose();
    const { features: _, ...expected } = reference;
    expect(found).toEqual(expected);
    expect({ ...found, numParameters: spec.numParameters, numLayers: spec.numLayers }).toEqual(found);
    expect(featureShapeAt(spec, spec.inputSize)).toEqual(found.featureShape);
    expect(spec.featureShape).toEqual(found.featureShape);
  });

  it.runIf(sizes[0])('computes the features of Keras from the same weights and pixels', async () => {
    for (const [sizeIndex, expected] of reference.features.entries()) {
      const isFirst = sizeIndex === 0;
      const model = await (isFirst ? firstModel() : buildWithFormulaWeights(spec, expected.inputSize));
      const lowered = await loweredMapsOf(model, spec, expected.inputSize);
      for (const index of [0, 1]) {
        const { shape, maps, pooled } = featuresOf(model, spec, index, expected.inputSize);
        const step = Math.max(1, Math.floor(maps.length / 16));
        const values = expected.mapValues[index]!.map((_, i) => maps[i * step]!);
        expect(shape).toEqual(expected.mapShape);
        expect(featureShapeAt(spec, expected.inputSize)).toEqual(expected.mapShape);
        expect(largestDifference(pooled, expected.pooled[index]!) / expected.maxAbsolute).toBeLessThan(1e-4);
        expect(largestDifference(values, expected.mapValues[index]!) / expected.maxAbsolute).toBeLessThan(1e-4);
        expect(largestDifference(lowered[index]!, [...maps]) / expected.maxAbsolute).toBeLessThan(1e-4);
      }
      if (!isFirst) model.dispose();
    }
  });

  it('puts every layer in one block, in order', async () => {
    const model = await spec.build([spec.minInputSize, spec.minInputSize]);
    const order = new Map(model.layers.map((layer, index) => [layer.name, index]));
    const inBlocks = spec.blocks(model).map((block) => block.layerNames.map((name) => order.get(name)!));
    expect(inBlocks.flat().sort((a, b) => a - b)).toEqual(model.layers.map((_, index) => index));
    for (const indexes of inBlocks) expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
    expect(new Set(spec.blocks(model).map((block) => block.name)).size).toBe(spec.blocks(model).length);
    model.dispose();
  });

  it.runIf(sizes[0])(
    'answers the same with its preprocessing inside, from raw pixels, under the same layer names',
    async () => {
      const inputSize = sizes[0]!;
      const [height, width] = inputSize;
      const model = await firstModel();
      const buffersBefore = tf.memory().numDataBuffers;
      const whole = await withPreprocessing({ spec, model, inputSize, weightsSha256: '' });
      expect(tf.memory().numDataBuffers - buffersBefore).toBeLessThanOrEqual(2); // all but the preprocessing's own are shared
      const { maps } = featuresOf(model, spec, 0, inputSize);
      const inside = tf.tidy(() =>
        (
          whole.predict(
            tf.tensor4d(Float32Array.from(formulaPicture(0, height, width)), [1, height, width, 3]),
          ) as tf.Tensor
        ).dataSync<'float32'>(),
      );
      expect(largestDifference(inside, [...maps]) / reference.features[0]!.maxAbsolute).toBeLessThan(1e-5);
      const names = model.layers.slice(1).map((layer) => layer.name);
      expect(whole.layers.slice(-names.length).map((layer) => layer.name)).toEqual(names);
      whole.dispose();
      expect(featuresOf(model, spec, 0, inputSize).maps).toEqual(maps); // the first model is whole
    },
  );

  it.runIf(sizes[0])('gives back every tensor', async () => {
    const before = tf.memory().numTensors;
    const inputSize = sizes[0]!;
    const model = await spec.build(inputSize);
    featuresOf(model, spec, 0, inputSize);
    const whole = await withPreprocessing({ spec, model, inputSize, weightsSha256: '' });
    whole.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
