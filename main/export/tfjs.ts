import path from 'node:path';
import { exportOptionsOf } from '../../contract/model.ts';
import { readTfjsModel } from '../lowering/tfjs/read-model.ts';
import { writeTfjsModel } from '../lowering/tfjs/write-model.ts';
import { tf } from '../native/tf.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import type { ExportContext, Format } from './format.ts';
import { tfjsUsage } from './tfjs-usage.ts';
import { writeWebPage } from './web-page.ts';

/** TensorFlow.js layers model: `model.json` with its weights, `labels.json`, and a web page that runs it. */
export const tfjsFormat = {
  id: 'tfjs',
  takes: exportOptionsOf.tfjs,
  async write(context, folder) {
    const { model, classNames, inputSize, provenance } = context;
    checkModel(context);
    const files = await writeTfjsModel(
      model,
      folder,
      { graft: { classNames, inputSize, ...provenance } },
      context.options.precision,
    );
    await writeFileAtomic(path.join(folder, 'labels.json'), `${JSON.stringify(classNames, null, 2)}\n`);
    return [...files, 'labels.json', ...(await writeWebPage(folder))];
  },
  usage: tfjsUsage,
  async predict(folder, pixels, inputSize) {
    const model = await loadExportedTfjs(folder);
    try {
      return pixels.map((picture) => predictOne(model, picture, inputSize));
    } finally {
      model.dispose();
    }
  },
} satisfies Format;

/**
 * Loads what this format wrote, trusting nothing that its `model.json` says about files.
 *
 * @returns the caller disposes it.
 * @throws GraftError weights-not-readable
 */
export function loadExportedTfjs(folder: string): Promise<tf.LayersModel> {
  return readTfjsModel(folder);
}

function predictOne(
  model: tf.LayersModel,
  pixels: Uint8Array,
  [height, width]: readonly [number, number],
): Float32Array {
  return tf.tidy(() => {
    const image = tf.tensor4d(pixels, [1, height, width, 3], 'float32');
    const probabilities = model.predict(image) as tf.Tensor2D; // [1, numClasses]
    return probabilities.dataSync<'float32'>() as never; // a plain array: nothing for tidy to keep
  }) as Float32Array;
}

/** A model that does not fit its own description is a bug, found before anything is written. */
function checkModel({ model, classNames, inputSize }: ExportContext): void {
  const expected = [`null,${inputSize.join(',')},3`, `null,${classNames.length}`];
  const found = [model.inputs, model.outputs].map((tensors) =>
    tensors.map(({ shape }) => shape.map(String).join(',')).join(';'),
  );
  if (found.join(' -> ') !== expected.join(' -> '))
    throw new Error(`model is ${found.join(' -> ')}, not ${expected.join(' -> ')}`);
}
