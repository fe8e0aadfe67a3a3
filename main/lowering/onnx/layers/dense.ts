import { optionalWeight, weight } from '../../layer-weights.ts';
import type { LayerLowering } from '../layer.ts';
import { applyActivation } from './activation.ts';

/** Dense: over [n] a matrix product, over [h, w, c] the same at each place, which is a convolution of 1×1. */
export const dense: LayerLowering = (call) => {
  const { graph, layer, name, input } = call;
  const kernel = weight(layer, 'kernel');
  const [numIn, numOut] = kernel.dims as [number, number];
  const bias = optionalWeight(layer, 'bias')?.read() ?? new Float32Array(numOut);
  const biasName = graph.constant(`${name}/bias`, [numOut], bias);
  if (input.shape.length === 3) {
    const flip = () => flipped(kernel.read(), numIn, numOut);
    const kernelName = graph.constant(`${name}/kernel`, [numOut, numIn, 1, 1], flip);
    const output = graph.add(
      name,
      'Conv',
      [input.name, kernelName, biasName],
      { kernel_shape: { ints: [1, 1] } },
      call.outputShape,
    );
    return applyActivation(call, output, call.config['activation']);
  }
  const kernelName = graph.constant(`${name}/kernel`, [numIn, numOut], kernel.read);
  if (input.shape.length === 1) {
    const output = graph.add(name, 'Gemm', [input.name, kernelName, biasName], {}, call.outputShape);
    return applyActivation(call, output, call.config['activation']);
  }
  const product = graph.add(`${name}/MatMul`, 'MatMul', [input.name, kernelName], {}, call.outputShape);
  const output = graph.add(name, 'Add', [product.name, biasName], {}, call.outputShape);
  return applyActivation(call, output, call.config['activation']);
};

/** [in, out] -> [out, in] */
function flipped(source: Float32Array, numIn: number, numOut: number): Float32Array {
  const target = new Float32Array(source.length);
  for (let from = 0; from < numIn; from += 1) {
    for (let to = 0; to < numOut; to += 1) target[to * numIn + from] = source[from * numOut + to] as number;
  }
  return target;
}
