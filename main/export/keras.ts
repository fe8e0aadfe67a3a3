import path from 'node:path';
import type { ExportUsage } from '../../contract/model.ts';
import { lowerToKeras } from '../lowering/keras/lower.ts';
import { writeH5 } from '../lowering/keras/write-h5.ts';
import { writeKeras } from '../lowering/keras/write-keras.ts';
import { loadBroughtModel } from '../lowering/import/load-model.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import type { ExportContext, Format } from './format.ts';
import { predictLayers } from './predict-layers.ts';

/** Keras 3's own archive: `model.keras`, `labels.json`. */
export const kerasFormat: Format = {
  id: 'keras',
  takes: ['precision'],
  async write(context, folder) {
    const { model, options, run } = context;
    const lowered = lowerToKeras(model, 'keras3', nameOf(context));
    await writeKeras(lowered, path.join(folder, 'model.keras'), options.precision, run.madeOn, aboutOf(context));
    return ['model.keras', await writeLabels(context, folder)];
  },
  predict: (folder, pixels, inputSize) => predictWith(path.join(folder, 'model.keras'), pixels, inputSize),
  usage: (context) => kerasUsage(context, 'model.keras'),
};

/** The H5 file of `tf.keras` 2, which Keras 3 loads too: `model.h5`, `labels.json`. */
export const h5Format: Format = {
  id: 'h5',
  takes: ['precision'],
  async write(context, folder) {
    const lowered = lowerToKeras(context.model, 'keras2', nameOf(context));
    await writeH5(lowered, path.join(folder, 'model.h5'), context.options.precision, aboutOf(context));
    return ['model.h5', await writeLabels(context, folder)];
  },
  predict: (folder, pixels, inputSize) => predictWith(path.join(folder, 'model.h5'), pixels, inputSize),
  usage: (context) => kerasUsage(context, 'model.h5'),
};

const nameOf = ({ provenance }: ExportContext): string =>
  provenance.backboneId.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');

/** Labels and provenance, for inside the file. */
const aboutOf = ({ classNames, inputSize, provenance }: ExportContext): object => ({
  classNames,
  inputSize,
  ...provenance,
});

async function writeLabels({ classNames }: ExportContext, folder: string): Promise<string> {
  await writeFileAtomic(path.join(folder, 'labels.json'), `${JSON.stringify(classNames, null, 2)}\n`);
  return 'labels.json';
}

function kerasUsage({ inputSize: [height, width] }: ExportContext, file: string): ExportUsage {
  const load = file.endsWith('.h5') ? `"${file}", compile=False` : `"${file}"`;
  const code = `import json
import keras, numpy as np
from PIL import Image, ImageOps

model = keras.models.load_model(${load})
labels = json.load(open("labels.json", encoding="utf-8"))
picture = ImageOps.exif_transpose(Image.open("picture.jpg")).convert("RGBA")
picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
picture = picture.resize((${width}, ${height}), Image.Resampling.BILINEAR)
probabilities = model.predict(np.asarray(picture, dtype="float32")[None])[0]  # RGB 0 to 255
for label, probability in sorted(zip(labels, probabilities), key=lambda pair: -pair[1]):
    print(f"{label}: {probability:.4f}")`;
  return { language: 'python', install: 'pip install keras tensorflow pillow', code };
}

/** Builds the model from the file alone, by Graft's own reader. */
async function predictWith(
  file: string,
  pixels: readonly Uint8Array[],
  inputSize: readonly [number, number],
): Promise<Float32Array[]> {
  const model = await loadBroughtModel(file);
  try {
    return predictLayers(model, pixels, inputSize);
  } finally {
    model.dispose();
  }
}
