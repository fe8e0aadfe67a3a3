import type * as tf from '@tensorflow/tfjs-node';

/** Every tensor from the input to the outputs, a producer always before its consumers. Without recursion: backbones are deep. */
export function inTopologicalOrder(
  input: tf.SymbolicTensor,
  outputs: readonly tf.SymbolicTensor[],
): tf.SymbolicTensor[] {
  const order: tf.SymbolicTensor[] = [];
  const done = new Set<number>([input.id]);
  const open: tf.SymbolicTensor[] = [...outputs].reverse();
  while (open.length > 0) {
    const tensor = open.at(-1) as tf.SymbolicTensor;
    const waiting = done.has(tensor.id) ? [] : tensor.inputs.filter(({ id }) => !done.has(id));
    if (waiting.length > 0) {
      open.push(...waiting.reverse());
      continue;
    }
    open.pop();
    if (done.has(tensor.id)) continue;
    if (tensor.inputs.length === 0) throw new Error(`${tensor.name} is an input of its own`);
    done.add(tensor.id);
    order.push(tensor);
  }
  return order;
}

/** The one input and the one output of a model. */
export function ends(model: tf.LayersModel): { input: tf.SymbolicTensor; output: tf.SymbolicTensor } {
  const [input, ...others] = model.inputs;
  const [output, ...moreOutputs] = model.outputs;
  if (!input || others.length > 0 || !output || moreOutputs.length > 0) {
    throw new Error(`${model.name} must have one input and one output`);
  }
  return { input, output };
}

/** Sizes of a tensor without the batch, all known. */
export function staticShape(tensor: tf.SymbolicTensor): number[] {
  return tensor.shape.slice(1).map((size) => {
    if (size === null) throw new Error(`${tensor.name} has an open size`);
    return size;
  });
}
