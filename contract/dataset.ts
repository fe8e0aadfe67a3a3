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
  /** Not taken out of the archive that the data set came in; `detail` says why. */
  'left-in-archive',
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

/** Name of a class; a folder when the data set is written as folders. */
export const ClassName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^/\\\0]+$/);

/** Which pictures of a data set; all conditions hold. */
export const ImageFilter = z.object({
  className: z.string().optional(),
  split: Split.optional(),
  /** Part of the path, in any case. */
  search: z.string().max(200).optional(),
  /** Those the user has taken out, instead of those in use. */
  isExcluded: z.boolean().optional(),
});
export type ImageFilter = z.infer<typeof ImageFilter>;

/** Pictures by name, or all that a filter finds. */
export const Selection = z.union([
  z.object({ imageIds: z.array(z.string().max(200)).min(1).max(20_000) }),
  z.object({ where: ImageFilter }),
]);
export type Selection = z.infer<typeof Selection>;

/** A change to a data set. It lives in Graft's own manifest: no file of the user is touched. */
export const DatasetEdit = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('relabel'), images: Selection, className: ClassName }),
  /** Each picture into a class of its own; the last counts where one is named twice. */
  z.object({
    kind: z.literal('relabel-each'),
    images: z
      .array(z.object({ imageId: z.string().max(200), className: ClassName }))
      .min(1)
      .max(20_000),
  }),
  z.object({ kind: z.literal('exclude'), images: Selection }),
  /** Takes excluded pictures back in. */
  z.object({ kind: z.literal('include'), images: Selection }),
  z.object({ kind: z.literal('move'), images: Selection, split: Split }),
  z.object({ kind: z.literal('add-class'), className: ClassName }),
  /** Into a class that exists: the two become one. */
  z.object({ kind: z.literal('rename-class'), from: z.string(), to: ClassName }),
  /** Excludes its pictures. */
  z.object({ kind: z.literal('remove-class'), className: z.string() }),
  /** Splits anew: fractions of each class; duplicates stay on one side. */
  z.object({
    kind: z.literal('draw-split'),
    validationFraction: z.number().gt(0).lt(1),
    testFraction: z.number().min(0).lt(1),
    seed: z.int().min(0).max(0xffffffff),
  }),
  /** Cuts all pictures but those for test into folds of each class; one is for validation. */
  z.object({
    kind: z.literal('draw-fold'),
    numFolds: z.int().min(2).max(20),
    /** From 0. */
    fold: z.int().min(0).max(19),
    seed: z.int().min(0).max(0xffffffff),
  }),
]);
export type DatasetEdit = z.infer<typeof DatasetEdit>;

/** An edit in short, for the menu: what undoing or doing again would change. */
export const EditSummary = z.object({
  kind: z.enum([
    'relabel',
    'relabel-each',
    'exclude',
    'include',
    'move',
    'add-class',
    'rename-class',
    'remove-class',
    'split',
  ]),
  /** Pictures named by it; 0 for edits of classes. */
  numImages: z.int(),
  /** Class or split that it leads to or removes; empty where there are several or none. */
  target: z.string(),
});
export type EditSummary = z.infer<typeof EditSummary>;

export const DatasetSummary = DatasetRef.extend({
  name: z.string(),
  kind: z.enum(['folder', 'upload', 'sample', 'archive', 'link']),
  /** `paused`: a download that was stopped, or an archive whose unpacking was cut off; `dataset.resume` goes on. */
  phase: z.enum([
    'uploading',
    'downloading',
    'unpacking',
    'paused',
    'drawing',
    'scanning',
    'ready',
    'failed',
    'missing',
  ]),
  numImages: z.int(),
  numClasses: z.int(),
  createdAt: z.string(),
});
export type DatasetSummary = z.infer<typeof DatasetSummary>;

/** Everything about a data set but its pictures, which go by page. */
export const DatasetSnapshot = DatasetSummary.extend({
  /** Where the split comes from: the folders, a seeded stratified draw with the default recipe, or the user's edits. */
  splitFrom: z.enum(['folders', 'drawn', 'edited']),
  /** `<class>/…` alone, or `train|validation|test/<class>/…`. */
  layout: z.enum(['classes', 'splits', 'unknown']),
  classes: z.array(ClassCounts),
  numSkipped: z.int(),
  /** Taken out by the user. */
  numExcluded: z.int(),
  edits: z.object({
    /** How many hold. */
    numDone: z.int(),
    undo: EditSummary.nullable(),
    redo: EditSummary.nullable(),
  }),
  warnings: z.array(DatasetWarning),
  /** While drawing, uploading or scanning: how far. `checked` counts files decoded so far. */
  progress: z.object({ done: z.int(), total: z.int() }).nullable(),
  /** While downloading or unpacking, and of a paused download: bytes so far, of how many; null where nobody knows. */
  transfer: z
    .object({ receivedBytes: z.int(), totalBytes: z.int().nullable(), secondsLeft: z.number().nullable() })
    .nullable(),
  /** The link that it came from, or the archive's name. */
  source: z.string().nullable(),
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
