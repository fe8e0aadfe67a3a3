import type { TrainingCostInput } from '../../contract/backbone.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import { createRandom } from '../dataset/seeded.ts';
import { tf } from '../native/tf.ts';
import { rowsOf, type TrainingSpeed } from './cost.ts';
import { FROZEN_BATCH_SIZE } from './frozen-batch.ts';
import { createFrozenPart } from './frozen-part.ts';
import { initialHead, type HeadConfig } from './head.ts';
import { Network } from './network.ts';
import { fitsCache, planFreezing, type FreezingPlan } from './run-plan.ts';
import { createTrainedPart } from './trained-part.ts';

const NUM_BATCHES = 4;

/**
 * Trains some batches of a choice of layers on made-up features, with weights as they are drawn: what a step costs does not
 * depend on the numbers.
 *
 * @returns medians after a batch to warm up
 */
export async function measureTraining(input: TrainingCostInput & { home: string }): Promise<TrainingSpeed> {
  const spec = findBackbone(input.backboneId, input);
  const inputSize = input.inputSize === null ? spec.inputSize : ([input.inputSize, input.inputSize] as const);
  const plan = await planFreezing(spec, inputSize, input.trainable);
  const output = plan.graph.at(-1)!.outputShape as [number, number, number];
  const config: HeadConfig = { ...input.head, dropout: 0, featureShape: output, numClasses: input.numClasses };
  const part =
    plan.trainable.size > 0 ? createTrainedPart(tf, await spec.build(inputSize), plan.cut, plan.trainable) : null;
  const isKept = part === null || fitsCache(plan.kept, rowsOf(input));
  const options = { kind: 'adam', momentum: 0, weightDecay: 0 } as const;
  const network = new Network(tf, config, initialHead(config, 1), part, options);
  try {
    const random = createRandom(1, 'measure');
    const rows = network.rowLengths.map((length) =>
      Float32Array.from({ length: length * input.batchSize }, () => random.next()),
    );
    const labels = Int32Array.from({ length: input.batchSize }, (_, i) => i % input.numClasses);
    const shares = Array.from(labels, () => 1 / labels.length);
    const train = () => {
      network.learn({ rows, labels }, shares, 0, random);
      network.update(1e-5);
    };
    return {
      trainMs: median(train) / input.batchSize,
      answerMs: median(() => network.logits(rows, input.batchSize)) / input.batchSize,
      frozenMs: isKept ? null : await measureFrozen(spec, inputSize, plan),
    };
  } finally {
    network.dispose();
    part?.dispose();
  }
}

/** Milliseconds a picture below the cut. */
async function measureFrozen(
  spec: BackboneSpec,
  inputSize: readonly [number, number],
  { kept }: FreezingPlan,
): Promise<number> {
  const model = await spec.build(inputSize);
  const layers = kept.map(({ layer }) => layer);
  const want = { pooled: false, maps: false, layers };
  const frozen = await createFrozenPart({ spec, model, inputSize, weightsSha256: '' }, want);
  try {
    const pixels = new Uint8Array(FROZEN_BATCH_SIZE * inputSize[0] * inputSize[1] * 3).fill(127);
    await frozen.run(pixels, FROZEN_BATCH_SIZE);
    const startedAt = performance.now();
    for (let i = 0; i < NUM_BATCHES; i++) await frozen.run(pixels, FROZEN_BATCH_SIZE);
    return (performance.now() - startedAt) / (NUM_BATCHES * FROZEN_BATCH_SIZE);
  } finally {
    await frozen.dispose();
    model.dispose();
  }
}

function median(work: () => void): number {
  work();
  const times = Array.from({ length: NUM_BATCHES }, () => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  });
  return times.sort((a, b) => a - b)[NUM_BATCHES >> 1]!;
}
