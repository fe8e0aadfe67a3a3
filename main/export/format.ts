import type { Split } from '../../contract/dataset.ts';
import type { ExportFormat, ExportOptions, ExportUsage } from '../../contract/model.ts';
import type { Recipe, RunResult } from '../../contract/run.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import type { RunAnswers } from '../engine/run-answers.ts';
import type { tf } from '../native/tf.ts';
import type { RunFacts } from './run-facts.ts';

/** Where a model comes from, for its card. Facts of the work only: no person, machine, folder or data set is named. */
export interface Provenance {
  graftVersion: string;
  backboneId: string;
  backboneName: string;
  backboneLicence: string;
  backbonePaper: string;
  /** Where the pretrained weights come from, as a sentence. */
  weightsOrigin: string;
  weightsSha256: string;
  /** 'gap' or 'flatten'. */
  head: string;
  /** Null for a saved model that was opened in Graft. */
  numTrainImages: number | null;
  /** 0..1 on the test split; null without one. */
  testAccuracy: number | null;
  /** Day of the training, as 2026-01-31; null for a saved model that was opened in Graft. */
  trainedOn: string | null;
}

/** How the model came to be, for formats that are about more than the model. */
export interface ExportedRun {
  backbone: BackboneSpec;
  /** SHA-256 of the file that somebody imported as the pretrained weights; null: Keras's own, or those that Graft ships. */
  importedWeights: string | null;
  /** True for a saved model that was opened in Graft: how it was trained, and on what, is not known. */
  isImported: boolean;
  /** Day on which Graft trained the model, or opened it, as 2026-01-31. */
  madeOn: string;
  head: Recipe['head'];
  /** What led to the model: each run began with what the one before had learnt; the last is this one. None of a saved model. */
  recipes: readonly Recipe[];
  /** Whose pictures the runs before learnt from; `unknown` where no run says so. */
  earlierData: 'same' | 'other' | 'unknown';
  /** The run that the first of them began with, where that is gone or a saved model; null: the backbone's own weights and a fresh head. */
  missingParentRunId: string | null;
  /** Null while it has not been evaluated. */
  result: Pick<RunResult, 'validation' | 'test'> | null;
  /** How the training of this run went, in numbers. */
  training: RunFacts;
  /** All pictures of the run, by path; paths are relative to the data set's folder, with forward slashes. */
  images: readonly { path: string; className: string; split: Split }[];
  /** Pixels as the model sees them: RGB 0..255, [height, width, 3]. @param path of one of `images`. @throws ImageProblem */
  decode(path: string): Promise<Uint8Array>;
  /** Features and probabilities of all pictures; the caller closes it. @throws dataset-changed, weights-missing */
  openAnswers(): Promise<RunAnswers>;
  /** Preprocessing and backbone as they were before the first of the runs; the caller disposes it. @throws weights-missing */
  loadPretrained(): Promise<tf.LayersModel>;
}

/** Everything that a format may write down. */
export interface ExportContext {
  /** Preprocessing, backbone and head in one flat model: RGB pixels 0..255 [batch, height, width, 3] in, probabilities [batch, numClasses] out. */
  model: tf.LayersModel;
  /** In the order of the probabilities. */
  classNames: readonly string[];
  /** [height, width] in pixels. */
  inputSize: readonly [number, number];
  provenance: Provenance;
  run: ExportedRun;
  options: ExportOptions;
}

/** One format that a model can leave in. A new one is a file with this interface and a line in the registry. */
export interface Format {
  id: ExportFormat;
  /** Options that it can do; others are refused before it is asked. */
  takes: readonly (keyof ExportOptions)[];
  /** Writes the model into a folder that exists and is empty, by `writeFileAtomic`, so that every byte is durable. @returns the names of the files written. */
  write(context: ExportContext, folder: string): Promise<string[]>;
  /**
   * Loads what was written, as others would, and predicts. For the parity check, in a process of its own.
   *
   * @param pixels one picture each: RGB 0..255, [height, width, 3].
   * @param paths of the pictures in the data set's folder, for a format that knows them by name.
   * Null for a format that holds neither a model nor answers.
   *
   * @returns probabilities [numClasses] of each.
   */
  predict:
    | ((
        folder: string,
        pixels: readonly Uint8Array[],
        inputSize: readonly [number, number],
        paths: readonly string[],
      ) => Promise<Float32Array[]>)
    | null;
  /** About ten lines that load what was written and ask it about one picture. */
  usage(context: ExportContext): ExportUsage;
}
