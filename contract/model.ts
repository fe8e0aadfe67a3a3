import { z } from './zod.ts';

/** The formats a model can leave in. Those that a later version brings are listed in the window, not here. */
export const ExportFormat = z.enum(['tfjs']);
export type ExportFormat = z.infer<typeof ExportFormat>;

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
  phase: z.enum(['running', 'finished', 'failed']),
  /** File names inside the export's folder. */
  files: z.array(z.object({ name: z.string(), sizeBytes: z.int() })),
  /** Where it lies on the backend's machine; null when the caller must fetch it as an archive. */
  folder: z.string().nullable(),
  parity: Parity.nullable(),
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
