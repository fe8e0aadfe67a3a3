import { z } from './zod.ts';
import {
  BackboneFacts,
  BackboneLayers,
  BackboneRef,
  BlockProbe,
  BringOptions,
  HeadAdvice,
  ModelInspection,
  TrainingCost,
  TrainingCostInput,
} from './backbone.ts';
import {
  AddedImages,
  ClassName,
  DatasetEdit,
  DatasetRef,
  DatasetSnapshot,
  DatasetSummary,
  ImageDetails,
  ImageFilter,
  ImageOrder,
  ImageItem,
  ImagePage,
  PictureSizes,
  SkippedPage,
  Split,
  UploadBegun,
  VerdictKind,
  VerdictPage,
  WrittenDataset,
} from './dataset.ts';
import { DatasetMap, ImageLabels, MAX_ON_MAP } from './dataset-map.ts';
import {
  AugmentedViews,
  ExportFormat,
  ExportOptions,
  ExportReport,
  ImportedModel,
  ImportOptions,
  ModelPrediction,
} from './model.ts';
import {
  Augmentation,
  CompareReport,
  EpochReport,
  Evaluation,
  HeadKind,
  RateCurve,
  Recipe,
  RecipeInput,
  RunProgress,
  RunRef,
  RunSnapshot,
  RunSummary,
  Trainable,
} from './run.ts';

const method = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output });

const None = z.object({});
const Page = { offset: z.int().min(0).default(0), limit: z.int().min(1).max(500).default(100) };
/** A path on the machine of the backend. Only methods that add something from outside take one; each shell decides which paths it lets in. */
export const Path = z.string().min(1).max(4096).brand<'Path'>();
export const JobRef = z.object({ jobId: z.string() });
/** Who asks a question that takes a while may name it, to hear `job.progress` and to stop it by `job.cancel`; then it ends as `job-stopped`. */
const Job = { jobId: z.string().min(1).max(100).optional() };
const ImageId = z.string().min(1).max(200);

/** What the window looks like to its user; the backend only keeps it. */
export const Settings = z.object({
  language: z.enum(['system', 'en', 'ko']).default('system'),
  theme: z.enum(['system', 'light', 'dark']).default('system'),
});
export type Settings = z.infer<typeof Settings>;

