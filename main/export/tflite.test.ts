import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasPeerPython, runPeerPython } from '../testing/peer-python.ts';
import { answersOf, classifierContext, classifierPictures } from '../testing/small-classifier.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { comparePredictions } from './parity.ts';
import { savedmodelFormat } from './savedmodel.ts';

/** Converts each SavedModel and asks what came out about pictures that a line of JSON holds. */
const convert = (folders: readonly string[], pictures: readonly Uint8Array[], inputSize: readonly number[]): string => `
import json
import numpy as np, tensorflow as tf

pictures = np.array(json.loads("""${JSON.stringify(pictures.map((picture) => [...picture]))}"""), dtype="float32")
pictures = pictures.reshape([-1, 1, ${inputSize.join(', ')}, 3])
answers = []
for folder in ${JSON.stringify(folders)}:
    content = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    classify = tf.lite.Interpreter(model_content=content).get_signature_runner("serving_default")
    answers.append([classify(pixels=picture)["probabilities"][0].tolist() for picture in pictures])
print(json.dumps(answers))
`;

describe.skipIf(!hasPeerPython)('a SavedModel, converted by TensorFlow Lite (skipped where there is no Python)', () => {
  it('answers as the app does, with whole weights and with halves', { timeout: 300_000 }, async () => {
    const folder = await temporaryFolder();
    const pictures = classifierPictures();
    const context = classifierContext();
    for (const precision of ['float32', 'float16'] as const) {
      const own = path.join(folder, precision);
      await mkdir(own);
      await savedmodelFormat.write({ ...context, options: { ...context.options, precision } }, own);
    }
    const code = convert(['float32', 'float16'], pictures, context.inputSize);
    const lines = (await runPeerPython(folder, ['-c', code])).trimEnd().split('\n');
    const [whole, halves] = (JSON.parse(lines.at(-1)!) as number[][][]).map((answers) =>
      answers.map((answer) => Float32Array.from(answer)),
    );
    const expected = answersOf(context, pictures);
    context.model.dispose();
    expect(comparePredictions(expected, whole!).maxAbsoluteDifference).toBeLessThan(1e-4);
    expect(comparePredictions(expected, halves!).maxAbsoluteDifference).toBeLessThan(1e-2);
  });
});
