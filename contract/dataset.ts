import { z } from './zod.ts';

/** The three parts of a data set. */
export const Split = z.enum(['train', 'validation', 'test']);
export type Split = z.infer<typeof Split>;

/** Why a file is not used. */
export const SkipReason = z.enum([
  'not-an-image',
  'corrupt',
  'truncated',
  /** Ended the process that decoded it, twice. */
  'decoder-crashed',
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
  /** Of an upload: its name leads elsewhere, or is none that every system takes. */
  'name-not-kept',
  /** Of an upload: where Graft keeps it, its name is that of another file or folder. */
  'name-taken',
  /** Of an upload: larger than `maxUploadFileBytes`. */
  'too-large-to-upload',
  /** Named in a list of labels, and not there. */
  'missing-file',
  /** A list of labels leads elsewhere; it was not looked at. `path` is the list's line, `detail` what it says. */
  'outside',
  /** A line of a list that names a picture again; `path` is the line, `detail` the picture. */
  'duplicate-row',
  /** A list gives the picture two labels or two parts; `detail` says which. */
  'conflicting-rows',
]);
export type SkipReason = z.infer<typeof SkipReason>;

/** Begins the path of a picture that was added to a data set by itself. No path in a folder begins so: hidden names are passed over. */
export const addedPrefix = '.graft-added/';

/** Bytes of a picture that comes by itself; a larger file is none that anybody means. */
export const maxPictureBytes = 100 * 2 ** 20;

/** Bytes of one file of an upload; a larger one is left out. */
export const maxUploadFileBytes = 256 * 2 ** 20;

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

/** What had to be done to a picture on its way to RGB of 8 bits; the file stays as it is. Of an animation or of pages the first is used. */
export const Conversion = z.enum(['turned', 'cmyk', '16-bit', 'alpha', 'animated']);
export type Conversion = z.infer<typeof Conversion>;

/** What decoding a picture told. */
export const ImageFacts = z.object({
  /** Upright, in pixels. */
  height: z.int(),
  width: z.int(),
  conversions: z.array(Conversion),
  /** Standard deviation of the Laplacian of the luma (0…1) at 192 x 192: the larger, the sharper. */
  sharpness: z.number(),
  /** Mean luma, 0…1. */
  brightness: z.number(),
});
export type ImageFacts = z.infer<typeof ImageFacts>;

/** What Graft found about a file; of one picture several may hold, of one that is fine only `used`. */
export const VerdictKind = z.enum([
  'used',
  /** Turned upright as its EXIF says. */
  'turned',
  'converted',
  /** Byte for byte another file that comes before it. */
  'exact-duplicate',
  /** Another picture made over: encoded anew, resized, cropped a little; or, by its features, one that shows the same. */
  'near-duplicate',
  /** The same picture is in another class too. */
  'two-classes',
  /** The same picture is on the other side of the split: in train and in validation or test. */
  'leak',
  /** Taken out by the user. */
  'excluded',
  'skipped',
]);
export type VerdictKind = z.infer<typeof VerdictKind>;

export const Verdict = z.object({
  kind: VerdictKind,
  /** Of `converted`: from what. */
  conversions: z.array(Conversion).optional(),
  /** Of `skipped`: why. */
  reason: SkipReason.optional(),
  detail: z.string().optional(),
  /** The other picture of a duplicate, a leak or two classes. */
  other: z.object({ imageId: z.string(), path: z.string(), className: z.string(), split: Split }).optional(),
  /** How alike the two are, 1: the same pixels. */
  similarity: z.number().optional(),
  /** There where the two are alike by their features only: `similarity` is the cosine of those. */
  byFeatures: z.literal(true).optional(),
});
export type Verdict = z.infer<typeof Verdict>;

