import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import type { ExportFormat } from '../../contract/model.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import type { RunAnswers } from '../engine/run-answers.ts';
import { loadBroughtModel } from '../lowering/import/load-model.ts';
import { lowerToKeras } from '../lowering/keras/lower.ts';
import { writeH5 } from '../lowering/keras/write-h5.ts';
import { decodeImage } from '../native/image.ts';
import { tf } from '../native/tf.ts';
import { exportedRun } from '../testing/exported-run.ts';
import { picturesOf, wholeExport } from '../testing/whole-export.ts';
import { drawWeights } from '../testing/layer-cases.ts';
import { noisePixels, rawImage } from '../testing/images.ts';
import { hasPeerPython, runPeerPython } from '../testing/peer-python.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import type { ExportedRun } from './format.ts';
import { comparePredictions } from './parity.ts';
import { formats } from './registry.ts';
import { writeExport } from '../testing/write-export.ts';

/** Formats whose lines ask the model about `picture.jpg` and print each class with its probability. */
const asked: readonly ExportFormat[] = ['keras', 'h5', 'onnx', 'savedmodel'];

/** Runs the same lines on one picture after the other: importing TensorFlow takes longer than all else. */
const onEach = (code: string, pictures: readonly string[]): string => `
import shutil
for picture in ${JSON.stringify(pictures)}:
    shutil.copy(picture, "picture.jpg")
    exec(${JSON.stringify(code)}, {})
    print("---")
`;

const context = wholeExport({ classNames: ['zebra', 'ant', 'night'] });
const { pixels, expected } = picturesOf(context);
/** Probabilities [numClasses] of a picture, by the model itself. */
const answerOf = (picture: Uint8Array): Float32Array =>
  tf.tidy(() => {
    const images = tf.tensor4d(picture, [1, ...context.inputSize, 3]);
    return (context.model.predict(images) as tf.Tensor2D).dataSync<'float32'>() as never; // a plain array: nothing for tidy to keep
  });
afterAll(() => context.model.dispose());

// The lines for JavaScript run in a browser: e2e/export.spec.ts.
describe.skipIf(!hasPeerPython)('the lines on the card, run by real Python (skipped where there is none)', () => {
  it.for(asked)('give the probabilities of the app: %s', { timeout: 240_000 }, async (format, { skip }) => {
    const out = path.join(await temporaryFolder(), 'out');
    const { predict } = formats[format];
    const verify = async (folder: string) =>
      comparePredictions(expected, await predict!(folder, pixels, context.inputSize, []));
    const written = await writeExport(format, context, out, verify).catch((error: unknown) => {
      if (error instanceof GraftError && error.code === 'not-yet') return null;
      throw error;
    });
    if (!written) return skip(`${format} is not written yet`);
    const [height, width] = context.inputSize;
    // Exact pixels: Pillow goes by what is in a file, not by its name.
    const opaque = await rawImage(pixels[0]!, height, width).png().toBuffer();
    const transparent = await transparentPicture();
    await writeFile(path.join(out, 'opaque.png'), opaque);
    await writeFile(path.join(out, 'transparent.png'), transparent);
    const stdout = await runPeerPython(out, ['-c', onEach(written.usage.code, ['opaque.png', 'transparent.png'])]);
    const said = stdout.split('---');
    const answers = [expected[0]!, answerOf((await decodeImage(transparent, context.inputSize)).pixels)];
    for (const [index, answer] of answers.entries())
      for (const [classIndex, className] of context.classNames.entries()) {
        const probability = new RegExp(`${className}\\W+(\\d\\.\\d+)`).exec(said[index]!)?.[1];
        expect(Number(probability), stdout).toBeCloseTo(answer[classIndex]!, 3);
      }
  });

  it('train a classifier on the features', { timeout: 60_000 }, async () => {
    const out = await temporaryFolder();
    const accuracy = async (folder: string, run: Pick<ExportedRun, 'images' | 'openAnswers'>) => {
      const whole = { ...context, run: { ...context.run, ...run } };
      const agreed = comparePredictions([Float32Array.of(1)], [Float32Array.of(1)]);
      const { usage } = await writeExport('features', whole, folder, async () => agreed);
      return runPeerPython(folder, ['-c', usage.code]);
    };
    // Each class has two test pictures, of which those of the last lie nearest to the first class.
    expect(await accuracy(path.join(out, 'all'), featuresOfClasses())).toMatch(/^accuracy 0\.66/);
    // Here it is those of the class that no picture was trained with.
    expect(await accuracy(path.join(out, 'two'), featuresOfClasses('ant'))).toMatch(/^accuracy 0\.57/);
  });

  it('train the model anew: the head, then layers of the backbone', { timeout: 300_000 }, async () => {
    const folder = await temporaryFolder();
    const { data, images } = await drawClasses(folder, context.classNames);
    const recipe = {
      ...{ backbone: 'mobilenet-0.25', inputSize: 64, epochs: 1, batchSize: 4 },
      ...{ trainable: { from: 'conv_pw_13' }, fineTune: { epochs: 1 } },
    };
    const script = { ...context, inputSize: [64, 64] as const, run: exportedRun(recipe, { images }) };
    const out = path.join(folder, 'out');
    await writeExport('script', script, out, () => expect.fail('there is no model in it'));
    const weights = await drawWeightsFile(path.join(folder, 'weights.h5'), script.run.backbone, script.inputSize);
    const args = [data, '--weights', weights, '--out', 'made'];
    const stdout = await runPeerPython(folder, [path.join(out, 'train.py'), ...args]);
    expect(stdout).toMatch(/^validation accuracy: [01]\.\d{4} \(3 pictures\)$/m);
    expect(stdout).toMatch(/^test accuracy: [01]\.\d{4} \(3 pictures\)$/m);
    const made = path.join(folder, 'made');
    expect((await readdir(made)).sort()).toEqual(['metrics.csv', 'model.keras']);
    const rows = (await readFile(path.join(made, 'metrics.csv'), 'utf8')).trimEnd().split(/\r?\n/);
    expect(rows.map((row) => row.split(',').slice(0, 2).join(' '))).toEqual(['phase epoch', 'head 1', 'fine-tune 1']);
    const model = await loadBroughtModel(path.join(made, 'model.keras'));
    expect(model.outputs[0]!.shape).toEqual([null, context.classNames.length]);
    model.dispose();
  });
});

