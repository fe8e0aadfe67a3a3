import { z } from './zod.ts';
import { SkippedFile, Split } from './dataset.ts';

export const RunRef = z.object({ runId: z.string().min(1).max(100) });
export const HeadKind = z.enum(['gap', 'flatten']);
export type HeadKind = z.infer<typeof HeadKind>;

/** Layers of the backbone that fine-tuning trains. `from`: that layer and all after it in the backbone's order; `layers`: those named. */
export const Trainable = z.union([
  z.enum(['none', 'all']),
  z.strictObject({ from: z.string().min(1).max(200) }),
  z.strictObject({ layers: z.array(z.string().min(1).max(200)).max(5000) }),
]);
export type Trainable = z.infer<typeof Trainable>;

/** How far each view may stray from the picture; 0 or false: not at all. Drawn anew for every view, evenly from the range. */
export const AugmentationStrength = z.strictObject({
  flipHorizontal: z.boolean().default(false),
  flipVertical: z.boolean().default(false),
  /** Degrees to either side. */
  rotate: z.number().min(0).max(180).default(0),
  /** Share of the size, in or out. */
  zoom: z.number().min(0).max(0.9).default(0),
  /** Share of the side, each way. */
  shift: z.number().min(0).max(0.9).default(0),
  /** Share of the full range, darker or brighter. */
  brightness: z.number().min(0).max(1).default(0),
  /** Share of the contrast, less or more. */
  contrast: z.number().min(0).max(1).default(0),
  /** Side of a grey square, as a share of the shorter side. */
  cutout: z.number().min(0).max(0.9).default(0),
});
export type AugmentationStrength = z.infer<typeof AugmentationStrength>;
/** What the named strengths stand for. */
export const augmentationPresets = {
  light: AugmentationStrength.parse({ flipHorizontal: true, rotate: 10, zoom: 0.1, shift: 0.1 }),
  strong: AugmentationStrength.parse({
    flipHorizontal: true,
    rotate: 30,
    zoom: 0.2,
    shift: 0.15,
    brightness: 0.2,
    contrast: 0.3,
    cutout: 0.25,
  }),
} as const;
export const Augmentation = z.strictObject({
  strength: z.union([z.enum(['none', 'light', 'strong']), AugmentationStrength]).default('none'),
  /** Views of each picture that are computed once and drawn from at every epoch. */
  numViews: z.int().min(1).max(64).default(4),
});
export type Augmentation = z.infer<typeof Augmentation>;

/** How the learning rate changes over a phase; it is worked out anew for each phase and step. */
export const Schedule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }),
  /** Times `factor` after every `everyEpochs`. */
  z.strictObject({
    kind: z.literal('step'),
    everyEpochs: z.int().min(1).max(1000).default(5),
    factor: z.number().gt(0).lt(1).default(0.5),
  }),
  /** Down to zero along half a cosine. */
  z.strictObject({ kind: z.literal('cosine') }),
]);
export type Schedule = z.infer<typeof Schedule>;

/** Everything needed to train a run again. Defaults and limits live here: every caller gets the same ones. */
export const RecipeInput = z.strictObject({
  formatVersion: z.literal(1).default(1),
  backbone: z.string().min(1).max(100).default('efficientnet-lite0'),
  /** Pixels of a side; null: the backbone's own. */
  inputSize: z.int().min(32).max(1024).nullable().default(null),
  head: z
    .strictObject({
      kind: HeadKind.default('gap'),
      /** Units of a ReLU layer before the softmax; null: none. */
      denseUnits: z.int().min(1).max(8192).nullable().default(null),
      /** Fraction of values dropped, after the dense layer where there is one. */
      dropout: z.number().min(0).max(0.95).default(0),
    })
    .prefault({}),
  epochs: z.int().min(1).max(1000).default(10),
  batchSize: z.int().min(1).max(1024).default(32),
  optimizer: z.enum(['adam', 'adamw', 'rmsprop', 'sgd']).default('adam'),
  learningRate: z.number().gt(0).max(10).default(1e-3),
  /** Of SGD. */
  momentum: z.number().min(0).max(0.999).default(0),
  /** Share of each kernel taken off a step, times the learning rate, as AdamW defines it; biases and normalisations keep theirs. */
  weightDecay: z.number().min(0).max(1).default(0),
  labelSmoothing: z.number().min(0).max(0.9).default(0),
  schedule: Schedule.default({ kind: 'constant' }),
  /** Epochs over which the learning rate rises from zero, in each phase. */
  warmUpEpochs: z.number().min(0).max(100).default(0),
  /** Batches whose gradients are added up before a step. */
  accumulateBatches: z.int().min(1).max(64).default(1),
  augmentation: Augmentation.prefault({}),
  /** Layers trained in the second phase, after the head; `none`: there is no second phase. */
  trainable: Trainable.default('none'),
  fineTune: z
    .strictObject({
      epochs: z.int().min(1).max(1000).default(10),
      learningRate: z.number().gt(0).max(10).default(1e-5),
    })
    .prefault({}),
  seed: z.int().min(0).max(0xffffffff).default(1),
  /** Where the data set brings no split; null: 0.2 each. Giving one beside a given split is an error. */
  validationFraction: z.number().min(0.01).max(0.9).nullable().default(null),
  testFraction: z.number().min(0).max(0.9).nullable().default(null),
  earlyStopping: z
    .strictObject({
      /** Epochs without a lower validation loss. */
      patience: z.int().min(1).max(1000).default(3),
      minDelta: z.number().min(0).default(0),
    })
    .nullable()
    .default(null),
  /** `balanced`: each class counts by numImages / (numClasses * numImagesOfClass). */
  classWeights: z
    .union([z.literal('none'), z.literal('balanced'), z.record(z.string(), z.number().gt(0))])
    .default('none'),
});
export type RecipeInput = z.input<typeof RecipeInput>;
/** A recipe with every value said. */
export const Recipe = RecipeInput;
export type Recipe = z.output<typeof RecipeInput>;

