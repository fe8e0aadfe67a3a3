import type { Value } from '../graph.ts';
import { node, notSupported, number, type LayerCall, type LayerLowering } from '../layer.ts';

/** Add: the sum of all inputs; a place or channel of 1 is spread over the others. */
export const add: LayerLowering = (call) => chain(call, 'AddV2');

/** Multiply: the product of all inputs; a place or channel of 1 is spread over the others. */
export const multiply: LayerLowering = (call) => chain(call, 'Mul');

/** Maximum: the largest of all inputs, place by place. */
export const maximum: LayerLowering = (call) => chain(call, 'Maximum');

/** Minimum: the smallest of all inputs, place by place. */
export const minimum: LayerLowering = (call) => chain(call, 'Minimum');

/** Average: the mean of all inputs, place by place. */
export const average: LayerLowering = (call) =>
  node(call, 'Mul', [chain(call, 'AddV2'), number(call, 'share', 1 / call.inputs.length)]);

/** InceptionResNetV2's CustomScaleLayer: the first input plus the second times a number. */
export const customScaleLayer: LayerLowering = (call) => {
  const [shortcut, residual] = call.inputs as [Value, Value];
  const scaled = node(call, 'Mul', [residual, number(call, 'scale', Number(call.config['scale']))]);
  return node(call, 'AddV2', [shortcut, scaled]);
};

/** Concatenate along any axis but the batch. */
export const concatenate: LayerLowering = (call) => {
  const { graph, name, inputs, outputShape } = call;
  const given = Number(call.config['axis'] ?? -1);
  const axis = given < 0 ? given + outputShape.length + 1 : given; // counted with the batch
  if (axis < 1) throw notSupported(call.layer, `axis ${given}`);
  const attributes = { N: { int: inputs.length } };
  return node(call, 'ConcatV2', [...inputs, graph.integers(`${name}/axis`, axis)], outputShape, attributes);
};

function chain(call: LayerCall, op: string): Value {
  const rank = call.outputShape.length;
  if (call.inputs.some(({ shape }) => shape.length !== rank))
    throw notSupported(call.layer, 'inputs of different ranks');
  return call.inputs.slice(1).reduce((sum, next) => node(call, op, [sum, next], call.outputShape), call.input);
}
