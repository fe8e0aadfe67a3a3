import type { TrainingCostInput } from '../../contract/backbone.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import { createRandom } from '../dataset/seeded.ts';
import { tf } from '../native/tf.ts';
import type { TrainingSpeed } from './cost.ts';
import { initialHead, type HeadConfig } from './head.ts';
import { Network } from './network.ts';
import { planFreezing } from './run-plan.ts';
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
    };
  } finally {
    network.dispose();
    part?.dispose();
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
