import type { tf } from '../../native/tf.ts';
import { notInKeras, type KerasCall, type KerasDialect, type KerasLayer } from './layer.ts';
import { inKerasOrder } from './order.ts';
import { lowerings } from './registry.ts';

/** A model in layers that Keras has built in. */
export interface KerasModel {
  name: string;
  dialect: KerasDialect;
  /** In the order of Keras's `model.layers`. */
  layers: KerasLayer[];
  input: KerasLayer;
  output: KerasLayer;
}

/**
 * Says a layers model in built-in layers of Keras, every one under its own name. Where Keras needs several, the others' names
 * begin with it. Weights are read when they are written: the model must live until then.
 *
 * @param model flat, every layer used once, one input and one output; stays the caller's
 * @throws GraftError layer-not-supported
 */
export function lowerToKeras(model: tf.LayersModel, dialect: KerasDialect, name: string): KerasModel {
  const byTensor = new Map<number, KerasLayer>(); // what gives a tensor of the model, by its id
  for (const layer of model.layers) {
    const output = layer.output as tf.SymbolicTensor;
    if (layer.getClassName() === 'InputLayer') {
      byTensor.set(output.id, inputLayer(layer.name, output, dialect));
      continue;
    }
    const lower = lowerings.get(layer.getClassName());
    if (!lower) throw notInKeras(layer);
    const inputs = [layer.input].flat().map(({ id }) => byTensor.get(id)!);
    const call: KerasCall = { layer, config: layer.getConfig(), inputs, input: inputs[0]!, dialect };
    byTensor.set(output.id, lower(call).at(-1)!);
  }
  const [input, output] = [model.inputs, model.outputs].map(([only]) => byTensor.get(only!.id)!) as [KerasLayer, KerasLayer]; // prettier-ignore
  const layers = inKerasOrder(output);
  const names = new Set<string>();
  for (const layer of layers) {
    // A layer that stands for an activation may have the name of another.
    const wanted = layer.name;
    for (let count = 1; names.has(layer.name); count++) layer.name = `${wanted}_${count}`;
    names.add(layer.name);
  }
  return { name, dialect, layers, input, output };
}

function inputLayer(name: string, output: tf.SymbolicTensor, dialect: KerasDialect): KerasLayer {
  const config = { [dialect === 'keras3' ? 'batch_shape' : 'batch_input_shape']: output.shape, sparse: false };
  return { className: 'InputLayer', name, config, trainable: true, inputs: [], shape: output.shape, weights: [] };
}
