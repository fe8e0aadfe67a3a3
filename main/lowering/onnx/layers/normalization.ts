import type { OnnxNode } from '../messages.ts';
import type { GraphBuilder } from '../graph.ts';
import { notSupported, optionalWeight, weight, type LayerLowering } from '../layer.ts';

/**
 * BatchNormalization in inference mode: y = x * factor + shift for each channel. It goes into the weights of the
 * convolution before it where nothing else reads that; elsewhere it stays a node of its own.
 */
export const batchNormalization: LayerLowering = (call) => {
  const { graph, layer, input, config } = call;
  const axis = config['axis'];
  if (axis !== undefined && axis !== -1 && axis !== input.shape.length)
    throw notSupported(layer, `axis ${Number(axis)}`);
  if (input.shape.length === 2) throw notSupported(layer, 'rank 3'); // ONNX has channels second
  const { factor, shift } = affine(layer, Number(config['epsilon'] ?? 1e-3));
  const producer = graph.producer(input);
  if (producer?.opType === 'Conv' && call.isOnlyConsumer(input)) {
    foldIntoConv(graph, producer, factor, shift);
    return { name: graph.rename(producer, call.name), shape: call.outputShape };
  }
  const dims = [factor.length];
  const inputs = [
    input.name,
    graph.constant(`${call.name}/factor`, dims, factor),
    graph.constant(`${call.name}/shift`, dims, shift),
    graph.constant(`${call.name}/mean`, dims, new Float32Array(factor.length)),
    graph.constant(`${call.name}/variance`, dims, new Float32Array(factor.length).fill(1)),
  ];
  return graph.add(call.name, 'BatchNormalization', inputs, { epsilon: { float: 0 } }, call.outputShape);
};

/** Rescaling: x * scale + offset. */
export const rescaling: LayerLowering = (call) => {
  const scale = Number(call.config['scale']);
  const offset = Number(call.config['offset'] ?? 0);
  if (!Number.isFinite(scale) || !Number.isFinite(offset)) throw notSupported(call.layer, 'one scale per channel');
  const { graph, name } = call;
  const factor = graph.constant(`${name}/scale`, [], Float32Array.of(scale));
  if (offset === 0) return graph.add(name, 'Mul', [call.input.name, factor], {}, call.outputShape);
  const scaled = graph.add(`${name}/Mul`, 'Mul', [call.input.name, factor], {}, call.outputShape);
  const shift = graph.constant(`${name}/offset`, [], Float32Array.of(offset));
  return graph.add(name, 'Add', [scaled.name, shift], {}, call.outputShape);
};

function affine(layer: Parameters<typeof weight>[0], epsilon: number): { factor: Float32Array; shift: Float32Array } {
  const mean = weight(layer, 'moving_mean').data;
  const variance = weight(layer, 'moving_variance').data;
  const gamma = optionalWeight(layer, 'gamma')?.data;
  const beta = optionalWeight(layer, 'beta')?.data;
  const factor = new Float32Array(mean.length);
  const shift = new Float32Array(mean.length);
  for (let channel = 0; channel < mean.length; channel += 1) {
    // In doubles, rounded once at the end.
    const scale = (gamma?.[channel] ?? 1) / Math.sqrt((variance[channel] as number) + epsilon);
    factor[channel] = scale;
    shift[channel] = (beta?.[channel] ?? 0) - (mean[channel] as number) * scale;
  }
  return { factor, shift };
}

/** Multiplies the kernel [out, …] by the factor of its output channel and carries the shift in the bias. */
function foldIntoConv(graph: GraphBuilder, conv: OnnxNode, factor: Float32Array, shift: Float32Array): void {
  const kernel = graph.initializer(conv.inputs[1] as string).data as Float32Array;
  const bias = graph.initializer(conv.inputs[2] as string).data as Float32Array;
  const numPerChannel = kernel.length / factor.length;
  for (let channel = 0; channel < factor.length; channel += 1) {
    const scale = factor[channel] as number;
    const end = (channel + 1) * numPerChannel;
    for (let index = channel * numPerChannel; index < end; index += 1)
      kernel[index] = (kernel[index] as number) * scale;
    bias[channel] = (bias[channel] as number) * scale + (shift[channel] as number);
  }
}
