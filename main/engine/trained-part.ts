import { createHash } from 'node:crypto';
import type * as tfTypes from '@tensorflow/tfjs-node';
import type { NamedTensors } from '../backbones/safetensors.ts';
import type { Cut } from './cut.ts';
import type { KeptLayer } from './feature-spaces.ts';
import { canFold, foldedMath, layerMath } from './layer-math.ts';
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
 * Layers are computed one by one and not through `fit`, which would move the statistics of frozen normalisations:
 * BatchNormalization always runs in inference mode, as the Keras guide to fine-tuning advises.
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
  const folded = foldedConvolutions(model, cut);
  for (const name of cut.above) {
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
  }
  const intoNormalization = new Set(folded.values());
  const steps = cut.above
    .filter((name) => !intoNormalization.has(name))
    .map((name) => {
      const layer = model.getLayer(name);
      const convolution = folded.get(name);
      if (convolution === undefined)
        return { name, inputs: inputNames(layer), compute: layerMath(tf, layer, trainable.has(name)) };
      const before = model.getLayer(convolution);
      return { name, inputs: inputNames(before), compute: foldedMath(tf, before, layer) };
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
      for (const { name, inputs: names, compute } of steps) {
        made.set(name, compute(names.map((input) => made.get(input)!)));
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

/** Convolutions above the cut that a normalisation, and nothing else, reads: by the normalisation's name. */
function foldedConvolutions(model: tfTypes.LayersModel, cut: Cut): Map<string, string> {
  const numReaders = new Map<string, number>();
  for (const layer of model.layers)
    for (const name of inputNames(layer)) numReaders.set(name, (numReaders.get(name) ?? 0) + 1);
  const above = new Set(cut.above);
  const folded = new Map<string, string>();
  for (const name of cut.above) {
    const layer = model.getLayer(name);
    const [before, ...others] = inputNames(layer);
    if (before === undefined || others.length > 0 || !above.has(before) || numReaders.get(before) !== 1) continue;
    if (canFold(model.getLayer(before), layer)) folded.set(name, before);
  }
  return folded;
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
