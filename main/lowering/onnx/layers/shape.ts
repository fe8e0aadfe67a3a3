import { toChannelsLast, type Value } from '../graph.ts';
import type { LayerCall, LayerLowering } from '../layer.ts';

/** Flatten in the order of TensorFlow.js: places first, channels innermost. */
export const flatten: LayerLowering = (call) => {
  if (call.input.shape.length === 1) return call.input;
  const source = toChannelsLast(call.graph, call.input, `${call.name}/channels_last`);
  return call.graph.add(call.name, 'Flatten', [source], { axis: { int: 1 } }, call.outputShape);
};

/** Reshape, in the order of TensorFlow.js. */
export const reshape: LayerLowering = (call) => {
  const source = toChannelsLast(call.graph, call.input, `${call.name}/channels_last`);
  return fromChannelsLast(call, source);
};

/** A layer that does nothing when a model predicts: Dropout and its like. */
export const identity: LayerLowering = (call) => call.input;

function fromChannelsLast(call: LayerCall, source: string): Value {
  const { graph, name, outputShape } = call;
  const hasPlaces = outputShape.length === 3;
  const target = graph.integers(`${name}/shape`, [-1, ...outputShape]);
  const reshaped = graph.add(hasPlaces ? `${name}/Reshape` : name, 'Reshape', [source, target], {}, outputShape);
  if (!hasPlaces) return reshaped;
  return graph.add(name, 'Transpose', [reshaped.name], { perm: { ints: [0, 3, 1, 2] } }, outputShape);
}
