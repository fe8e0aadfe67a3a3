import { z } from 'zod';
import { ImageFacts, SkippedFile, Split } from '../../contract/dataset.ts';

/** One picture of a data set. `split` is null where the folders give none: the recipe's seed draws it. */
export const ManifestImage = z.object({
  /** Relative to the root, forward slashes. */
  path: z.string(),
  className: z.string(),
  split: Split.nullable(),
  sizeBytes: z.int(),
  mtimeMs: z.number(),
  /** Of the file's bytes; null until it has been read whole. */
  sha256: z.string().nullable(),
  /** Null until the file has been decoded. */
  facts: ImageFacts.nullable().default(null),
});
export type ManifestImage = z.infer<typeof ManifestImage>;

/** Where the files of a data set came from that Graft unpacked. */
export const PackedSource = z.discriminatedUnion('kind', [
  /** An archive of the user's, which stays where it is. */
  z.object({ kind: z.literal('archive'), file: z.string() }),
  z.object({ kind: z.literal('link'), url: z.string(), sha256: z.string().nullable() }),
  /** Sent by a browser; Graft's own copy, gone once unpacked. */
  z.object({ kind: z.literal('upload') }),
]);
export type PackedSource = z.infer<typeof PackedSource>;

/** A list that names the pictures of a data set with their classes. */
export const LabelList = z.object({
  /** Relative to the root, forward slashes. */
  file: z.string(),
  /** Files beside the listed ones that it does not name. */
  numUnlisted: z.int(),
});
export type LabelList = z.infer<typeof LabelList>;

/** What Graft knows of a folder of pictures. The pictures stay where they are. */
export const Manifest = z.object({
  formatVersion: z.literal(1),
  datasetId: z.string(),
  name: z.string(),
  kind: z.enum(['folder', 'upload', 'sample', 'archive', 'link']),
  /** Absolute folder of the pictures. */
  root: z.string(),
  /** Absolute folder of Graft's own copies of pictures that were added by themselves; absent until there is one. */
  addedFolder: z.string().optional(),
  createdAt: z.string(),
  /** Null where the folders say the classes. */
  labels: LabelList.nullable().default(null),
  layout: z.enum(['classes', 'splits', 'unknown']),
  /** By code point, as Keras orders them; classes without a usable picture included. */
  classNames: z.array(z.string()),
  /** Classes that it was created with, whatever its folder says. */
  ownClassNames: z.array(z.string()).optional(),
  images: z.array(ManifestImage),
  skipped: z.array(SkippedFile),
  /** Of the skipped, those found broken only when decoded: known by size and time, they are not tried again. */
  broken: z.array(SkippedFile.extend({ sizeBytes: z.int(), mtimeMs: z.number() })).default([]),
  /** Null where nothing was unpacked. */
  source: PackedSource.nullable().default(null),
  /** What stayed in the archive, or out of the upload: a thousand of them at most. */
  left: z.array(SkippedFile).default([]),
  /** How many stayed out in all; absent where an older Graft counted no further than the list. */
  numLeft: z.int().optional(),
  /** Of the archive that a link brought; null before it has been here whole. */
  archiveSha256: z.string().nullable().default(null),
  /** False while its archive is still to be brought and unpacked. */
  isHere: z.boolean().default(true),
  /** Pictures that are others made over: SHA-256 of both, and how alike they are. */
  nearDuplicates: z.array(z.tuple([z.string(), z.string(), z.number()])).default([]),
  /** Of which contents these are all near duplicates: SHA-256 of their SHA-256, sorted. */
  comparedContents: z.string().nullable().default(null),
  /** Pictures that show the same to a backbone, by the maps drawn so far: SHA-256 of both, and the cosine of their features. */
  featureDuplicates: z.array(z.tuple([z.string(), z.string(), z.number()])).default([]),
  /** True once every file has been decoded and every verdict is final. */
  complete: z.boolean(),
});
export type Manifest = z.infer<typeof Manifest>;

/** How many files are not used: those that were skipped, and those that never came out of the archive or into the upload. */
export const numNotUsed = ({ skipped, left, numLeft }: Pick<Manifest, 'skipped' | 'left' | 'numLeft'>): number =>
  skipped.length + (numLeft ?? left.length);

/** What is known of a data set before it was read. */
export type About = Pick<Manifest, 'name' | 'kind' | 'root'> & Partial<Pick<Manifest, 'labels'>>;

/** The manifest of a data set of which nothing has been read yet. */
export function emptyManifest(datasetId: string, about: About): Manifest {
  return {
    formatVersion: 1,
    datasetId,
    name: about.name,
    kind: about.kind,
    root: about.root,
    labels: about.labels ?? null,
    createdAt: new Date().toISOString(),
    layout: 'unknown',
    classNames: [],
    images: [],
    skipped: [],
    broken: [],
    source: null,
    left: [],
    archiveSha256: null,
    isHere: true,
    nearDuplicates: [],
    featureDuplicates: [],
    comparedContents: null,
    complete: false,
  };
}
