import { tf } from '../native/tf.ts';

/** With fewer, TensorFlow.js uses the cores badly (VGG16: 273 ms a picture one by one, 195 by four); more take memory for nothing. */
const BATCH_SIZE = 4;

/**
 * Asks a model, layer by layer.
 *
 * @param pixels one picture each: RGB 0..255, [height, width, 3]
 * @returns probabilities [numClasses] of each
 */
export function predictLayers(
  model: tf.LayersModel,
  pixels: readonly Uint8Array[],
  [height, width]: readonly [number, number],
): Float32Array[] {
  const answers: Float32Array[] = [];
  for (let from = 0; from < pixels.length; from += BATCH_SIZE) {
    const batch = pixels.slice(from, from + BATCH_SIZE);
    const rows = tf.tidy(() => {
      const images = batch.map((picture) => tf.tensor3d(picture, [height, width, 3], 'float32'));
      const probabilities = model.predict(tf.stack(images)) as tf.Tensor2D; // [batch, numClasses]
      return probabilities.dataSync<'float32'>() as never; // a plain array: nothing for tidy to keep
    }) as Float32Array;
    const numClasses = rows.length / batch.length;
    batch.forEach((_, index) => answers.push(rows.slice(index * numClasses, (index + 1) * numClasses)));
  }
  return answers;
}
