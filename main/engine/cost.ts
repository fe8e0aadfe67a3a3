import type { TrainingCost, TrainingCostInput } from '../../contract/backbone.ts';
import { headParameters } from './head.ts';
import { numValues, type LayerGraph } from './layer-graph.ts';
import { fitsCache, freezingOf, keptBytes, numRowsOf } from './run-plan.ts';

/** Milliseconds a picture above the cut, on this machine. */
export interface TrainingSpeed {
  /** Forward, backward and the step of the optimizer. */
  trainMs: number;
  /** Forward alone, as for validation. */
  answerMs: number;
  /** Below the cut, where that has to be computed for every batch; null: it was not measured. */
  frozenMs: number | null;
}

const BYTES_A_NUMBER = 4;
/** Milliseconds to decode a picture: 1,200 photographs of 500 × 375 on 2 cores, measured. */
const DECODE_MS = 1.3;
/** A trainer with TensorFlow.js and ONNX Runtime loaded, the backend beside it, and nothing else: measured. */
const IDLE_BYTES = 420e6;
/** Copies of what trains: the value, its gradient and the optimizer's two. */
const COPIES_TRAINED = 4;
/** Of each activation above the cut: itself, its gradient, and what the kernels keep meanwhile. */
const COPIES_ACTIVATION = 2.5;

/** What a choice of layers costs. Pure arithmetic on the layer graph. @throws layer-not-found, nothing-to-train */
export function trainingCost(
  graph: LayerGraph,
  input: TrainingCostInput,
  frozenBatchSize: number,
  speed: TrainingSpeed | null,
): TrainingCost {
  const { trainable, cut, kept } = freezingOf(graph, input.trainable, input.backboneId);
  const output = graph.at(-1)!.outputShape as [number, number, number];
  const head = headParameters({ ...input.head, dropout: 0, featureShape: output, numClasses: input.numClasses });
  const numTrained = graph.reduce((sum, { name, numTrainable }) => sum + (trainable.has(name) ? numTrainable : 0), 0);
  const numAll = graph.reduce((sum, { numParameters }) => sum + numParameters, 0);
  const pooled = output[2] * BYTES_A_NUMBER;
  const headBytes = input.head.kind === 'gap' ? pooled : pooled + numValues(output) * BYTES_A_NUMBER;
  const isFineTuned = trainable.size > 0;
  const numRows = rowsOf(input);
  const isKept = !isFineTuned || fitsCache(kept, numRows);
  const rowBytes = (isFineTuned && isKept ? keptBytes(kept) : 0) + headBytes;
  const above = new Set(cut.above);
  const sizes = (isAbove: boolean) =>
    graph.filter(({ name }) => above.has(name) === isAbove).map(({ outputShape }) => numValues(outputShape));
  const trainedBytes = sizes(true).reduce((a, b) => a + b, 0) * BYTES_A_NUMBER * input.batchSize * COPIES_ACTIVATION;
  // ONNX Runtime frees what it no longer needs: a few of the largest tensors live at a time.
  const frozenBytes = Math.max(0, ...sizes(false)) * BYTES_A_NUMBER * frozenBatchSize * 3;
  return {
    trainableParameters: head + numTrained,
    frozenParameters: numAll - numTrained,
    headParameters: head,
    cut: isFineTuned ? kept.map(({ layer, outputShape }) => ({ layer, outputShape: [...outputShape] })) : [],
    cacheBytes: rowBytes * numRows,
    fitsCache: isKept,
    peakMemoryBytes: Math.round(
      IDLE_BYTES +
        2 * numAll * BYTES_A_NUMBER +
        COPIES_TRAINED * (head + numTrained) * BYTES_A_NUMBER +
        Math.max(trainedBytes, frozenBytes),
    ),
    secondsPerEpoch: speed && secondsPerEpoch(input, speed, isKept),
  };
}

/** Rows that a choice keeps. */
export const rowsOf = (input: TrainingCostInput): number =>
  numRowsOf(input.numTrainImages, input.numValidationImages + input.numTestImages, input.numViews);

/** Null when what lies below the cut is computed anew each time and how long that takes was not measured. */
function secondsPerEpoch(
  { numTrainImages, numValidationImages }: TrainingCostInput,
  { trainMs, answerMs, frozenMs }: TrainingSpeed,
  isKept: boolean,
): number | null {
  if (!isKept && frozenMs === null) return null;
  const liveMs = isKept ? 0 : frozenMs! + DECODE_MS;
  return ((trainMs + liveMs) * numTrainImages + (answerMs + liveMs) * numValidationImages) / 1000;
}

/** Names what a measured speed depends on. */
export function speedKey({ backboneId, inputSize, trainable, head, batchSize }: TrainingCostInput): string {
  return JSON.stringify([backboneId, inputSize, trainable, head.kind, head.denseUnits, batchSize]);
}
