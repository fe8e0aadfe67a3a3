import { node, requireChannelsLast, type LayerLowering } from '../layer.ts';

/** ZeroPadding2D. */
export const zeroPadding2d: LayerLowering = (call) => {
  requireChannelsLast(call);
  const [[top, bottom], [left, right]] = call.config['padding'] as [[number, number], [number, number]];
  const amounts = call.graph.integers(`${call.name}/paddings`, [0, 0, top, bottom, left, right, 0, 0], [4, 2]);
  return node(call, 'Pad', [call.input, amounts], call.outputShape);
};

/** Cropping2D: rows and columns taken off. */
export const cropping2d: LayerLowering = (call) => {
  requireChannelsLast(call);
  const [[top], [left]] = call.config['cropping'] as [[number, number], [number, number]];
  const { graph, name, input, outputShape } = call;
  const begin = graph.integers(`${name}/begin`, [0, top, left, 0]);
  const size = graph.integers(`${name}/size`, [-1, ...outputShape]);
  return node(call, 'Slice', [input, begin, size], outputShape, { Index: { type: 'int32' } });
};

/** Flatten and Reshape: the same numbers in the same order. */
export const reshape: LayerLowering = (call) => {
  const { graph, name, input, outputShape } = call;
  return node(call, 'Reshape', [input, graph.integers(`${name}/shape`, [-1, ...outputShape])], outputShape);
};

/** Permute. */
export const permute: LayerLowering = (call) => {
  const dims = call.config['dims'] as number[]; // from 1, without the batch
  const perm = call.graph.integers(`${call.name}/perm`, [0, ...dims]);
  return node(call, 'Transpose', [call.input, perm], call.outputShape);
};

/** UpSampling2D of TensorFlow.js, which counts from the edges. */
export const upSampling2d: LayerLowering = (call) => {
  requireChannelsLast(call);
  return resize(call, false);
};

/** Resizing as Keras does it, a pixel's place being its middle; also what stands for its bilinear UpSampling2D. */
export const halfPixelResizing: LayerLowering = (call) => resize(call, true);

/** Dropout, which does nothing when a model predicts: a node all the same, so that the layer is seen. */
export const dropout: LayerLowering = (call) => node(call, 'Identity', [call.input]);

function resize(call: Parameters<LayerLowering>[0], countsFromMiddles: boolean): ReturnType<LayerLowering> {
  const { graph, name, config, input, outputShape } = call;
  const op = config['interpolation'] === 'bilinear' ? 'ResizeBilinear' : 'ResizeNearestNeighbor';
  const size = graph.integers(`${name}/size`, outputShape.slice(0, 2));
  return node(call, op, [input, size], outputShape, {
    align_corners: { bool: false },
    half_pixel_centers: { bool: countsFromMiddles },
  });
}
