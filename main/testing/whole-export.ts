import { ExportOptions } from '../../contract/model.ts';
import type { ExportContext, ExportedRun } from '../export/format.ts';
import { tf } from '../native/tf.ts';
import { exportedRun } from './exported-run.ts';
import { exampleRunFacts } from './run-facts.ts';

const { layers } = tf;

const numPictures = 4;

/**
 * Everything that a format may write down, of a small model with weights by formula: preprocessing, convolution, normalisation,
 * a shortcut, a head. Its run has four pictures, whose answers are the model's. The caller disposes `model`.
 */
export function wholeExport(facts: Partial<ExportContext> = {}): ExportContext {
  const classNames = facts.classNames ?? ['zebra', 'ant', 'ночь'];
  const inputSize = facts.inputSize ?? ([16, 16] as const);
  const model = facts.model ?? smallModel(classNames.length);
  return {
    model,
    classNames,
    inputSize,
    options: ExportOptions.parse({}),
    provenance: {
      graftVersion: '0.1.0',
      backboneId: 'mobilenet-v2-1.0',
      backboneName: 'MobileNetV2',
      backboneLicence: 'Apache-2.0',
      backbonePaper: 'https://arxiv.org/abs/1801.04381',
      weightsOrigin: 'By formula, for a test.',
      weightsSha256: 'abc',
      head: 'gap',
      numTrainImages: 36,
      testAccuracy: 0.9,
      trainedOn: '2026-01-31',
    },
    run: exportedRun(
      { backbone: 'mobilenet-v2-1.0' },
      { training: exampleRunFacts(classNames), ...answered(model, inputSize, classNames) },
    ),
    ...facts,
  };
}

/** The run's pictures, with the answers of the model. */
function answered(
  model: tf.LayersModel,
  inputSize: readonly [number, number],
  classNames: readonly string[],
): Pick<ExportedRun, 'images' | 'openAnswers' | 'decode'> {
  const { pixels, expected } = picturesOf({ model, inputSize });
  const images = expected.map((_, index) => {
    const className = classNames[index % classNames.length]!;
    return {
      path: `${className}/${index}.jpg`,
      className,
      split: index % 2 === 0 ? ('train' as const) : ('test' as const),
    };
  });
  return {
    images,
    decode: async (path) => pixels[images.findIndex((image) => image.path === path)]!,
    openAnswers: async () => ({
      images,
      numChannels: 5,
      featuresOf: (index) => Float32Array.from({ length: 5 }, (_, channel) => Math.sin(5 * index + channel)),
      probabilitiesOf: (index) => expected[index]!,
      close: () => undefined,
    }),
  };
}

function smallModel(numClasses: number): tf.LayersModel {
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
    layer.apply(x) as tf.SymbolicTensor;
  const input = tf.input({ shape: [16, 16, 3], name: 'pixels' });
  const scaled = apply(layers.conv2d({ filters: 3, kernelSize: 1, name: 'preprocessing' }), input);
  const convolved = apply(layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'conv' }), scaled);
  const normalized = apply(layers.batchNormalization({ name: 'bn' }), convolved);
  const joined = apply(layers.add({ name: 'add' }), [convolved, apply(layers.reLU({ name: 'relu' }), normalized)]);
  const pooled = apply(layers.globalAveragePooling2d({ name: 'pool' }), joined);
  const head = layers.dense({ units: numClasses, activation: 'softmax', name: 'predictions' });
  const model = tf.model({ inputs: input, outputs: apply(head, pooled) });
  let seed = 0;
  for (const layer of model.layers) {
    const weights = layer.getWeights().map((weight) => {
      const values = Float32Array.from({ length: weight.size }, () => Math.sin(++seed) ** 2 / 2);
      return tf.tensor(values, weight.shape);
    });
    if (weights.length > 0) layer.setWeights(weights);
    tf.dispose(weights);
  }
  const scale = tf.eye(3).reshape<tf.Tensor4D>([1, 1, 3, 3]).div(127.5);
  model.getLayer('preprocessing').setWeights([scale, tf.tensor1d([-1, -1, -1])]);
  return model;
}

/** Pictures of the model's input size, those of its run: RGB 0..255, and what the model says of each. */
export function picturesOf({ model, inputSize: [height, width] }: Pick<ExportContext, 'model' | 'inputSize'>): {
  pixels: Uint8Array[];
  expected: Float32Array[];
} {
  const pixels = Array.from({ length: numPictures }, (_, picture) =>
    Uint8Array.from({ length: height * width * 3 }, (_value, index) => (index * 31 + picture * 77) % 256),
  );
  const expected = pixels.map((picture) =>
    tf.tidy(() => (model.predict(tf.tensor4d(picture, [1, height, width, 3])) as tf.Tensor).dataSync() as never),
  );
  return { pixels, expected };
}