/** What the renderer and the command line may ask. Work longer than a second returns an id and reports by event. */
export const methods = {
  'app.info': method(
    None,
    z.object({ version: z.string(), numCores: z.int(), numRuns: z.int(), numDatasets: z.int() }),
  ),
  /** Stops a question that runs or waits; one that has ended, or is of nobody, is no error. */
  'job.cancel': method(JobRef, z.null()),
  'settings.get': method(None, Settings),
  'settings.set': method(Settings.partial(), Settings),

  'dataset.list': method(None, z.array(DatasetSummary)),
  /** Reads a folder or a list of labels (CSV, TSV, JSON, NDJSON) in place, or unpacks an archive (ZIP, TAR, TAR.GZ) into Graft's own place. The scan goes on behind it and reports by `dataset.changed`. `quick`: names and headers only, nothing decoded. */
  'dataset.add': method(z.object({ path: Path, quick: z.boolean().default(false) }), DatasetRef),
  /**
   * Downloads an archive from a link, as `gdown` does from Google Drive, and unpacks it into Graft's own place. The same
   * link is the same data set. @throws link-refused
   */
  'dataset.addLink': method(
    z.object({
      url: z.string().min(1).max(4096),
      /** What the file must be, in hexadecimal. */
      sha256: z
        .string()
        .regex(/^[0-9a-fA-F]{64}$/)
        .optional(),
    }),
    DatasetRef,
  ),
  /** Stops a download; what has come is kept. */
  'dataset.pause': method(DatasetRef, z.null()),
  /** Goes on with a download or an unpacking that was paused, cut off or failed. */
  'dataset.resume': method(DatasetRef, z.null()),
  /** Draws the sample data set on first use. */
  'dataset.addSample': method(None, DatasetRef),
  /** Opens a data set that the shell then fills with uploaded files, or the one of the same files whose upload was cut off. */
  'dataset.beginUpload': method(
    z.object({
      name: z.string().min(1).max(200),
      numFiles: z.int().min(1).max(200_000),
      /** The same for the same files, whatever it is made of. Without one, each upload is a new one. */
      fingerprint: z.string().min(1).max(100).optional(),
    }),
    UploadBegun,
  ),
  /** The files that have come of such an upload; `sizeBytes` is null for one that stays out. */
  'dataset.uploaded': method(
    DatasetRef.extend({ offset: z.int().min(0).default(0), limit: z.int().min(1).max(10_000).default(1000) }),
    z.object({
      total: z.int(),
      files: z.array(z.object({ path: z.string(), sizeBytes: z.int().nullable() })),
    }),
  ),
  /** Opens a data set whose archive the shell then brings in pieces, or the one of the same archive whose upload was cut off. */
  'dataset.beginArchive': method(
    z.object({
      name: z.string().min(1).max(200),
      sizeBytes: z
        .int()
        .min(1)
        .max(20 * 2 ** 30),
      /** When it was last changed: of the same name, size and time it is the same. Without one, each upload is a new one. */
      mtimeMs: z.int().optional(),
      /** The same for the same bytes, as far as its sender has looked; beside name, size and time. */
      fingerprint: z.string().min(1).max(100).optional(),
    }),
    UploadBegun,
  ),
  'dataset.finishUpload': method(DatasetRef, DatasetRef),
  /** An empty data set with classes, to be filled picture by picture. */
  'dataset.create': method(
    z.object({ name: z.string().trim().min(1).max(200), classNames: z.array(ClassName).min(1).max(1000) }),
    DatasetRef,
  ),
  /**
   * Adds pictures that were let in (`picture.add`, or an upload, which is used up by it) to a class, as one edit. Graft keeps
   * copies in its own place; a folder that is read in place is not touched.
   *
   * @throws dataset-not-ready, image-not-found, job-stopped
   */
  'dataset.addImages': method(
    DatasetRef.extend({ className: ClassName, imageIds: z.array(ImageId).min(1).max(10_000) }),
    AddedImages,
  ),
  /** Reads the files again, after some were changed, added or taken away. */
  'dataset.refresh': method(DatasetRef, z.null()),
  'dataset.get': method(DatasetRef, DatasetSnapshot),
  'dataset.images': method(
    DatasetRef.extend({
      ...ImageFilter.shape,
      ...Page,
      orderBy: ImageOrder.default('path'),
      isDescending: z.boolean().default(false),
    }),
    ImagePage,
  ),
  /** One picture, in use or taken out. @throws image-not-found */
  'dataset.image': method(z.object({ imageId: ImageId }), ImageItem.extend({ isExcluded: z.boolean() })),
  /** The classes that pictures have now, as edited. */
  'dataset.labels': method(DatasetRef.extend({ imageIds: z.array(ImageId).max(MAX_ON_MAP) }), ImageLabels),
  /**
   * Draws the data set as edited by the features of a backbone, and names labels that do not fit. Features that are missing
   * are computed and kept, as a run would. @throws weights-missing, no-usable-images
   */
  'dataset.map': method(
    DatasetRef.extend({ backboneId: z.string().min(1).max(100).default('efficientnet-lite0'), ...Job }),
    DatasetMap,
  ),
  /** How large the pictures in use are, for a plot. */
  'dataset.sizes': method(DatasetRef, PictureSizes),
  'dataset.skipped': method(DatasetRef.extend(Page), SkippedPage),
  /** A verdict on every file, those skipped included; a file about which several things were found comes once for each. */
  'dataset.verdicts': method(
    DatasetRef.extend({ kind: VerdictKind.optional(), search: z.string().max(200).optional(), ...Page }),
    VerdictPage,
  ),
  /** Reads one picture's header and EXIF. @throws image-not-found, image-not-readable */
  'dataset.imageDetails': method(z.object({ imageId: ImageId }), ImageDetails),
  /** Changes what is trained on; kept, and undone and done again across restarts. No file of the user is touched. */
  'dataset.edit': method(DatasetRef.extend({ edit: DatasetEdit }), DatasetSnapshot),
  'dataset.undo': method(DatasetRef, DatasetSnapshot),
  'dataset.redo': method(DatasetRef, DatasetSnapshot),
  /**
   * Copies what is trained on, class and split as shown, into `out` (a new or empty folder) as `train/<class>/<name>`;
   * without one it can be fetched as an archive, straight from where the pictures lie.
   * @throws out-not-empty, out-in-dataset, dataset-changed
   */
  'dataset.write': method(DatasetRef.extend({ out: Path.optional(), ...Job }), WrittenDataset),
  /** Forgets a data set. Pictures read in place stay where they are; uploaded copies go. */
  'dataset.remove': method(DatasetRef, z.null()),

  'backbone.list': method(None, z.array(BackboneFacts)),
  'backbone.layers': method(BackboneRef.extend({ inputSize: z.int().min(32).max(1024).optional() }), BackboneLayers),
  'backbone.advice': method(
    BackboneRef.extend({
      inputSize: z.int().min(32).max(1024).optional(),
      numClasses: z.int().min(2).max(10_000),
      denseUnits: z.int().min(1).max(8192).nullable().default(null),
    }),
    HeadAdvice,
  ),
  /** Measures milliseconds per picture on this machine; the result is kept and shown in the list from then on. */
  'backbone.measure': method(BackboneRef, JobRef),
  /** What a choice of frozen layers costs; the first question about a backbone takes a second or two. @throws layer-not-found */
  'backbone.cost': method(TrainingCostInput, TrainingCost),
  /** Trains some batches of this choice on made-up features, and answers with `secondsPerEpoch`. */
  'backbone.measureTraining': method(TrainingCostInput, TrainingCost),
  /** Trains a linear head on the features of each block's end, on at most 400 pictures; keeps nothing. */
  'backbone.probe': method(z.object({ datasetId: z.string(), recipe: RecipeInput, ...Job }), BlockProbe),
  /** Reads a model that somebody saved (`.keras`, `.h5`, `model.json`, a ZIP or folder of Teachable Machine); nothing in it is run. @throws model-not-readable, model-layer-refused */
  'backbone.inspectModel': method(z.object({ path: Path }), ModelInspection),
  /** Makes a backbone of such a model, without its classifier. */
  'backbone.bring': method(BringOptions.extend({ path: Path }), BackboneFacts),
  /** Takes a brought model out of the catalogue, its weights too; the file that it came from stays. @throws backbone-not-brought, backbone-in-use */
  'backbone.remove': method(BackboneRef, z.null()),
  /** Fetches the official weights, from the mirror where one is set; what is here already is kept. Reports by `weights.progress`, ends with `job.ended`. */
  'weights.download': method(BackboneRef, JobRef),
  'weights.cancel': method(BackboneRef, z.null()),
  /** Imports a weight file for a backbone: tensors must match by name and shape. */
  'weights.import': method(BackboneRef.extend({ path: Path }), BackboneFacts),
  /** Checks that a backbone's weights are here and unharmed. @throws weights-missing */
  'weights.verify': method(BackboneRef, BackboneFacts),

  'run.start': method(z.object({ datasetId: z.string(), recipe: RecipeInput }), RunRef),
  /** Trains one run per head on the same features, split and seed, one after the other. */
  'run.compare': method(
    z.object({
      datasetId: z.string(),
      recipe: RecipeInput,
      heads: z.array(HeadKind).min(2).max(2).default(['gap', 'flatten']),
    }),
    z.object({ runIds: z.array(z.string()) }),
  ),
  /** Trains a fresh head for a hundred steps at growing rates; keeps nothing. */
  'run.findLearningRate': method(z.object({ datasetId: z.string(), recipe: RecipeInput, ...Job }), RateCurve),
  'run.stop': method(RunRef, z.null()),
  /** Holds a running run between two batches, until `run.resume`. */
  'run.pause': method(RunRef, z.null()),
  /** Goes on: with a paused run where it stands, with a stopped, failed or killed one from its last checkpoint. @throws run-already-finished */
  'run.resume': method(RunRef, RunRef),
  /** A new run that begins with this one's weights and trains layers of the backbone, on its own data set or another with the same classes. @throws classes-differ, run-without-data */
  'run.fineTune': method(
    RunRef.extend({
      datasetId: z.string().optional(),
      trainable: Trainable,
      epochs: z.int().min(1).max(1000).optional(),
      learningRate: z.number().gt(0).max(10).optional(),
    }),
    RunRef,
  ),
  'run.list': method(None, z.array(RunSummary)),
  /** The whole state, for a window that opens late. */
  'run.get': method(RunRef, RunSnapshot),
  'run.remove': method(RunRef, z.null()),
  /** What two or more finished runs say about the same pictures. */
  'run.contrast': method(z.object({ runIds: z.array(z.string()).min(2).max(6) }), CompareReport),
  /** @throws classes-differ, run-without-data */
  'run.evaluate': method(RunRef.extend({ split: Split.default('test'), datasetId: z.string().optional() }), Evaluation),

  /** Lets pictures of this machine in for a prediction. A browser uploads instead and gets the same ids. */
  'picture.add': method(
    z.object({ paths: z.array(Path).min(1).max(100_000) }),
    z.array(z.object({ imageId: ImageId, name: z.string() })),
  ),
  /** What training would see of a picture: drawn by the same code, smaller. */
  'picture.augment': method(
    z.object({
      imageId: ImageId,
      augmentation: Augmentation,
      seed: z.int().min(0).max(2_147_483_647).default(1),
      numViews: z.int().min(1).max(16).default(8),
    }),
    AugmentedViews,
  ),
  'model.predict': method(RunRef.extend({ imageIds: z.array(ImageId).min(1).max(256) }), z.array(ModelPrediction)),
  /**
   * Makes a finished run of a model that somebody saved, classifier and all: `.keras`, `.h5`, `model.json` of TensorFlow.js, a
   * ZIP or folder of them. Nothing in it is run.
   * @throws model-not-readable, model-layer-refused, model-not-classifier, class-names-refused, class-names-count
   */
  'model.import': method(ImportOptions.extend({ path: Path }), ImportedModel),
  /**
   * Writes the model into `out` (a new or empty folder), or into Graft's own place when none is given. The proof needs pictures:
   * those of the run, or of the data set that is named. A script and features hold no model: they are about the run's own pictures,
   * whatever is named. @throws run-without-data
   */
  'model.export': method(
    RunRef.extend({
      format: ExportFormat,
      out: Path.optional(),
      options: ExportOptions.prefault({}),
      datasetId: z.string().optional(),
    }),
    z.object({ exportId: z.string() }),
  ),
  'model.exported': method(z.object({ exportId: z.string() }), ExportReport),
} as const;

