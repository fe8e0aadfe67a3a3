import { performance } from 'node:perf_hooks';
import { decodeImage } from '../native/image.ts';
import type { FrozenPart } from './frozen-part.ts';
import { headLogits, type HeadWeights } from './head.ts';
import { softmaxRow } from './metrics.ts';
import { openFrozenPart } from './open-frozen-part.ts';
import { backboneOfRun } from './run-backbone.ts';
import { readRunModel, type RunModel } from './run-model.ts';

/** A trained model ready to answer. The owner disposes it. */
export interface Predictor {
  model: RunModel;
  /** @param bytes of an image file. @returns probabilities by class index. @throws ImageProblem */
  predict(bytes: Buffer): Promise<Float32Array>;
  /** @param pixels RGB, uint8, [height, width, 3] of the model's input size */
  predictPixels(pixels: Uint8Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Opens a run's model for predictions: frozen part by ONNX Runtime, head in plain arithmetic. @throws run-not-finished, run-damaged, weights-missing, weights-damaged */
export async function openPredictor(
  runFolder: string,
  runId: string,
  places: { home: string; assets: string; cacheFolder: string },
): Promise<Predictor> {
  const { model, weights, tuned } = await readRunModel(runFolder, runId);
  const { spec } = await backboneOfRun(model, places);
  const isGap = model.head.kind === 'gap';
  const frozen = await openFrozenPart(spec, model.inputSize, { pooled: isGap, maps: !isGap }, places, tuned);
  const predictPixels = (pixels: Uint8Array) => answer(frozen, isGap, weights, pixels);
  return {
    model,
    predict: async (bytes) => predictPixels((await decodeImage(bytes, model.inputSize)).pixels),
    predictPixels,
    dispose: () => Promise.resolve(frozen.dispose()),
  };
}

async function answer(
  frozen: FrozenPart,
  isGap: boolean,
  weights: HeadWeights,
  pixels: Uint8Array,
): Promise<Float32Array> {
  const features = await frozen.run(pixels, 1);
  const probabilities = headLogits(weights, isGap ? features.pooled! : features.maps!);
  softmaxRow(probabilities, 0, probabilities.length);
  return probabilities;
}

/** Milliseconds a picture of a frozen part, decoding not counted: the median of some batches after one to warm up. */
export async function measureFrozenPart(
  frozen: FrozenPart,
  inputSize: readonly [number, number],
  batchSize: number,
  numBatches = 5,
): Promise<number> {
  const pixels = new Uint8Array(batchSize * inputSize[0] * inputSize[1] * 3).map((_, i) => (i * 31) & 255);
  await frozen.run(pixels, batchSize);
  const times: number[] = [];
  for (let i = 0; i < numBatches; i++) {
    const startedAt = performance.now();
    await frozen.run(pixels, batchSize);
    times.push((performance.now() - startedAt) / batchSize);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}
