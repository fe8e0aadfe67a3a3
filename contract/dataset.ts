import { z } from './zod.ts';

/** The three parts of a data set. */
export const Split = z.enum(['train', 'validation', 'test']);
export type Split = z.infer<typeof Split>;

/** Why a file is not used. */
export const SkipReason = z.enum([
  'not-an-image',
  'corrupt',
  'truncated',
  'empty',
  'unreadable',
  'unsupported-format',
  'too-large',
  'too-small',
  'no-class',
  'too-deep',
  'duplicate-name',
]);
export type SkipReason = z.infer<typeof SkipReason>;

export const DatasetRef = z.object({ datasetId: z.string().min(1).max(100) });

export const SkippedFile = z.object({ path: z.string(), reason: SkipReason, detail: z.string().optional() });
export type SkippedFile = z.infer<typeof SkippedFile>;

export const ClassCounts = z.object({
  name: z.string(),
  numImages: z.int(),
  train: z.int(),
  validation: z.int(),
  test: z.int(),
});
export type ClassCounts = z.infer<typeof ClassCounts>;

/** Something the user should know about a data set before training; `params` are facts for the sentence in `strings`. */
export const DatasetWarning = z.object({
  code: z.enum(['one-class', 'empty-class', 'class-too-small', 'no-images', 'class-missing-in-split', 'imbalanced']),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  /** True when training cannot start until it is mended. */
  blocking: z.boolean(),
});
export type DatasetWarning = z.infer<typeof DatasetWarning>;

export const DatasetSummary = DatasetRef.extend({
  name: z.string(),
  kind: z.enum(['folder', 'upload', 'sample']),
  phase: z.enum(['uploading', 'drawing', 'scanning', 'ready', 'failed', 'missing']),
  numImages: z.int(),
  numClasses: z.int(),
  createdAt: z.string(),
});
export type DatasetSummary = z.infer<typeof DatasetSummary>;

/** Everything about a data set but its pictures, which go by page. */
export const DatasetSnapshot = DatasetSummary.extend({
  /** Where the split comes from: the folders, or a seeded stratified draw with the default recipe. */
  splitFrom: z.enum(['folders', 'drawn']),
  /** `<class>/…` alone, or `train|validation|test/<class>/…`. */
  layout: z.enum(['classes', 'splits', 'unknown']),
  classes: z.array(ClassCounts),
  numSkipped: z.int(),
  warnings: z.array(DatasetWarning),
  /** While drawing, uploading or scanning: how far. `checked` counts files decoded so far. */
  progress: z.object({ done: z.int(), total: z.int() }).nullable(),
  error: z.object({ code: z.string(), params: z.record(z.string(), z.unknown()) }).nullable(),
});
export type DatasetSnapshot = z.infer<typeof DatasetSnapshot>;

export const ImageItem = z.object({
  imageId: z.string(),
  /** Relative to the data set's folder, with forward slashes. */
  path: z.string(),
  className: z.string(),
  split: Split,
});
export type ImageItem = z.infer<typeof ImageItem>;
export const ImagePage = z.object({ total: z.int(), images: z.array(ImageItem) });
export const SkippedPage = z.object({ total: z.int(), files: z.array(SkippedFile) });
