import type { ExportFormat, ExportOptions, ExportUsage } from '../../contract/model.ts';
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
  numTrainImages: number;
  /** 0..1 on the test split; null without one. */
  testAccuracy: number | null;
  /** Day of the training, as 2026-01-31. */
  trainedOn: string;
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
  /** How the training went, for the card. */
  run: RunFacts;
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
   * Null for a format that holds no model.
   *
   * @returns probabilities [numClasses] of each.
   */
  predict:
    | ((folder: string, pixels: readonly Uint8Array[], inputSize: readonly [number, number]) => Promise<Float32Array[]>)
    | null;
  /** About ten lines that load what was written and ask it about one picture. */
  usage(context: ExportContext): ExportUsage;
}
