import path from 'node:path';
import type { ExportUsage } from '../../contract/model.ts';
import { lowerToSavedModel } from '../lowering/savedmodel/lower.ts';
import { tf } from '../native/tf.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import type { ExportContext, Format } from './format.ts';
import { writeProtobuf } from './protobuf-file.ts';

const [INPUT, OUTPUT, LABELS] = ['pixels', 'probabilities', 'labels.txt'];

/** SavedModel of TensorFlow: `saved_model.pb`, a graph of constants, with its labels as an asset, and `labels.json`. */
export const savedmodelFormat = {
  id: 'savedmodel',
  takes: ['precision'],
  async write(context, folder) {
    const { model, classNames, options, provenance } = context;
    const message = lowerToSavedModel(model, {
      input: INPUT,
      output: OUTPUT,
      precision: options.precision,
      assets: [LABELS],
      notes: {
        labels: classNames,
        graft: Object.entries(provenance).map(([key, value]) => `${key}: ${value ?? ''}`),
      },
    });
    const file = await writeProtobuf(message, folder, 'saved_model.pb', 'savedmodel');
    const asset = `assets/${LABELS}`;
    await writeFileAtomic(path.join(folder, asset), classNames.map((name) => `${name}\n`).join(''));
    await writeFileAtomic(path.join(folder, 'labels.json'), `${JSON.stringify(classNames, null, 2)}\n`);
    return [file, asset, 'labels.json'];
  },
  /** By libtensorflow's own loader, the one that TensorFlow Serving has. */
  async predict(folder, pixels, [height, width]) {
    const model = await tf.node.loadSavedModel(folder, ['serve'], 'serving_default');
    try {
      return pixels.map((picture) =>
        tf.tidy(() => {
          const image = tf.tensor4d(picture, [1, height, width, 3], 'float32');
          const probabilities = model.predict(image) as tf.Tensor2D; // [1, numClasses]
          return probabilities.dataSync<'float32'>() as never; // a plain array: nothing for tidy to keep
        }),
      );
    } finally {
      model.dispose();
    }
  },
  usage: savedmodelUsage,
} satisfies Format;

function savedmodelUsage({ inputSize: [height, width] }: Pick<ExportContext, 'inputSize'>): ExportUsage {
  const code = `import json
import numpy as np, tensorflow as tf
from PIL import Image, ImageOps

classify = tf.saved_model.load(".").signatures["serving_default"]  # the folder of saved_model.pb
labels = json.load(open("labels.json", encoding="utf-8"))
picture = ImageOps.exif_transpose(Image.open("picture.jpg")).convert("RGBA")
picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
picture = picture.resize((${width}, ${height}), Image.Resampling.BILINEAR)
pixels = tf.constant(np.asarray(picture, dtype="float32")[None])  # [1, ${height}, ${width}, 3], RGB 0 to 255
probabilities = classify(${INPUT}=pixels)["${OUTPUT}"].numpy()[0]
for label, probability in sorted(zip(labels, probabilities), key=lambda pair: -pair[1]):
    print(f"{label}: {probability:.4f}")`;
  return { language: 'python', install: 'pip install tensorflow pillow', code };
}
