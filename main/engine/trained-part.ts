import { createHash } from 'node:crypto';
import type * as tfTypes from '@tensorflow/tfjs-node';
import type { NamedTensors } from '../backbones/safetensors.ts';
import { fusedBatchNorm } from '../native/fused.ts';
import type { Cut } from './cut.ts';
import type { KeptLayer } from './feature-spaces.ts';
import { weightName } from './tuned-weights.ts';

type Tensor = tfTypes.Tensor;

/** A weight that training changes, as it begins. */
export interface TrainedVariable {
  /** `<layer>/<weight>` */
  name: string;
  shape: readonly number[];
  initial: Float32Array;
  /** Kernels do, biases and normalisations do not. */
  decays: boolean;
}

/** The part of a backbone above the cut, for TensorFlow.js to train. The owner disposes it. */
export interface TrainedPart {
  /** What it takes, in this order. */
  kept: readonly KeptLayer[];
  variables: readonly TrainedVariable[];
  /**
   * Computes the feature maps. Inside a tidy or a gradient.
   *
   * @param inputs outputs of the kept layers, [batch, …]
   * @param values of the variables, by name
   */
  forward(inputs: readonly Tensor[], values: ReadonlyMap<string, Tensor>): Tensor;
  /** SHA-256 by layer of everything in it that must not change. */
  frozenSha256(): Map<string, string>;
  dispose(): void;
}

/** Which weights of a layer train when it is switched on: not the statistics, whatever the layer itself says. */
const statistics = new Set(['moving_mean', 'moving_variance', 'mean', 'variance', 'count']);

/**
 * Takes the part above a cut out of a model, which it then owns.
 *
 * Layers are called one by one and not through `fit`, which would move the statistics of frozen normalisations: BatchNormalization
 * always runs in inference mode, as the Keras guide to fine-tuning advises.
 *
 * @see https://keras.io/guides/transfer_learning/
 */
export function createTrainedPart(
  tf: typeof tfTypes,
  model: tfTypes.LayersModel,
  cut: Cut,
  trainable: ReadonlySet<string>,
): TrainedPart {
  const variables: TrainedVariable[] = [];
  const frozen: { layer: string; variable: tfTypes.LayerVariable }[] = [];
  let current: ReadonlyMap<string, Tensor> = new Map();
  const steps = cut.above.map((name) => {
    const layer = model.getLayer(name);
    for (const variable of layer.weights) {
      const own = weightName(variable);
      const full = `${name}/${own}`;
      if (!trainable.has(name) || statistics.has(own)) {
        frozen.push({ layer: name, variable });
        continue;
      }
      const value = variable.read();
      variables.push({
        name: full,
        shape: value.shape,
        initial: Float32Array.from(value.dataSync()),
        decays: own.endsWith('kernel'),
      });
      // The layer then computes with the value that the optimizer holds.
      variable.read = () => current.get(full)!;
    }
    return { name, inputs: inputNames(layer), call: callOf(tf, layer, trainable.has(name)) };
  });
  const kept = cut.kept.map((name) => ({
    layer: name,
    outputShape: (model.getLayer(name).outputShape as number[]).slice(1),
  }));
  const lastUse = new Map(steps.flatMap((step) => step.inputs.map((input) => [input, step.name] as const)));
  const output = cut.above.at(-1)!;
  return {
    kept,
    variables,
    forward(inputs, values) {
      current = values;
      const made = new Map(cut.kept.map((name, i) => [name, inputs[i]!]));
      for (const { name, inputs: names, call } of steps) {
        made.set(name, call(names.map((input) => made.get(input)!)));
        for (const input of names) if (lastUse.get(input) === name && input !== output) made.delete(input);
      }
      return made.get(output)!;
    },
    frozenSha256() {
      const hashes = new Map<string, ReturnType<typeof createHash>>();
      for (const { layer, variable } of frozen) {
        const hash = hashes.get(layer) ?? createHash('sha256');
        hashes.set(layer, hash);
        const data = variable.read().dataSync();
        hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      }
      return new Map([...hashes].map(([layer, hash]) => [layer, hash.digest('hex')]));
    },
    dispose: () => void model.dispose(),
  };
}

/** How one layer computes: TensorFlow's fused kernel for a normalisation, the layer itself for everything else. */
function callOf(
  tf: typeof tfTypes,
  layer: tfTypes.layers.Layer,
  isTrained: boolean,
): (inputs: readonly Tensor[]) => Tensor {
  const type = layer.getClassName();
  if (type === 'Dropout') return ([x]) => x!;
  if (type === 'BatchNormalization') {
    const read = (name: string) => layer.weights.find((variable) => weightName(variable) === name)?.read() ?? null;
    const epsilon = Number(layer.getConfig()['epsilon']);
    if (isTrained)
      return ([x]) =>
        fusedBatchNorm(
          x as tfTypes.Tensor4D,
          read('gamma') as tfTypes.Tensor1D,
          read('beta') as tfTypes.Tensor1D,
          read('moving_mean') as tfTypes.Tensor1D,
          read('moving_variance') as tfTypes.Tensor1D,
          epsilon,
        );
    return ([x]) => {
      // Nothing in it trains: a factor and a shift a channel.
      const factor = tf.rsqrt(tf.add(read('moving_variance')!, epsilon));
      const scale = read('gamma') ? tf.mul(factor, read('gamma')!) : factor;
      const moved = tf.mul(read('moving_mean')!, scale);
      const shift = read('beta') ? tf.sub(read('beta')!, moved) : tf.neg(moved);
      return tf.add(tf.mul(x!, scale), shift);
    };
  }
  return (inputs) => {
    const result = layer.call(inputs.length === 1 ? inputs[0]! : [...inputs], { training: false });
    return Array.isArray(result) ? result[0]! : result;
  };
}

function inputNames(layer: tfTypes.layers.Layer): string[] {
  const { input } = layer;
  return (Array.isArray(input) ? input : [input]).map((tensor) => tensor.sourceLayer.name);
}

/** Begins with the values given instead of the model's own. @throws Error when one is missing */
export function withValues(variables: readonly TrainedVariable[], values: NamedTensors): TrainedVariable[] {
  return variables.map((variable) => {
    const found = values.get(variable.name);
    if (found?.data.length !== variable.initial.length) throw new Error(`no value for ${variable.name}`);
    return { ...variable, initial: found.data };
  });
}
