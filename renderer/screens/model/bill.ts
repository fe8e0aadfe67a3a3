import type { BackboneFacts, HeadAdvice, TrainingCost } from '../../../contract/backbone.ts';
import type { DatasetSnapshot } from '../../../contract/dataset.ts';
import { RecipeInput, type HeadKind, type RunSummary } from '../../../contract/run.ts';

/** Why training cannot start; the sentence is in `strings`. */
export type Blocked =
  | 'no-dataset'
  | 'not-ready'
  | 'not-readable'
  | 'dataset-problem'
  | 'weights-missing'
  | 'setting-out-of-limits'
  | 'no-backbone';

/** What a choice costs. Null: not known, and not guessed. */
export interface Bill {
  trainedParameters: number | null;
  frozenParameters: number | null;
  cacheBytes: number | null;
  /** Computing the features of every picture once; 0 where an earlier run left them. */
  firstPassMs: number | null;
  epochMs: number | null;
  totalMs: number | null;
  /** The earlier run whose features and times these are. */
  earlierRun: number | null;
}

export interface BillInput {
  backbone: BackboneFacts | null;
  advice: HeadAdvice | null;
  dataset: DatasetSnapshot | null;
  runs: readonly RunSummary[];
  head: HeadKind;
  inputSize: number | null;
  epochs: number;
  /** Of the layers chosen; null where only the head trains. */
  cost?: TrainingCost | null;
  fineTuneEpochs?: number;
}

/** Weights that a head trains, by the backend's own count. */
export function headParameters(advice: HeadAdvice, head: HeadKind): number {
  return head === 'gap' ? advice.gapParameters : advice.flattenParameters;
}

/** Counts what a choice costs, from what is measured or was seen in an earlier run of the same kind. */
export function billOf(input: BillInput): Bill {
  const bill = headBill(input);
  const { cost, fineTuneEpochs = 0, backbone, dataset } = input;
  if (!cost) return bill;
  // The features of the cut are further down than the head's: an earlier run of the head alone left none of them.
  const msPerImage = input.inputSize === null ? (backbone?.msPerImage ?? null) : null;
  const firstPassMs = msPerImage === null || dataset === null ? null : msPerImage * dataset.numImages;
  const epochMs = cost.secondsPerEpoch === null ? null : 1000 * cost.secondsPerEpoch;
  return {
    trainedParameters: cost.trainableParameters,
    frozenParameters: cost.frozenParameters,
    cacheBytes: dataset === null ? null : cost.cacheBytes,
    firstPassMs,
    epochMs,
    totalMs: firstPassMs === null || epochMs === null ? null : firstPassMs + epochMs * fineTuneEpochs,
    earlierRun: null,
  };
}

/** The bill of a head alone. */
function headBill({ backbone, advice, dataset, runs, head, inputSize, epochs }: BillInput): Bill {
  const trainedParameters = advice === null ? null : headParameters(advice, head);
  const earlier = runs.find(
    (run) =>
      run.result !== null &&
      run.phase === 'finished' &&
      inputSize === null &&
      run.datasetId === dataset?.datasetId &&
      run.backboneId === backbone?.id &&
      run.head === head &&
      run.parentRunId === null &&
      run.result.trainableParameters === run.result.headParameters &&
      run.result.headParameters === trainedParameters,
  );
  const bytes = advice === null ? null : head === 'gap' ? advice.gapBytesPerImage : advice.flattenBytesPerImage;
  // The speed was measured at the backbone's own input size and holds only there.
  const msPerImage = inputSize === null ? (backbone?.msPerImage ?? null) : null;
  const measuredMs = msPerImage === null || dataset === null ? null : msPerImage * dataset.numImages;
  const firstPassMs = earlier === undefined ? measuredMs : 0;
  const epochMs = earlier?.result ? earlier.result.trainMs / earlier.numEpochs : null;
  return {
    trainedParameters,
    frozenParameters: backbone?.numParameters ?? null,
    cacheBytes: bytes === null || dataset === null ? null : bytes * dataset.numImages,
    firstPassMs,
    epochMs,
    totalMs: firstPassMs === null || epochMs === null ? null : firstPassMs + epochMs * epochs,
    earlierRun: earlier?.number ?? null,
  };
}

/** The first thing that keeps a run from starting, or null. */
export function blockedBy(
  backbone: BackboneFacts | null,
  dataset: DatasetSnapshot | null,
  recipe: RecipeInput,
): Blocked | null {
  if (dataset === null) return 'no-dataset';
  if (dataset.phase === 'failed' || dataset.phase === 'missing') return 'not-readable';
  if (dataset.phase !== 'ready') return 'not-ready';
  if (dataset.warnings.some((warning) => warning.blocking)) return 'dataset-problem';
  if (backbone === null) return 'no-backbone';
  if (backbone.weights.state === 'missing') return 'weights-missing';
  return RecipeInput.safeParse(recipe).success ? null : 'setting-out-of-limits';
}
