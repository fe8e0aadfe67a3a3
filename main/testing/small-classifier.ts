import { homedir, hostname, userInfo } from 'node:os';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ExportOptions } from '../../contract/model.ts';
import type { ExportContext } from '../export/format.ts';
import { tf } from '../native/tf.ts';
import { apply, drawWeights } from './layer-cases.ts';
import { wholeExport } from './whole-export.ts';

const { layers } = tf;
const inputSize = [20, 24] as const;

/** A small classifier with preprocessing, padding, normalisation, a shortcut and a dense layer that is worth rounding. */
function smallClassifier(numClasses: number): tf.LayersModel {
  const input = tf.input({ shape: [...inputSize, 3], name: 'input_layer' });
  const scaled = apply(layers.rescaling({ name: 'rescaling', scale: 1 / 127.5, offset: -1 }), input);
  const padded = apply(layers.zeroPadding2d({ name: 'conv_pad' }), scaled);
  const convolved = apply(layers.conv2d({ name: 'conv', filters: 16, kernelSize: 3, useBias: false }), padded);
  const normalized = apply(layers.batchNormalization({ name: 'conv_bn' }), convolved);
  const rectified = apply(layers.reLU({ name: 'conv_relu', maxValue: 6 }), normalized);
  const mixed = apply(
    layers.depthwiseConv2d({ name: 'mix', kernelSize: 3, padding: 'same', useBias: false }),
    rectified,
  );
  const joined = apply(layers.add({ name: 'join' }), [rectified, mixed]);
  const pooled = apply(layers.maxPooling2d({ name: 'pool', poolSize: 4 }), joined);
  const flat = apply(layers.flatten({ name: 'flatten' }), pooled);
  const wide = apply(layers.dense({ name: 'dense', units: 32, activation: 'relu' }), flat);
  const dropped = apply(layers.dropout({ name: 'dropout', rate: 0.5 }), wide);
  const head = layers.dense({ name: 'predictions', units: numClasses, activation: 'softmax' });
  return tf.model({ inputs: input, outputs: apply(head, dropped) });
}

/** What an export of it is given, made anew, with the same weights every time. The caller disposes the model. */
export function classifierContext(options: Partial<ExportOptions> = {}): ExportContext {
  const classNames = ['zebra', 'ant', '고양이'];
  const model = smallClassifier(classNames.length);
  drawWeights(model);
  tf.tidy(() => {
    const head = model.getLayer('predictions'); // small, or one class alone has all of the probability
    head.setWeights(head.getWeights().map((weight) => weight.mul(0.02)));
  });
  return wholeExport({ model, classNames, inputSize, options: ExportOptions.parse(options) });
}

/** Pictures for it, RGB 0..255 [height, width, 3]. */
export const classifierPictures = (): Uint8Array[] =>
  Array.from({ length: 4 }, (_, picture) =>
    Uint8Array.from(
      { length: inputSize[0] * inputSize[1] * 3 },
      (_value, index) => (index * (31 + picture) + picture * 77) % 256,
    ),
  );

/** Probabilities [numClasses] of each picture, by the model itself. */
export const answersOf = ({ model }: ExportContext, pictures: readonly Uint8Array[]): Float32Array[] =>
  pictures.map((picture) =>
    tf.tidy(() => {
      const probabilities = model.predict(tf.tensor4d(picture, [1, ...inputSize, 3])) as tf.Tensor;
      return probabilities.dataSync<'float32'>() as never; // a plain array: nothing for tidy to keep
    }),
  );

/** All bytes of an export, one file after the other. */
export async function allBytes(folder: string, files: readonly string[]): Promise<Buffer> {
  return Buffer.concat(await Promise.all(files.map((file) => readFile(path.join(folder, file)))));
}

/** Words that no export may hold; shorter ones occur by chance. */
export const secretsOf = (folder: string): string[] =>
  [homedir(), hostname(), folder, `/${userInfo().username}/`].filter(({ length }) => length >= 5);
