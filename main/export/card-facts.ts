import type { ExportFormat, ExportOptions, ExportUsage, Parity } from '../../contract/model.ts';
import type { EpochReport, Recipe, Share } from '../../contract/run.ts';
import type { ExportContext, ExportedRun } from './format.ts';
import { largestAllowed } from './parity.ts';
import type { PartFacts } from './run-facts.ts';

/** `card.json`: everything that `README.md` says, for programs. */
export interface ModelCard {
  formatVersion: 1;
  kind: 'image-classifier';
  madeWith: { name: 'Graft'; version: string };
  /** True for a saved model that was opened in Graft: how it was trained, and on what, is not known. */
  isImported: boolean;
  /** Day of the training; null where it is not known. */
  trainedOn: string | null;
  export: { format: ExportFormat; options: ExportOptions };
  /** In the order of the probabilities; how many pictures each had, as far as that is known. */
  classes: { name: string; train: number; validation: number; test: number }[];
  input: {
    size: readonly [number, number];
    channels: 'RGB';
    range: readonly [0, 255];
    dtype: 'float32';
    resize: string;
  };
  output: { probabilities: number; order: 'labels.json' };
  backbone: { id: string; name: string; licence: string; paper: string; weights: { origin: string; sha256: string } };
  head: Recipe['head'];
  parameters: { trainable: number; frozen: number; head: number };
  /** What led to the model: each run began with what the one before had learned; the last is this one. */
  recipes: readonly Recipe[];
  /** True when the first of them began with what a run had learned that is gone. */
  hasEarlierRun: boolean;
  /** Of the last run. */
  epochs: EpochReport[];
  keptEpoch: number;
  evaluation: { validation: Evaluated | null; test: Evaluated | null };
  certificate: (Parity & { largestAllowed: number }) | null;
  /** What it was not tested on, in sentences. */
  limits: string[];
  usage: ExportUsage;
}
type Evaluated = Share & { confusion: number[][] };

/** From file to input, as design and decoder of Graft have it. */
export const RESIZE_RULE =
  'turned by EXIF, converted to sRGB, transparency over white, resized without keeping the aspect ratio (bilinear, widened when shrinking, as BILINEAR of Pillow)';

/** Collects what the card of an export says, the certificate left open. */
export function cardOf(context: ExportContext, format: ExportFormat, usage: ExportUsage): ModelCard {
  const { provenance: from, run, options, inputSize, classNames } = context;
  const { training } = run;
  return {
    formatVersion: 1,
    kind: 'image-classifier',
    madeWith: { name: 'Graft', version: from.graftVersion },
    isImported: run.isImported,
    trainedOn: from.trainedOn,
    export: { format, options },
    classes: training.classes.map(({ name, train, validation, test }) => ({ name, train, validation, test })),
    input: { size: inputSize, channels: 'RGB', range: [0, 255], dtype: 'float32', resize: RESIZE_RULE },
    output: { probabilities: classNames.length, order: 'labels.json' },
    backbone: {
      id: from.backboneId,
      name: from.backboneName,
      licence: from.backboneLicence,
      paper: from.backbonePaper,
      weights: { origin: from.weightsOrigin, sha256: from.weightsSha256 },
    },
    head: run.head,
    parameters: training.parameters,
    recipes: run.recipes,
    hasEarlierRun: run.missingParentRunId !== null,
    epochs: training.epochs,
    keptEpoch: training.keptEpoch,
    evaluation: { validation: evaluated(training.validation), test: evaluated(training.test) },
    certificate: null,
    limits: limitsOf(context),
    usage,
  };
}

/** A card with its certificate. @param parity null for a format that holds no model */
export function certified(card: ModelCard, parity: Parity | null): ModelCard {
  const certificate = parity && { ...parity, largestAllowed: largestAllowed(card.export.options.precision) };
  return { ...card, certificate };
}

const evaluated = (part: PartFacts | null): Evaluated | null => part && { ...part.share, confusion: part.confusion };

/** Fewer test pictures than this say little about a class. */
const FEW_IMAGES = 20;

function limitsOf(context: ExportContext): string[] {
  const { run, classNames, inputSize } = context;
  const [height, width] = inputSize;
  return [
    ...(run.isImported ? ['How well it does, and on which pictures, is not known.'] : limitsOfTraining(context)),
    `It always answers with its ${classNames.length} classes, also for a picture that shows none of them; a high probability is no proof.`,
    `Pictures are squeezed into ${height} × ${width}; what is smaller than a few pixels then is not seen.`,
    'It was not tested for fairness, for pictures made to deceive it, or for uses where a mistake does harm.',
  ];
}

const dataLimits: { readonly [D in ExportedRun['earlierData']]: string } = {
  same: 'All pictures come from one data set. It was not tested on pictures of other cameras, places or times.',
  other:
    'It learned from more than one data set, one after the other. Counts and results are those of the last; how well it still does on pictures of the others was not measured.',
  unknown:
    'What it began with had learned from pictures that are not known here. Counts and results are those of the last training, on one data set; it was not tested on pictures of other cameras, places or times.',
};

function limitsOfTraining({ run: { training: run, earlierData }, classNames }: ExportContext): string[] {
  const numTrain = run.classes.map(({ train }) => train);
  const numFew = run.classes.filter(({ test }) => test < FEW_IMAGES).length;
  const spread = Math.max(...numTrain) / Math.max(1, Math.min(...numTrain));
  const points = (share: Share): string => ((share.high - share.low) * 100).toFixed(1);
  return [
    run.test === null
      ? 'There was no test split. The validation accuracy is optimistic, because the training was watched by it.'
      : `The test accuracy rests on ${run.test.share.numImages} pictures: its 95 % interval is ${points(run.test.share)} points wide.`,
    ...(run.test !== null && numFew > 0
      ? [
          `${numFew} of ${classNames.length} classes had fewer than ${FEW_IMAGES} test pictures; little is known about each of them.`,
        ]
      : []),
    ...(spread > 3
      ? [`Classes are uneven: the largest had ${spread.toFixed(1)} times the training pictures of the smallest.`]
      : []),
    dataLimits[earlierData],
  ];
}
