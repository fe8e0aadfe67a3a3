import { readFile } from 'node:fs/promises';
import type { Split } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import type { ExportFormat, Parity } from '../../contract/model.ts';
import { pictureFile } from '../dataset/added.ts';
import { openPredictor } from '../engine/predict.ts';
import { answersFor, type AnswersJob } from '../engine/run-answers.ts';
import { decodeImage, ImageProblem } from '../native/image.ts';
import { comparePredictions } from './parity.ts';
import { formats } from './registry.ts';

/** Pictures that the certificate rests on, where there are so many. */
const NUM_PARITY_IMAGES = 32;

/** Pictures to choose from, by their paths in the data set. */
export interface ProofPictures {
  images: readonly { path: string; className: string; split: Split }[];
}

/** What a fresh process needs to check an export: files, and what the app answered. */
export interface VerifyJob {
  format: ExportFormat;
  /** Folder of what was written. */
  folder: string;
  inputSize: readonly [number, number];
  pictures: string[];
  /** Of the same pictures in the data set's folder. */
  paths: string[];
  /** Probabilities by class index, a picture each, as the app gave them. */
  expected: Float32Array[];
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
 * What the app says of pictures: its features of their bytes, as a training and its results have them, computed where
 * the cache lacks them, and the head. Features themselves are proved by answers that no cache has a part in.
 *
 * @throws dataset-changed where one is gone, image-not-readable where one is broken
 */
export async function askTheApp(
  format: ExportFormat,
  job: AnswersJob,
  paths: readonly string[],
): Promise<Float32Array[]> {
  if (format !== 'features') return answersFor(job, paths);
  const predictor = await openPredictor(job.runFolder, job.runId, job);
  try {
    const answers: Float32Array[] = [];
    for (const path of paths)
      answers.push(
        await held(path, job.datasetName, async () => predictor.predict(await readFile(pictureFile(job.data, path)))),
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

/** Loads an export as others would and compares it with the app, from the picture files. For a fresh process. */
export async function verifyExport(job: VerifyJob): Promise<Parity> {
  const { format, folder, inputSize, pictures, paths, expected } = job;
  const pixels = await Promise.all(
    pictures.map(async (file) => (await decodeImage(await readFile(file), inputSize)).pixels),
  );
  const { predict } = formats[format];
  if (!predict) throw new Error(`${format} holds no model`);
  return comparePredictions(expected, await predict(folder, pixels, inputSize, paths));
}
