import { z } from './zod.ts';
import { PixelScaling } from './backbone.ts';
import { ClassName } from './dataset.ts';
import { RunOrigin, RunRef } from './run.ts';

/** The formats a model can leave in. `features`: what the backbone gives for each picture, and what the model says of it. */
export const ExportFormat = z.enum(['keras', 'h5', 'tfjs', 'onnx', 'savedmodel', 'script', 'features']);
export type ExportFormat = z.infer<typeof ExportFormat>;

/** What a person may choose of an export. A format that cannot do what is asked refuses it. */
export const ExportOptions = z.object({
  /** How weights are stored; computed is in float32 either way. */
  precision: z.enum(['float32', 'float16']).default('float32'),
  /** Put each batch normalisation into the convolution before it: smaller and faster, the layer is gone. ONNX only. */
  foldBatchNormalization: z.boolean().default(false),
});
export type ExportOptions = z.infer<typeof ExportOptions>;

/** What a person may choose of each format; what is not named here is refused. */
export const exportOptionsOf: { readonly [F in ExportFormat]: readonly (keyof ExportOptions)[] } = {
  keras: ['precision'],
  h5: ['precision'],
  tfjs: ['precision'],
  onnx: ['precision', 'foldBatchNormalization'],
  savedmodel: ['precision'],
  script: [],
  features: [],
};

/** How to use what was exported: a few lines to copy, the same as on the model's card. */
export const ExportUsage = z.object({
  language: z.enum(['python', 'javascript', 'shell']),
  /** One command that installs what the lines need. */
  install: z.string(),
  code: z.string(),
});
export type ExportUsage = z.infer<typeof ExportUsage>;

/** What a model says of one picture. A picture that cannot be read has an error instead of probabilities. */
export const ModelPrediction = z.object({
  imageId: z.string(),
  /** Most probable first. */
  top: z.array(z.object({ className: z.string(), probability: z.number() })),
  durationMs: z.number(),
  error: z.object({ code: z.string(), params: z.record(z.string(), z.unknown()) }).nullable(),
});
export type ModelPrediction = z.infer<typeof ModelPrediction>;

/** How closely the exported files, loaded again in a fresh process, answer as the app does. */
export const Parity = z.object({
  numImages: z.int(),
  maxAbsoluteDifference: z.number(),
  meanAbsoluteDifference: z.number(),
  numChangedLabels: z.int(),
});
export type Parity = z.infer<typeof Parity>;

export const ExportReport = z.object({
  exportId: z.string(),
  runId: z.string(),
  format: ExportFormat,
  options: ExportOptions,
  phase: z.enum(['running', 'finished', 'failed']),
  /** File names inside the export's folder. */
  files: z.array(z.object({ name: z.string(), sizeBytes: z.int() })),
  /** Where it lies on the backend's machine; null when the caller must fetch it as an archive. */
  folder: z.string().nullable(),
  /** Null until it is finished, and for a script, which holds no model yet. */
  parity: Parity.nullable(),
  /** Null until it is finished. */
  usage: ExportUsage.nullable(),
  error: z.object({ code: z.string(), params: z.record(z.string(), z.unknown()) }).nullable(),
});
export type ExportReport = z.infer<typeof ExportReport>;

/** A training picture as an augmentation changes it, for people to look at. */
export const AugmentedViews = z.object({
  /** Side of each view in pixels. */
  side: z.int(),
  /** RGB 0..255, [side, side, 3], in base64; the first is the picture itself. */
  views: z.array(z.string()),
});
export type AugmentedViews = z.infer<typeof AugmentedViews>;

/** How to take a saved model in as a run; what is left out is said by the model itself, or by a list of labels beside it. */
export const ImportOptions = z.object({
  name: z.string().trim().min(1).max(80).optional(),
  /** In the order of the model's outputs. */
  classNames: z.array(ClassName).min(2).max(10_000).optional(),
  pixels: PixelScaling.optional(),
});
export type ImportOptions = z.infer<typeof ImportOptions>;

/** A run that was made of a saved model. */
export const ImportedModel = RunRef.extend({
  backboneId: z.string(),
  classNames: z.array(z.string()),
  classNamesFrom: RunOrigin.shape.classNamesFrom,
  /** What the model takes for pixels 0..255. */
  pixels: PixelScaling,
});
export type ImportedModel = z.infer<typeof ImportedModel>;
