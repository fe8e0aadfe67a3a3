import path from 'node:path';
import type { ExportUsage } from '../../contract/model.ts';
import { lowerToOnnx } from '../lowering/onnx/lower.ts';
import type { OnnxDescription } from '../lowering/onnx/messages.ts';
import { createSession } from '../native/onnx.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import type { ExportContext, Format } from './format.ts';
import { writeProtobuf } from './protobuf-file.ts';

const FILE = 'model.onnx';
const OUTPUT = 'probabilities';

/** ONNX, one file: `model.onnx`, with labels and provenance inside, and `labels.json`. */
export const onnxFormat = {
  id: 'onnx',
  takes: ['precision', 'foldBatchNormalization'],
  async write(context, folder) {
    const { model, classNames, options } = context;
    const message = lowerToOnnx(model, {
      input: 'float32',
      preprocessing: null,
      outputs: [{ layer: model.outputs[0]!.sourceLayer.name, name: OUTPUT }],
      keepsLayers: !options.foldBatchNormalization,
      precision: options.precision,
      description: describe(context),
    });
    const file = await writeProtobuf(message, folder, FILE, 'onnx');
    await writeFileAtomic(path.join(folder, 'labels.json'), `${JSON.stringify(classNames, null, 2)}\n`);
    return [file, 'labels.json'];
  },
  async predict(folder, pixels, [height, width]) {
    const session = await createSession(path.join(folder, FILE));
    try {
      const answers: Float32Array[] = [];
      for (const picture of pixels) {
        const image = { data: Float32Array.from(picture), dims: [1, height, width, 3] };
        answers.push((await session.run({ pixels: image }))[OUTPUT]!.data);
      }
      return answers;
    } finally {
      await session.release();
    }
  },
  usage: onnxUsage,
} satisfies Format;

/**
 * What the file says of itself. The keys that begin with `Image.` are those that ONNX has for pictures.
 *
 * @see https://github.com/onnx/onnx/blob/main/docs/MetadataProps.md
 */
function describe({ classNames, inputSize: [height, width], provenance }: ExportContext): OnnxDescription {
  const { graftVersion, ...facts } = provenance;
  const licence = facts.backboneLicence === '' ? '' : ` (${facts.backboneLicence})`; // that of somebody's own model is not known
  const text = [
    `Image classifier on ${facts.backboneName}${licence}, made with Graft ${graftVersion}.`,
    `Input: RGB pixels 0..255, float32, [batch, ${height}, ${width}, 3]; pictures turned by EXIF, resized without keeping the aspect ratio. Preprocessing is inside.`,
    `Output: probabilities, [batch, ${classNames.length}], in the order of the labels in the metadata.`,
  ];
  const metadata = {
    'Image.BitmapPixelFormat': 'Rgb8',
    'Image.ColorSpaceGamma': 'SRGB',
    'Image.NominalPixelRange': 'NominalRange_0_255',
    labels: JSON.stringify(classNames),
    ...Object.fromEntries(Object.entries(facts).map(([key, value]) => [`graft.${key}`, String(value ?? '')])),
  };
  return { name: facts.backboneId, producerVersion: graftVersion, text: text.join('\n'), metadata };
}

function onnxUsage({ inputSize: [height, width] }: Pick<ExportContext, 'inputSize'>): ExportUsage {
  const code = `import json
import numpy as np, onnxruntime
from PIL import Image, ImageOps

session = onnxruntime.InferenceSession("${FILE}")
labels = json.load(open("labels.json", encoding="utf-8"))
picture = ImageOps.exif_transpose(Image.open("picture.jpg")).convert("RGBA")
picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
picture = picture.resize((${width}, ${height}), Image.Resampling.BILINEAR)
pixels = np.asarray(picture, dtype="float32")[None]  # [1, ${height}, ${width}, 3], RGB 0 to 255
probabilities = session.run(["${OUTPUT}"], {"pixels": pixels})[0][0]
for label, probability in sorted(zip(labels, probabilities), key=lambda pair: -pair[1]):
    print(f"{label}: {probability:.4f}")`;
  return { language: 'python', install: 'pip install onnxruntime pillow', code };
}
