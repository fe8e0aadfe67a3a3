import path from 'node:path';
import { exportOptionsOf } from '../../contract/model.ts';
import { readTfjsModel } from '../lowering/tfjs/read-model.ts';
import { writeTfjsModel } from '../lowering/tfjs/write-model.ts';
import type { tf } from '../native/tf.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import type { ExportContext, Format } from './format.ts';
import { predictLayers } from './predict-layers.ts';
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
      return predictLayers(model, pixels, inputSize);
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

/** A model that does not fit its own description is a bug, found before anything is written. */
function checkModel({ model, classNames, inputSize }: ExportContext): void {
  const expected = [`null,${inputSize.join(',')},3`, `null,${classNames.length}`];
  const found = [model.inputs, model.outputs].map((tensors) =>
    tensors.map(({ shape }) => shape.map(String).join(',')).join(';'),
  );
  if (found.join(' -> ') !== expected.join(' -> '))
    throw new Error(`model is ${found.join(' -> ')}, not ${expected.join(' -> ')}`);
}
