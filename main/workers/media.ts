import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ImageDetails, ImageFacts, SkippedFile } from '../../contract/dataset.ts';
import { GraftError, isGraftError } from '../../contract/errors.ts';
import type { AugmentedViews, ModelPrediction } from '../../contract/model.ts';
import type { Augmentation } from '../../contract/run.ts';
import { pixelFacts } from '../dataset/pixel-facts.ts';
import { pictureFile, type PicturePlaces } from '../dataset/added.ts';
import { LookWriter, readLooks } from '../dataset/look-store.ts';
import { LOOK_SOURCE_SIDE, lookOf } from '../dataset/looks.ts';
import { findNearDuplicates } from '../dataset/near-duplicates.ts';
import { drawSampleDataset } from '../dataset/sample.ts';
import { unpackArchive } from '../dataset/unpack.ts';
import { augmentFor } from '../engine/augment-views.ts';
import { openPredictor, type Predictor } from '../engine/predict.ts';
import { paced } from '../engine/training-job.ts';
import { readExif } from '../native/exif.ts';
import { atATime } from '../native/at-a-time.ts';
import { decodeByLibvips, decodeImage, describeImage, ImageProblem, thumbnail } from '../native/image.ts';
import { PictureReader } from '../native/picture-reader.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import { serveJobs } from './protocol.ts';

export interface ThumbnailJob {
  file: string;
  sizePx: number;
  cacheFolder: string;
}
export interface VerifyFilesJob extends PicturePlaces {
  paths: string[];
  /** Where what they look like is kept; without it nothing is. */
  looksFile?: string;
}
/** What decoding one file told. */
export type JudgedFile = { path: string; sha256: string; facts: ImageFacts } | SkippedFile;
/** Which file a decoder begins with, and what became of the one before: who ends the process is among those begun. */
export interface VerifyReport {
  begun?: string | undefined;
  judged?: JudgedFile | undefined;
}
export interface VerifiedFiles {
  sha256ByPath: [string, string][];
  factsByPath: [string, ImageFacts][];
  skipped: SkippedFile[];
}
/** SHA-256 and a path of each content. */
export type CompareJob = PicturePlaces & { looksFile: string; contents: [string, string][] };
type NearDuplicates = [string, string, number][];
export interface DescribeJob {
  file: string;
  name: string;
}
export interface PredictJob {
  home: string;
  assets: string;
  cacheFolder: string;
  runId: string;
  folder: string;
  pictures: { imageId: string; file: string; name: string }[];
}
export interface AugmentJob {
  file: string;
  name: string;
  augmentation: Augmentation;
  seed: number;
  numViews: number;
}
export interface UnpackJob {
  file: string;
  /** Does not exist yet. */
  folder: string;
}
export interface DrawSampleJob {
  folder: string;
  seed: number;
}

/** Models kept warm: the one in use and the one before. */
const MAX_PREDICTORS = 2;
const predictors = new Map<string, Promise<Predictor>>();
let predicting: Promise<unknown> = Promise.resolve();

/** Files are judged by their pixels at this size; `ImageFacts` says so of its sharpness. */
const VERDICT_SIDE = LOOK_SOURCE_SIDE;
/** Files that libvips decodes at a time: they may be of a hundred megapixels. */
const byLibvips = atATime(2);
/** Pixels of a view for people to look at. */
const AUGMENTED_SIDE = 96;

