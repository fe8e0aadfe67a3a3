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

/** Permute, in the order of TensorFlow.js. */
export const permute: LayerLowering = (call) => {
  const { graph, input, name, outputShape } = call;
  const dims = (call.config['dims'] as number[]).map(Number); // from 1, without the batch
  const source = toChannelsLast(graph, input, `${name}/channels_last`);
  const hasPlaces = outputShape.length === 3;
  const inside = hasPlaces ? [dims[2]!, dims[0]!, dims[1]!] : dims; // [h, w, c] lie as [c, h, w]
  return graph.add(name, 'Transpose', [source], { perm: { ints: [0, ...inside] } }, outputShape);
};

/** Dropout, which does nothing when a model predicts. */
export const dropout: LayerLowering = ({ graph, input, name, keepsLayers }) =>
  keepsLayers ? graph.add(name, 'Dropout', [input.name], {}, input.shape) : input;

function fromChannelsLast(call: LayerCall, source: string): Value {
  const { graph, name, outputShape } = call;
  const hasPlaces = outputShape.length === 3;
  const target = graph.integers(`${name}/shape`, [-1, ...outputShape]);
  const reshaped = graph.add(hasPlaces ? `${name}/Reshape` : name, 'Reshape', [source, target], {}, outputShape);
  if (!hasPlaces) return reshaped;
  return graph.add(name, 'Transpose', [reshaped.name], { perm: { ints: [0, 3, 1, 2] } }, outputShape);
}