/** What the backend announces. An event only repeats what a `*.get` can also answer. */
export const events = {
  'dataset.changed': DatasetSnapshot,
  'backbone.changed': BackboneFacts,
  'backbone.removed': BackboneRef,
  /** `totalBytes` is null while the server has not said it. */
  'weights.progress': z.object({ backboneId: z.string(), receivedBytes: z.int(), totalBytes: z.int().nullable() }),
  'run.started': RunSummary,
  /** Paused, or going on again. */
  'run.changed': RunSummary,
  'run.progress': z.object({ runId: z.string(), progress: RunProgress }),
  'run.epoch': z.object({ runId: z.string(), report: EpochReport }),
  'run.ended': RunSummary,
  'model.exported': ExportReport,
  /** How far a question is that was asked with a `jobId`; a few times a second. */
  'job.progress': JobRef.extend({ done: z.int(), total: z.int() }),
  'job.ended': JobRef.extend({
    error: z.object({ code: z.string(), params: z.record(z.string(), z.unknown()) }).nullable(),
  }),
} as const;

export type MethodName = keyof typeof methods;
export type Input<M extends MethodName> = z.input<(typeof methods)[M]['input']>; // before defaults
export type Parsed<M extends MethodName> = z.output<(typeof methods)[M]['input']>; // after defaults
export type Output<M extends MethodName> = z.output<(typeof methods)[M]['output']>;
export type Handlers = { [M in MethodName]: (input: Parsed<M>) => Promise<Output<M>> };

export type EventName = keyof typeof events;
export type EventData<E extends EventName> = z.output<(typeof events)[E]>;
export type Emit = <E extends EventName>(event: E, data: EventData<E>) => void;
/** One announcement as it crosses a transport. `seq` counts from 1 in each backend. */
export interface EventMessage<E extends EventName = EventName> {
  seq: number;
  event: E;
  data: EventData<E>;
}
export { Recipe };