serveJobs({
  thumbnail: async ({ file, sizePx, cacheFolder }: ThumbnailJob) => {
    const { size, mtimeMs } = await stat(file).catch(() => {
      throw new GraftError('image-not-readable', { name: path.basename(file), reason: 'unreadable' });
    });
    const key = createHash('sha256')
      .update(JSON.stringify([file, size, mtimeMs, sizePx]))
      .digest('hex');
    const kept = path.join(cacheFolder, 'thumbnails', key.slice(0, 2), `${key}.webp`); // a JPEG has that name too
    const cached = await readFile(kept).catch(() => null);
    if (cached) return cached;
    try {
      const bytes = await thumbnail(await readFile(file), sizePx);
      await writeFileAtomic(kept, bytes).catch(() => undefined); // a full disk must not cost the picture on screen
      return bytes;
    } catch (error) {
      throw asNotReadable(error, path.basename(file));
    }
  },

  /** Decodes every file once, for the verdicts; all it has to say is in its reports, so that nothing is lost when a file ends it. */
  verifyFiles: async ({ paths, looksFile, ...places }: VerifyFilesJob, report, signal): Promise<null> => {
    const looks = looksFile === undefined ? null : await LookWriter.open(looksFile);
    const tell = (told: VerifyReport) => report(told);
    const waiting = paths.values();
    const reader = new PictureReader(paths.length);
    const work = async () => {
      let judged: JudgedFile | undefined;
      for (const path of waiting) {
        if (signal.aborted) return;
        tell({ begun: path, judged });
        judged = await judge(reader, path, pictureFile(places, path), looks);
      }
      tell({ judged });
    };
    try {
      await Promise.all(Array.from({ length: reader.numAtATime }, work));
    } finally {
      await reader.close();
      await looks?.close();
    }
    signal.throwIfAborted();
    return null;
  },

  /** Finds the pictures that are others made over. */
  compare: async ({ contents, looksFile, ...places }: CompareJob, report, signal): Promise<NearDuplicates> => {
    const looks = await readLooks(looksFile, new Set(contents.map(([sha256]) => sha256)));
    const missing = contents.filter(([sha256]) => !looks.has(sha256));
    if (missing.length > 0) {
      const writer = await LookWriter.open(looksFile);
      try {
        for (const [sha256, name] of missing) {
          signal.throwIfAborted();
          const look = await lookAt(pictureFile(places, name));
          if (look === null) continue; // changed meanwhile: the next scan says so
          looks.set(sha256, look);
          await writer.add(sha256, look).catch(() => undefined); // it is here for now
        }
      } finally {
        await writer.close();
      }
    }
    const known = contents.filter(([sha256]) => looks.has(sha256));
    const tick = paced((done, total) => report({ done, total }));
    const pairs = await findNearDuplicates(
      known.map(([sha256]) => looks.get(sha256)!),
      { signal, onProgress: tick },
    );
    return pairs.map(({ a, b, similarity }) => [known[a]![0], known[b]![0], similarity]);
  },

  /** Size, format and EXIF of one file; no pixel is decoded. */
  describe: async ({ file, name }: DescribeJob): Promise<ImageDetails> => {
    const bytes = await readFile(file).catch((cause: unknown) => {
      throw new GraftError('image-not-readable', { name, reason: 'unreadable' }, { cause });
    });
    try {
      const { format, height, width, exif } = await describeImage(bytes);
      return { format, height, width, sizeBytes: bytes.length, exif: exif === null ? null : readExif(exif) };
    } catch (error) {
      throw asNotReadable(error, name);
    }
  },

  /** One call at a time: a model that answers is never put away under its own hands. */
  predict: (job: PredictJob, _report, signal): Promise<ModelPrediction[]> => {
    const answers = predicting.then(() => predictAll(job, signal));
    predicting = answers.catch(() => undefined);
    return answers;
  },

  /** One picture as training would see it. */
  augment: async ({ file, name, augmentation, seed, numViews }: AugmentJob): Promise<AugmentedViews> => {
    const size = [AUGMENTED_SIDE, AUGMENTED_SIDE] as const;
    try {
      const bytes = await readFile(file);
      const { pixels } = await decodeImage(bytes, size);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const views = Array.from({ length: numViews }, (_, view) =>
        view === 0 || augmentation.strength === 'none'
          ? pixels
          : augmentFor({ augmentation, seed }, view, size).augment(pixels, sha256),
      );
      return { side: AUGMENTED_SIDE, views: views.map((view) => Buffer.from(view).toString('base64')) };
    } catch (error) {
      throw asNotReadable(error, name);
    }
  },

  unpack: ({ file, folder }: UnpackJob, report, signal) =>
    unpackArchive(file, folder, { signal, onProgress: (done, total) => report({ done, total }) }),

  drawSample: ({ folder, seed }: DrawSampleJob, report, signal) =>
    drawSampleDataset(folder, { seed, onProgress: report, signal }),
});