/** Something the user should know about a data set before training; `params` are facts for the sentence in `strings`. */
export const DatasetWarning = z.object({
  code: z.enum([
    'one-class',
    'empty-class',
    'class-too-small',
    'no-images',
    'class-missing-in-split',
    'imbalanced',
    'few-images',
    'leak',
    'two-classes',
    'duplicates',
  ]),
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

/** Sizes from one to another, upright, in pixels, both included. */
export const SizeRange = z.object({
  minWidth: z.int().min(0),
  maxWidth: z.int().min(0),
  minHeight: z.int().min(0),
  maxHeight: z.int().min(0),
});
export type SizeRange = z.infer<typeof SizeRange>;

/** The sizes of a data set's pictures, the most common first; where they are many, those that are alike together. */
export const PictureSizes = z.object({
  marks: z.array(SizeRange.extend({ numImages: z.int() })),
  /** Pictures that have not been decoded yet. */
  numUnknown: z.int(),
});
export type PictureSizes = z.infer<typeof PictureSizes>;

/** Which pictures of a data set; all conditions hold. */
export const ImageFilter = z.object({
  className: z.string().optional(),
  split: Split.optional(),
  /** Part of the path, in any case. */
  search: z.string().max(200).optional(),
  /** Those known to be of such a size. */
  sizes: SizeRange.optional(),
  /** Those the user has taken out, instead of those in use. */
  isExcluded: z.boolean().optional(),
  /** About which Graft found this. */
  verdict: VerdictKind.exclude(['used', 'excluded', 'skipped']).optional(),
});
export type ImageFilter = z.infer<typeof ImageFilter>;

/** By what pictures are put in order; those of which it is not known yet come last. */
export const ImageOrder = z.enum(['path', 'size', 'pixels', 'sharpness', 'brightness']);
export type ImageOrder = z.infer<typeof ImageOrder>;

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
  /**
   * Mends what Graft found, by the least that helps. `leak`: near duplicates to one side where the split is drawn, else what is
   * in validation or test out of train. `duplicates`: all copies but the first out. `two-classes`: all such pictures out.
   */
  z.object({ kind: z.literal('mend'), problem: z.enum(['leak', 'duplicates', 'two-classes']) }),
  /** Splits anew: fractions of each class; duplicates, near ones too, stay on one side. */
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
    'add-images',
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
  /** Where the split comes from: the folders or the list of labels, a seeded stratified draw with the default recipe, or the user's edits. */
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
  /** How many files have each verdict; a file may have several. */
  verdicts: z.record(VerdictKind, z.int()),
  /** While drawing, uploading or looking at files: how far. */
  progress: z
    .object({
      done: z.int(),
      total: z.int(),
      /** `comparing`: every file is decoded, and duplicates are searched. */
      step: z.enum(['files', 'comparing']).default('files'),
    })
    .nullable(),
  /** While downloading or unpacking, and of a paused download: bytes so far, of how many; null where nobody knows. */
  transfer: z
    .object({ receivedBytes: z.int(), totalBytes: z.int().nullable(), secondsLeft: z.number().nullable() })
    .nullable(),
  /** An upload that is not whole: files, or bytes of an archive. Who chooses the same folder or archive again goes on with it. */
  upload: z.object({ kind: z.enum(['folder', 'archive']), numReceived: z.int(), numExpected: z.int() }).nullable(),
  /** The list of labels that names its pictures; `numUnlisted` files lie beside those and are not in it. */
  labels: z.object({ file: z.string(), numUnlisted: z.int() }).nullable(),
  /** The link that it came from, or the archive's name. */
  source: z.string().nullable(),
  error: z.object({ code: z.string(), params: z.record(z.string(), z.unknown()) }).nullable(),
});
export type DatasetSnapshot = z.infer<typeof DatasetSnapshot>;

/** An upload that may be sent; `numReceived` files, or bytes of its archive, have come already. Not new: somebody else began it, or an earlier page. */
export const UploadBegun = DatasetRef.extend({ numReceived: z.int(), isNew: z.boolean() });
export type UploadBegun = z.infer<typeof UploadBegun>;

/** What became of pictures that were to be added. */
export const AddedImages = z.object({
  snapshot: DatasetSnapshot,
  numAdded: z.int(),
  /** Those that are no usable pictures, by the names they came with. */
  refused: z.array(z.object({ name: z.string(), reason: SkipReason })),
});
export type AddedImages = z.infer<typeof AddedImages>;

export const ImageItem = z.object({
  imageId: z.string(),
  /** Relative to the data set's folder, with forward slashes; of an added picture `addedPrefix` and a name of Graft's own. */
  path: z.string(),
  className: z.string(),
  split: Split,
  sizeBytes: z.int(),
  /** Null until the file has been decoded. */
  facts: ImageFacts.nullable(),
  /** Empty: nothing but that it is used. */
  verdicts: z.array(Verdict),
});
export type ImageItem = z.infer<typeof ImageItem>;
export const ImagePage = z.object({ total: z.int(), images: z.array(ImageItem) });

/** A file and one thing found about it. */
export const FileVerdict = z.object({
  path: z.string(),
  /** Null for a file that is not used. */
  imageId: z.string().nullable(),
  className: z.string().nullable(),
  split: Split.nullable(),
  verdict: Verdict,
});
export type FileVerdict = z.infer<typeof FileVerdict>;
export const VerdictPage = z.object({ total: z.int(), files: z.array(FileVerdict) });

/** Everything about one picture, its EXIF included. */
export const ImageDetails = z.object({
  format: z.string(),
  height: z.int(),
  width: z.int(),
  sizeBytes: z.int(),
  exif: z
    .object({
      camera: z.string().nullable(),
      lens: z.string().nullable(),
      /** ISO 8601 without a zone: cameras tell their own time. */
      takenAt: z.string().nullable(),
      exposureSeconds: z.number().nullable(),
      fNumber: z.number().nullable(),
      iso: z.number().nullable(),
      focalLengthMm: z.number().nullable(),
      /** Where it was taken is in the file; Graft does not read it out. */
      hasLocation: z.boolean(),
    })
    .nullable(),
});
export type ImageDetails = z.infer<typeof ImageDetails>;

/** What came of writing a data set as folders. */
export const WrittenDataset = z.object({
  /** Under which its folder is shown, or fetched as an archive. */
  exportId: z.string(),
  /** Where it lies on the backend's machine; null where the archive is still to be fetched. */
  folder: z.string().nullable(),
  numImages: z.int(),
  sizeBytes: z.int(),
  /** `folder` is the name where that can be one on every system. */
  classes: z.array(ClassCounts.extend({ folder: z.string() })),
  /** Pictures that have another name there: theirs was taken, or cannot be one on every system. */
  numRenamedFiles: z.int(),
});
export type WrittenDataset = z.infer<typeof WrittenDataset>;
export const SkippedPage = z.object({ total: z.int(), files: z.array(SkippedFile) });
