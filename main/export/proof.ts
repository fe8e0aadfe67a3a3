import { readFile } from 'node:fs/promises';
import type { Split } from '../../contract/dataset.ts';
import { GraftError, isGraftError } from '../../contract/errors.ts';
import type { ExportFormat, ExportOptions, Parity } from '../../contract/model.ts';
import { pictureFile } from '../dataset/added.ts';
import { openPredictor } from '../engine/predict.ts';
import { answersFor, type AnswersJob } from '../engine/run-answers.ts';
import { decodeImage, ImageProblem } from '../native/image.ts';
import { comparePredictions, isAlike } from './parity.ts';
import { formats } from './registry.ts';

/** Pictures that the certificate rests on, where there are so many. */
const NUM_PARITY_IMAGES = 32;

/** Pictures to choose from, by their paths in the data set. */
export interface ProofPictures {
  images: readonly { path: string; className: string; split: Split }[];
}

/** What a fresh process needs to check an export. */
export interface VerifyJob {
  format: ExportFormat;
  precision: ExportOptions['precision'];
  /** Folder of what was written. */
  folder: string;
  inputSize: readonly [number, number];
  /** Of the pictures, in the folder of `app.data`. */
  paths: string[];
  /** Whom to ask for the app's answers. */
  app: AnswersJob;
  /** Probabilities by class index, a picture each, as the app has them; null: the network itself is to be asked. */
  expected: Float32Array[] | null;
}

/** Pictures that the model did not learn from, of every class in turn: test, else validation, else train. */
export function heldOut(splits: ProofPictures): string[] {
  const order = ['test', 'validation', 'train'] as const;
  const byClass = new Map<string, string[]>();
  for (const split of order) {
    for (const image of splits.images) {
      if (image.split !== split) continue;
      const own = byClass.get(image.className) ?? [];
      byClass.set(image.className, own);
      own.push(image.path);
    }
  }
  const chosen: string[] = [];
  for (let round = 0; chosen.length < Math.min(NUM_PARITY_IMAGES, splits.images.length); round++) {
    for (const own of byClass.values())
      if (own[round] !== undefined && chosen.length < NUM_PARITY_IMAGES) chosen.push(own[round]!);
  }
  return chosen;
}

/**
 * What the app has of pictures: from its features of their bytes, as its results are, computed where the cache lacks them.
 *
 * @returns null where the network itself is to be asked: for features, which are not to prove themselves, and where the
 *   cache cannot be used
 * @throws dataset-changed where one is gone, image-not-readable where one is broken; weights-missing, weights-damaged
 */
export async function knownAnswers(
  format: ExportFormat,
  app: AnswersJob,
  paths: readonly string[],
): Promise<Float32Array[] | null> {
  if (format === 'features') return null;
  return answersFor(app, paths).catch((error: unknown) => {
    if (isGraftError(error) && error.code !== 'disk-full' && error.code !== 'cannot-write') throw error;
    return null;
  });
}

/** What the network of a run says of pictures, picture by picture, as in the window. @throws as `knownAnswers` */
async function askTheNetwork(app: AnswersJob, paths: readonly string[]): Promise<Float32Array[]> {
  const predictor = await openPredictor(app.runFolder, app.runId, app);
  try {
    const answers: Float32Array[] = [];
    for (const path of paths)
      answers.push(
        await held(path, app.datasetName, async () => predictor.predict(await readFile(pictureFile(app.data, path)))),
      );
    return answers;
  } finally {
    await predictor.dispose();
  }
}

/** Reads a picture of the run. @throws dataset-changed where it is gone, image-not-readable where it is broken */
export async function held<T>(name: string, datasetName: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof ImageProblem)
      throw new GraftError('image-not-readable', { name, reason: cause.reason }, { cause });
    if (cause instanceof Error && 'syscall' in cause)
      throw new GraftError('dataset-changed', { name: datasetName, numFiles: 1, files: [name] }, { cause });
    throw cause;
  }
}

/**
 * Loads an export as others would and compares it with the app, from the picture files. For a fresh process.
 *
 * What the cache holds may be damaged, and that is no fault of the export: where the two differ the network is asked.
 */
export async function verifyExport(job: VerifyJob): Promise<Parity> {
  const { format, precision, folder, inputSize, paths, app, expected } = job;
  const pixels = await Promise.all(
    paths.map((path) =>
      held(path, app.datasetName, async () => {
        const bytes = await readFile(pictureFile(app.data, path));
        return (await decodeImage(bytes, inputSize)).pixels;
      }),
    ),
  );
  const { predict } = formats[format];
  if (!predict) throw new Error(`${format} holds no model`);
  const found = await predict(folder, pixels, inputSize, paths);
  if (expected) {
    const parity = comparePredictions(expected, found);
    if (isAlike(parity, precision)) return parity;
  }
  return comparePredictions(await askTheNetwork(app, paths), found);
}