/** A PNG of the input's size whose pixels let more and more of the ground through. */
function transparentPicture(): Promise<Buffer> {
  const [height, width] = context.inputSize;
  const rgba = Uint8Array.from({ length: height * width * 4 }, (_, at) =>
    at % 4 === 3 ? (at >> 2) % 256 : (at * 31) % 200,
  );
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
}

/** Features of nine pictures, three of each class: one to train with, two for test. @param untrained class whose pictures are all for test */
function featuresOfClasses(untrained?: string): Pick<ExportedRun, 'images' | 'openAnswers'> {
  const images = context.classNames.flatMap((className) =>
    ([className === untrained ? 'test' : 'train', 'test', 'test'] as const).map((split, index) => ({
      path: `${className}/${index}.jpg`,
      className,
      split,
    })),
  );
  const answers: RunAnswers = {
    images,
    numChannels: 2,
    featuresOf(index) {
      const [classIndex, isTest] = [Math.floor(index / 3), index % 3 > 0];
      return Float32Array.of(classIndex === 2 && isTest && untrained === undefined ? 0 : classIndex ** 2, index / 100);
    },
    probabilitiesOf: () => Float32Array.of(1, 0, 0),
    close: () => undefined,
  };
  return { images, openAnswers: async () => answers };
}

/** Draws two pictures to train with, one for validation and one for test of each class. @returns their folder and their list */
async function drawClasses(folder: string, classNames: readonly string[]) {
  const data = path.join(folder, 'data');
  const images: ExportedRun['images'][number][] = [];
  for (const [classIndex, className] of classNames.entries()) {
    await mkdir(path.join(data, className), { recursive: true });
    for (const [index, split] of (['train', 'train', 'validation', 'test'] as const).entries()) {
      const file = `${className}/${index}.png`;
      const pixels = noisePixels(40, 60, 10 * classIndex + index);
      await writeFile(path.join(data, file), await rawImage(pixels, 40, 60).png().toBuffer());
      images.push({ path: file, className, split });
    }
  }
  return { data, images };
}

/** Writes drawn weights of a backbone as the file that Keras would fetch. */
async function drawWeightsFile(file: string, spec: BackboneSpec, inputSize: readonly [number, number]) {
  const base = await spec.build(inputSize);
  drawWeights(base);
  await writeH5(lowerToKeras(base, 'keras2', 'backbone'), file, 'float32', {});
  base.dispose();
  return file;
}
