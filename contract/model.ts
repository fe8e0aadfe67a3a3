import { z } from './zod.ts';

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
  tfjs: [],
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
