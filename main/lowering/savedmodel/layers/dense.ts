import { weight } from '../../layer-weights.ts';
import { node, type LayerLowering } from '../layer.ts';
import { convolve, finish, onePlace } from './convolution.ts';

/** Dense: over [n] a matrix product, over [h, w, c] a convolution of 1×1, over [places, c] the product of all places in a row. */
export const dense: LayerLowering = (call) => {
  const { graph, name, input, outputShape } = call;
  const { dims, read } = weight(call.layer, 'kernel');
  const [numIn, numOut] = dims as [number, number];
  if (input.shape.length === 3)
    return finish(call, convolve(call, 'Conv2D', input, { dims: [1, 1, numIn, numOut], read }, 'kernel', onePlace));
  const kernel = graph.constant(`${name}/kernel`, dims, read);
  if (input.shape.length === 1) return finish(call, node(call, 'MatMul', [input, kernel], outputShape));
  const row = node(call, 'Reshape', [input, graph.integers(`${name}/row`, [-1, numIn])], [numIn]);
  const product = node(call, 'MatMul', [row, kernel], [numOut]);
  return finish(
    call,
    node(call, 'Reshape', [product, graph.integers(`${name}/shape`, [-1, ...outputShape])], outputShape),
  );
};