/** One finished epoch. Epochs count from 1. Accuracy and fractions 0..1. */
export const EpochReport = z.object({
  phase: z.enum(['head', 'fine-tune']),
  epoch: z.int(),
  loss: z.number(),
  accuracy: z.number(),
  validationLoss: z.number(),
  validationAccuracy: z.number(),
  durationMs: z.number(),
});
export type EpochReport = z.infer<typeof EpochReport>;

/** What a run is doing right now. */
export const RunProgress = z.object({
  step: z.enum(['waiting', 'loading', 'features', 'training', 'evaluating', 'saving']),
  done: z.int(),
  total: z.int(),
  /** Null until it can be told honestly. */
  msLeft: z.number().nullable(),
});
export type RunProgress = z.infer<typeof RunProgress>;

/** A share with its 95 % Wilson interval. */
export const Share = z.object({
  accuracy: z.number(),
  low: z.number(),
  high: z.number(),
  numImages: z.int(),
  numCorrect: z.int(),
});
export type Share = z.infer<typeof Share>;

export const Evaluation = z.object({
  split: Split,
  classNames: z.array(z.string()),
  share: Share,
  /** Rows true, columns predicted, in the order of classNames. */
  confusion: z.array(z.array(z.int())),
  loss: z.number(),
  /** Files of the split that could not be used. */
  skipped: z.array(SkippedFile),
});
export type Evaluation = z.infer<typeof Evaluation>;

export const RunResult = z.object({
  trainableParameters: z.int(),
  frozenParameters: z.int(),
  headParameters: z.int(),
  validation: Share.nullable(),
  test: Share.nullable(),
  /** Epoch whose weights were kept: the last, or the best with early stopping. */
  keptEpoch: z.int(),
  featuresMs: z.number(),
  trainMs: z.number(),
  totalMs: z.number(),
});
export type RunResult = z.infer<typeof RunResult>;

export const WireError = z.object({ code: z.string(), params: z.record(z.string(), z.unknown()) });

/** The saved model that a run was made of, and who said what its classes are called. */
export const RunOrigin = z.object({
  /** Without its folder. */
  sourceFile: z.string(),
  /** `given`: the person; `model`: the file itself; `beside`: a list beside it; `made-up`: nobody. */
  classNamesFrom: z.enum(['given', 'model', 'beside', 'made-up']),
});
export type RunOrigin = z.infer<typeof RunOrigin>;

export const RunSummary = RunRef.extend({
  /** Counts from 1 in this home: "Run 7". */
  number: z.int(),
  /** Null for a run that came from a saved model: it has no pictures of its own. */
  datasetId: z.string().nullable(),
  /** Of such a run, the model's own name. */
  datasetName: z.string(),
  /** Where a run comes from that was not trained here; null for others. */
  imported: RunOrigin.nullable().default(null),
  backboneId: z.string(),
  head: HeadKind,
  phase: z.enum(['waiting', 'running', 'paused', 'finished', 'stopped', 'failed']),
  createdAt: z.string(),
  /** The run whose weights it began with; null: the backbone's own and a fresh head. */
  parentRunId: z.string().nullable().default(null),
  /** True when `run.resume` can go on from a checkpoint. */
  canResume: z.boolean().default(false),
  /** Runs that one `run.compare` made share it. */
  comparisonId: z.string().nullable(),
  numEpochs: z.int(),
  result: RunResult.nullable(),
  error: WireError.nullable(),
});
export type RunSummary = z.infer<typeof RunSummary>;

export const RunSnapshot = RunSummary.extend({
  recipe: Recipe,
  classNames: z.array(z.string()),
  epochs: z.array(EpochReport),
  progress: RunProgress.nullable(),
  /** Files found unusable while the run decoded them. */
  numSkipped: z.int(),
  confusion: z.array(z.array(z.int())).nullable(),
  /** What a person should know of it. `features-not-kept`: too large for the cache, computed anew in every epoch. */
  notes: z.array(z.enum(['features-not-kept'])).default([]),
});
export type RunSnapshot = z.infer<typeof RunSnapshot>;

/** Runs on the same pictures side by side. */
export const CompareReport = z.object({
  runs: z.array(RunSummary),
  split: Split,
  /** Exact McNemar test for two runs: pictures only the first got right, only the second; null for other numbers of runs. */
  mcnemar: z.object({ onlyFirst: z.int(), onlySecond: z.int(), pValue: z.number() }).nullable(),
  /** Pictures on which the runs disagree; predicted in the order of `runs`. */
  disagreements: z.array(z.object({ imageId: z.string(), className: z.string(), predicted: z.array(z.string()) })),
});
export type CompareReport = z.infer<typeof CompareReport>;

/** What a range test of learning rates found. */
export const RateCurve = z.object({
  /** Null when the loss fell at no rate. */
  suggested: z.number().nullable(),
  /** Losses without the noise of single batches, up to where they diverged. */
  points: z.array(z.object({ learningRate: z.number(), loss: z.number() })),
  numImages: z.int(),
});
export type RateCurve = z.infer<typeof RateCurve>;
