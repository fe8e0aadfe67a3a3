import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { formulaPicture, formulaWeight } from '../../tools/reference/formulas.ts';
import { tf } from '../native/tf.ts';
import { featureShapeAt } from './feature-shape.ts';
import { preprocessPixels, withPreprocessing } from './preprocessing.ts';
import { backbones } from './registry.ts';
import type { BackboneSpec } from './spec.ts';
import { expectedWeights, setWeights } from './weights.ts';

interface Reference {
  numParameters: number;
  layerNames: string[];
  featureShape: number[];
  features: {
    inputSize: [number, number];
    mapShape: number[];
    pooled: number[][];
    mapValues: number[][];
    maxAbsolute: number;
  }[];
}
/** From real Keras: tools/reference/keras_backbones.py. */
const references = readJson<{ backbones: Record<string, Reference> }>('keras_backbones.json').backbones;

function readJson<T>(name: string): T {
  return JSON.parse(
    readFileSync(fileURLToPath(new URL(`../../tools/reference/${name}`, import.meta.url)), 'utf8'),
  ) as T;
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

function largestDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  return expected.reduce((largest, value, index) => Math.max(largest, Math.abs(actual[index]! - value)), 0);
}

describe.each(backbones.map((spec) => ({ id: spec.id, spec })))('backbone $id', ({ id, spec }) => {
  const reference = references[id]!;
  const sizes = reference.features.map((features) => features.inputSize);

  it('has the layers of Keras, by name and in order, and as many parameters', async () => {
    const model = await spec.build(spec.inputSize);
    expect(model.layers.map((layer) => layer.name).slice(1)).toEqual(reference.layerNames.slice(1)); // the input's name counts on
    expect(model.countParams()).toBe(reference.numParameters);
    expect(model.outputs[0]!.shape.slice(1)).toEqual(reference.featureShape);
    model.dispose();
    expect({ parameters: spec.numParameters, layers: spec.numLayers, featureShape: spec.featureShape }).toEqual({
      parameters: reference.numParameters,
      layers: reference.layerNames.length,
      featureShape: reference.featureShape,
    });
  });

  it('computes the features of Keras from the same weights and pixels', async () => {
    for (const expected of reference.features) {
      const model = await buildWithFormulaWeights(spec, expected.inputSize);
      for (const index of [0, 1]) {
        const { shape, maps, pooled } = featuresOf(model, spec, index, expected.inputSize);
        const step = Math.max(1, Math.floor(maps.length / 16));
        const values = expected.mapValues[index]!.map((_, i) => maps[i * step]!);
        expect(shape).toEqual(expected.mapShape);
        expect(featureShapeAt(spec, expected.inputSize)).toEqual(expected.mapShape);
        expect(largestDifference(pooled, expected.pooled[index]!) / expected.maxAbsolute).toBeLessThan(1e-4);
        expect(largestDifference(values, expected.mapValues[index]!) / expected.maxAbsolute).toBeLessThan(1e-4);
      }
      model.dispose();
    }
  });

  it('puts every layer in one block, in order', async () => {
    const model = await spec.build([spec.minInputSize, spec.minInputSize]);
    expect(spec.blocks(model).flatMap((block) => block.layerNames)).toEqual(model.layers.map((layer) => layer.name));
    expect(new Set(spec.blocks(model).map((block) => block.name)).size).toBe(spec.blocks(model).length);
    model.dispose();
  });

  it('answers the same with its preprocessing inside, from raw pixels, under the same layer names', async () => {
    const inputSize = sizes[0]!;
    const [height, width] = inputSize;
    const model = await buildWithFormulaWeights(spec, inputSize);
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
    expect(whole.layers.slice(2).map((layer) => layer.name)).toEqual(model.layers.slice(1).map((layer) => layer.name));
    whole.dispose();
    expect(featuresOf(model, spec, 0, inputSize).maps).toEqual(maps); // the first model is whole
    model.dispose();
  });

  it('gives back every tensor', async () => {
    const before = tf.memory().numTensors;
    const model = await spec.build([64, 64]);
    featuresOf(model, spec, 0, [64, 64]);
    const whole = await withPreprocessing({ spec, model, inputSize: [64, 64], weightsSha256: '' });
    whole.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
