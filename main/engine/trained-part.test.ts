import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formulaWeight, uniform } from '../../tools/reference/formulas.ts';
import { findBackbone } from '../backbones/registry.ts';
import { expectedWeights, setWeights } from '../backbones/weights.ts';
import { tf } from '../native/tf.ts';
import { planFreezing, type FreezingPlan } from './run-plan.ts';
import { createTrainedPart } from './trained-part.ts';

const size = [64, 64] as const;

async function formulaModel(id: string): Promise<tf.LayersModel> {
  const model = await findBackbone(id).build(size);
  const tensors = expectedWeights(model).flatMap(({ name: layer, weights }) =>
    weights.map(
      ({ name, shape }) =>
        [`${layer}/${name}`, { shape: [...shape], data: formulaWeight(layer, name, shape) }] as const,
    ),
  );
  await setWeights(model, new Map(tensors));
  return model;
}

/** What the model's layers compute themselves, up to the cut and to the end. */
function outputsOf(
  model: tf.LayersModel,
  plan: FreezingPlan,
  input: tf.Tensor,
): { kept: tf.Tensor[]; maps: tf.Tensor } {
  const kept = plan.cut.kept.map((name) => model.getLayer(name).output as tf.SymbolicTensor);
  const both = tf.model({ inputs: model.inputs, outputs: [...kept, ...model.outputs] });
  const outputs = both.predict(input) as tf.Tensor[];
  return { kept: outputs.slice(0, -1), maps: outputs.at(-1)! };
}

/** Gradients of the mean of maps times target for all that trains, by the layers of TensorFlow.js. */
function ownGradients(model: tf.LayersModel, plan: FreezingPlan, input: tf.Tensor, target: tf.Tensor): tf.Tensor[] {
  const variables = plan.cut.above
    .filter((name) => plan.trainable.has(name))
    .flatMap((name) => model.getLayer(name).trainableWeights.map((variable) => variable.read()));
  const loss = () => tf.mean<tf.Scalar>(tf.mul(model.apply(input, { training: false }) as tf.Tensor, target));
  return tf.engine().gradients(loss, variables, undefined, true).grads;
}

const largest = (tensor: tf.Tensor) => tensor.abs().max().dataSync()[0]!;
const difference = (a: tf.Tensor, b: tf.Tensor) => largest(a.sub(b)) / Math.max(1e-12, largest(b));

/** Every kind of layer that is computed otherwise than the layer itself would. */
describe.each([
  { id: 'mobilenet-v2-0.35', trainable: { from: 'block_16_expand' }, what: 'folded normalisations, ReLU6, depthwise' },
  {
    id: 'mobilenet-v2-0.35',
    trainable: { layers: ['block_15_project_BN', 'out_relu', 'Conv_1'] },
    what: 'any pattern',
  },
  { id: 'vgg16', trainable: { from: 'block5_conv2' }, what: 'biases and ReLU in the layer' },
  { id: 'efficientnet-lite0', trainable: { layers: ['block7a_bn'] }, what: 'a normalisation at the cut' },
])('createTrainedPart: $id, $what', ({ id, trainable }) => {
  let model: tf.LayersModel;
  let plan: FreezingPlan;
  beforeEach(async () => {
    model = await formulaModel(id);
    plan = await planFreezing(findBackbone(id), size, trainable);
  });
  afterEach(() => void model.dispose());

  it('computes the feature maps that the model does, and the gradients', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const input = tf.tensor(Float32Array.from(uniform('input', 2 * 64 * 64 * 3)), [2, 64, 64, 3]);
      const { kept, maps } = outputsOf(model, plan, input);
      const target = tf.tensor(Float32Array.from(uniform('target', maps.size)), maps.shape);
      const own = ownGradients(model, plan, input, target);
      const part = createTrainedPart(tf, model, plan.cut, plan.trainable);
      expect(part.kept.map((layer) => layer.outputShape)).toEqual(kept.map((tensor) => tensor.shape.slice(1)));
      const values = part.variables.map(({ initial, shape }) => tf.tensor(initial, [...shape]));
      const forward = (given: readonly tf.Tensor[]) =>
        part.forward(kept, new Map(part.variables.map(({ name }, i) => [name, given[i]!])));
      expect(difference(forward(values), maps)).toBeLessThan(1e-4);

      const loss = (output: tf.Tensor) => tf.mean<tf.Scalar>(tf.mul(output, target));
      const { grads } = tf.engine().gradients(() => loss(forward(values)), values, undefined, true);
      grads.forEach((gradient, i) => {
        expect(gradient.shape).toEqual(values[i]!.shape);
        expect([part.variables[i]!.name, difference(gradient, own[i]!) < 1e-3]).toEqual([
          part.variables[i]!.name,
          true,
        ]);
      });
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('trains what was asked for and nothing else', () => {
    const part = createTrainedPart(tf, model, plan.cut, plan.trainable);
    const layers = new Set(part.variables.map(({ name }) => name.slice(0, name.lastIndexOf('/'))));
    expect(layers).toEqual(plan.trainable);
    expect(part.variables.some(({ name }) => name.includes('moving_'))).toBe(false);
    expect(part.variables.filter(({ decays }) => decays).every(({ name }) => name.endsWith('kernel'))).toBe(true);
    const frozen = part.frozenSha256();
    for (const [layer] of frozen) expect(plan.cut.above).toContain(layer);
    expect([...part.frozenSha256()]).toEqual([...frozen]);
  });
});
