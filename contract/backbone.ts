import { HeadKind, Share, Trainable } from './run.ts';
import { z } from './zod.ts';

export const BackboneRef = z.object({ backboneId: z.string().min(1).max(100) });

/** Where a backbone's weights are. `imported`: a user's file whose tensors match, but not known to be the official one. */
export const WeightsState = z.object({
  state: z.enum(['embedded', 'official', 'imported', 'missing']),
  sha256: z.string().nullable(),
  /** How to get them, for `missing`: the official file's name and address. */
  officialFile: z.string().nullable(),
  officialUrl: z.string().nullable(),
  /** A download that runs, for a window that opens late. All received: the file is being checked and taken in. */
  download: z.object({ receivedBytes: z.int(), totalBytes: z.int().nullable() }).nullable().optional(),
});
export type WeightsState = z.infer<typeof WeightsState>;

/** What is known of a backbone without loading it. */
export const BackboneFacts = z.object({
  id: z.string(),
  name: z.string(),
  family: z.string(),
  /** [height, width] in pixels. */
  inputSize: z.tuple([z.int(), z.int()]),
  minInputSize: z.int(),
  /** [height, width, channels] of the feature maps at the default input size. */
  featureShape: z.tuple([z.int(), z.int(), z.int()]),
  /** How pixels 0..255 become input, in words of the field: '-1..1', '(x-127)/128', 'BGR - mean'. */
  preprocessing: z.string(),
  numParameters: z.int(),
  numLayers: z.int(),
  sizeBytes: z.int(),
  imagenet: z.object({ top1Accuracy: z.number(), source: z.string() }).nullable(),
  licence: z.string(),
  paper: z.string(),
  weights: WeightsState,
  /** Milliseconds a picture, frozen, on this machine; null until measured. */
  msPerImage: z.number().nullable(),
});
export type BackboneFacts = z.infer<typeof BackboneFacts>;

export const LayerFacts = z.object({
  name: z.string(),
  type: z.string(),
  /** Without the batch; null where open. */
  outputShape: z.array(z.int().nullable()),
  numParameters: z.int(),
  /** What can train when the layer is switched on: moving statistics cannot. */
  numTrainable: z.int(),
  /** Its place in the backbone's own order, from 0: `from` a layer means it and all of a higher place. */
  order: z.int(),
  /** Names of the layers that it reads. */
  inputs: z.array(z.string()),
  /** Window of a convolution or pooling, [height, width] in pixels. */
  kernel: z.tuple([z.int(), z.int()]).optional(),
});
export type LayerFacts = z.infer<typeof LayerFacts>;
/** The layers of a backbone grouped in its blocks, input first. */
export const BackboneLayers = BackboneRef.extend({
  inputSize: z.tuple([z.int(), z.int()]),
  blocks: z.array(
    z.object({ name: z.string(), numParameters: z.int(), hasShortcut: z.boolean(), layers: z.array(LayerFacts) }),
  ),
});
export type BackboneLayers = z.infer<typeof BackboneLayers>;

/** How pixels 0..255 become a brought model's input: as they are, from -1 to 1, from 0 to 1, by ImageNet's means and deviations, or Caffe's way. */
export const PixelScaling = z.enum(['0..255', '-1..1', '0..1', 'imagenet', 'caffe']);
export type PixelScaling = z.infer<typeof PixelScaling>;

/** A model in a file, before it becomes a backbone. */
export const ModelInspection = z.object({
  /** What it would be called. */
  name: z.string(),
  /** Without its folder. */
  sourceFile: z.string(),
  sourceSha256: z.string(),
  /** [height, width, channels]. */
  inputShape: z.tuple([z.int(), z.int(), z.int()]),
  /** True when it takes pictures of that size only. */
  isSizeFixed: z.boolean(),
  layers: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      outputShape: z.array(z.int()),
      numParameters: z.int(),
      /** Its output are feature maps that everything after it goes through. */
      canCut: z.boolean(),
    }),
  ),
  /** The last layer before the classifier; null when there is none. */
  suggestedCut: z.string().nullable(),
  pixels: PixelScaling,
});
export type ModelInspection = z.infer<typeof ModelInspection>;

/** How to bring a model; what is left out is suggested by the model itself. */
export const BringOptions = z.object({
  /** The last layer to keep; left out, the last before the classifier. */
  cutAt: z.string().min(1).max(200).optional(),
  name: z.string().trim().min(1).max(80).optional(),
  pixels: PixelScaling.optional(),
});
export type BringOptions = z.infer<typeof BringOptions>;

/** GAP against Flatten before training, in this backbone's own numbers. */
export const HeadAdvice = BackboneRef.extend({
  /** [height, width, channels]. */
  featureShape: z.tuple([z.int(), z.int(), z.int()]),
  gapParameters: z.int(),
  flattenParameters: z.int(),
  /** Bytes of features on disk a picture. */
  gapBytesPerImage: z.int(),
  flattenBytesPerImage: z.int(),
  advised: z.enum(['gap', 'flatten']),
});
export type HeadAdvice = z.infer<typeof HeadAdvice>;

/** What a choice of frozen layers costs, told before training. */
export const TrainingCostInput = BackboneRef.extend({
  inputSize: z.int().min(32).max(1024).nullable().default(null),
  trainable: Trainable,
  head: z.object({ kind: HeadKind, denseUnits: z.int().min(1).max(8192).nullable().default(null) }),
  numClasses: z.int().min(2).max(10_000),
  /** Pictures of each part; all are computed once, the first also trained in every epoch, the second answered. */
  numTrainImages: z.int().min(1),
  numValidationImages: z.int().min(0),
  numTestImages: z.int().min(0).default(0),
  batchSize: z.int().min(1).max(1024).default(32),
  /** Views of each training picture. */
  numViews: z.int().min(1).max(64).default(1),
});
export type TrainingCostInput = z.infer<typeof TrainingCostInput>;
export const TrainingCost = z.object({
  trainableParameters: z.int(),
  frozenParameters: z.int(),
  headParameters: z.int(),
  /** Layers whose outputs are kept for every picture; everything they need is frozen. */
  cut: z.array(z.object({ layer: z.string(), outputShape: z.array(z.int()) })),
  cacheBytes: z.int(),
  /** False when the cache would outgrow its limit: then the frozen part is computed in every epoch. */
  fitsCache: z.boolean(),
  peakMemoryBytes: z.int(),
  /** Null until `backbone.measureTraining` has measured this choice, or one like it, on this machine. */
  secondsPerEpoch: z.number().nullable(),
});
export type TrainingCost = z.infer<typeof TrainingCost>;

/** How well a linear head separates the classes on the features of each block's end. */
export const BlockProbe = BackboneRef.extend({
  inputSize: z.tuple([z.int(), z.int()]),
  numTrainImages: z.int(),
  numValidationImages: z.int(),
  /** From the input up. */
  points: z.array(z.object({ block: z.string(), layer: z.string(), outputShape: z.array(z.int()), validation: Share })),
});
export type BlockProbe = z.infer<typeof BlockProbe>;
