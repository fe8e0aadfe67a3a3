import { tf } from '../../native/tf.ts';
import { isPlainLayer, requirePlainLayers } from './plain-layers.ts';
import { activationRewrites, rewrites } from './registry.ts';
import { apply, type RewriteCall } from './rewrite.ts';

/**
 * Rebuilds a model of layers that any TensorFlow.js has: same name, inputs and outputs, every other layer under its own name.
 * Weights of layers that stay are shared, not copied, until either side trains.
 *
 * @param model flat, every layer used once; stays the caller's and whole.
 * @returns the caller disposes it.
 * @throws GraftError layer-not-supported
 */
export function toPlainModel(model: tf.LayersModel): tf.LayersModel {
  requirePlainLayers(model, (layer) => rewrites.has(layer.getClassName()), activationRewrites);
  const tensors = new Map<number, tf.SymbolicTensor>(); // of the new graph, by those of the old
  for (const layer of model.layers) {
    const output = layer.output as tf.SymbolicTensor;
    if (layer.getClassName() === 'InputLayer') {
      tensors.set(output.id, tf.input({ name: layer.name, shape: output.shape.slice(1), dtype: output.dtype }));
      continue;
    }
    const inputs = [layer.input].flat().map(({ id }) => tensors.get(id)!);
    const call: RewriteCall = { layer, config: layer.getConfig(), inputs, input: inputs[0]! };
    const rewrite = rewrites.get(layer.getClassName());
    tensors.set(output.id, rewrite ? rewrite(call) : rebuild(call));
  }
  const inNew = (old: readonly tf.SymbolicTensor[]) => old.map(({ id }) => tensors.get(id)!);
  return tf.model({ name: model.name, inputs: inNew(model.inputs), outputs: inNew(model.outputs) });
}

/** Whether a model is of such layers already. */
export const isPlainModel = (model: tf.LayersModel): boolean => model.layers.every((layer) => isPlainLayer(layer));

/** The same layer anew; an activation that TensorFlow.js lacks comes after it, or in its place. */
function rebuild(call: RewriteCall): tf.SymbolicTensor {
  const { layer, config, inputs, input } = call;
  const addActivation = activationRewrites.get(String(config['activation']));
  if (addActivation && layer.getClassName() === 'Activation') return addActivation(input, layer.name);
  const LayerClass = layer.constructor as new (settings: object) => tf.layers.Layer;
  const copy = new LayerClass({ ...config, ...(addActivation && { activation: 'linear' }) });
  copy.setFastWeightInitDuringBuild(true); // zeros: drawing numbers for weights that are set below would take seconds
  const output = apply(copy, inputs.length > 1 ? [...inputs] : input);
  copy.setFastWeightInitDuringBuild(false);
  if (layer.weights.length > 0) copy.setWeights(layer.getWeights());
  return addActivation ? addActivation(output, `${layer.name}_activation`) : output;
}