async function judge(reader: PictureReader, path: string, file: string, looks: LookWriter | null): Promise<JudgedFile> {
  let judged: Exclude<JudgedFile, SkippedFile>;
  let look: Uint8Array;
  try {
    const read = await reader.read(file, [VERDICT_SIDE, VERDICT_SIDE]);
    const { pixels, height, width, conversions } = read.pixels
      ? { ...read, conversions: [] }
      : await byLibvips(async () => ({
          ...(await decodeByLibvips(read.bytes, [VERDICT_SIDE, VERDICT_SIDE])),
          ...(await describeImage(read.bytes)),
        }));
    look = lookOf(pixels, VERDICT_SIDE);
    judged = { path, sha256: read.sha256, facts: { height, width, conversions, ...pixelFacts(pixels, VERDICT_SIDE) } };
  } catch (error) {
    if (error instanceof ImageProblem) return { path, reason: error.reason, detail: error.detail ?? '' };
    return { path, reason: 'unreadable', detail: (error as NodeJS.ErrnoException).code ?? '' };
  }
  await looks?.add(judged.sha256, look).catch(() => undefined); // a full disk says nothing about the picture
  return judged;
}

async function lookAt(file: string): Promise<Uint8Array | null> {
  try {
    return lookOf((await decodeImage(await readFile(file), [VERDICT_SIDE, VERDICT_SIDE])).pixels, VERDICT_SIDE);
  } catch {
    return null;
  }
}

async function predictAll(job: PredictJob, signal: AbortSignal): Promise<ModelPrediction[]> {
  const predictor = await warmPredictor(job);
  const answers: ModelPrediction[] = [];
  for (const picture of job.pictures) {
    signal.throwIfAborted();
    answers.push(await predictOne(predictor, picture));
  }
  return answers;
}

async function predictOne(predictor: Predictor, picture: PredictJob['pictures'][number]): Promise<ModelPrediction> {
  const startedAt = performance.now();
  try {
    const bytes = await readFile(picture.file).catch((cause: unknown) => {
      throw new GraftError('image-not-readable', { name: picture.name, reason: 'unreadable' }, { cause });
    });
    const probabilities = await predictor.predict(bytes);
    const top = predictor.model.classNames
      .map((className, i) => ({ className, probability: probabilities[i]! }))
      .sort((a, b) => b.probability - a.probability);
    return { imageId: picture.imageId, top, durationMs: performance.now() - startedAt, error: null };
  } catch (error) {
    const known = asNotReadable(error, picture.name);
    if (!isGraftError(known)) throw error;
    return {
      imageId: picture.imageId,
      top: [],
      durationMs: performance.now() - startedAt,
      error: { code: known.code, params: known.params },
    };
  }
}

function asNotReadable(error: unknown, name: string): unknown {
  return error instanceof ImageProblem
    ? new GraftError('image-not-readable', { name, reason: error.reason }, { cause: error })
    : error;
}

async function warmPredictor(job: PredictJob): Promise<Predictor> {
  const warm = predictors.get(job.runId);
  predictors.delete(job.runId); // the newest is last
  const opening = warm ?? openPredictor(job.folder, job.runId, job);
  predictors.set(job.runId, opening);
  opening.catch(() => predictors.delete(job.runId));
  for (const [runId, old] of predictors) {
    if (predictors.size <= MAX_PREDICTORS) break;
    predictors.delete(runId);
    void old.then((predictor) => predictor.dispose());
  }
  return opening;
}
