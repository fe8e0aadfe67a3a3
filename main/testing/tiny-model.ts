import { tf } from '../native/tf.ts';
import { writeTfjsModel } from '../lowering/tfjs/write-model.ts';
import { createRandom } from '../dataset/seeded.ts';

type Layer = tf.layers.Layer;

/** Gives every kernel and bias small numbers by a seed, so that a model says something else of each picture. */
export function fillWeights(model: tf.LayersModel, seed = 1): void {
  const random = createRandom(seed, 'testing/weights');
  for (const layer of model.layers)
    tf.tidy(() =>
      layer.setWeights(
        layer.weights.map(({ shape, name }) => {
          const sizes = shape as number[];
          const length = sizes.reduce((a, b) => a * b, 1);
          const isScale = /gamma|variance/.test(name);
          return tf.tensor(
            Float32Array.from({ length }, () => (isScale ? 0.5 + random.next() : random.next() - 0.5)),
            sizes,
          );
        }),
      ),
    );
}

/** A model of two convolutions on pictures of 32 pixels, as they are, with these layers behind. The caller disposes it. */
export function tinyModel(...classifier: Layer[]): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.rescaling({ inputShape: [32, 32, 3], scale: 1 / 255, name: 'scaled' }),
      tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, activation: 'relu', name: 'first' }),
      tf.layers.conv2d({ filters: 5, kernelSize: 3, strides: 2, activation: 'relu', name: 'second' }),
      ...classifier,
    ],
  });
  fillWeights(model);
  return model;
}

/** Writes a tiny model with mean pooling and one dense layer as `model.json` and its weights. @returns the folder */
export async function writeTinyModel(
  folder: string,
  last: { units: number; activation: 'softmax' | 'sigmoid' | 'linear' },
  metadata: object = {},
): Promise<string> {
  const model = tinyModel(tf.layers.globalAveragePooling2d({}), tf.layers.dense({ ...last, name: 'last' }));
  try {
    await writeTfjsModel(model, folder, metadata);
  } finally {
    model.dispose();
  }
  return folder;
}
