import type { OnnxNode } from '../messages.ts';
import { toChannelsLast, type GraphBuilder } from '../graph.ts';
import { notSupported, optionalWeight, weight, type LayerCall, type LayerLowering } from '../layer.ts';

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

/** Rescaling: x * scale + offset, each one number or one a channel. */
export const rescaling: LayerLowering = (call) => {
  const { graph, name, config } = call;
  const constant = (part: string, value: unknown) => {
    const numbers = Float32Array.from([value].flat().map(Number));
    if (!numbers.every(Number.isFinite)) throw notSupported(call.layer, part);
    return graph.constant(`${name}/${part}`, Array.isArray(value) ? perChannel(call, numbers.length) : [], numbers);
  };
  const offset = config['offset'] ?? 0;
  const factor = constant('scale', config['scale']);
  if (offset === 0) return graph.add(name, 'Mul', [call.input.name, factor], {}, call.outputShape);
  const scaled = graph.add(`${name}/Mul`, 'Mul', [call.input.name, factor], {}, call.outputShape);
  const shift = constant('offset', offset);
  return graph.add(name, 'Add', [scaled.name, shift], {}, call.outputShape);
};

/** LayerNormalization over the channels, which ONNX wants last. */
export const layerNormalization: LayerLowering = (call) => {
  const { graph, layer, input, config, name } = call;
  const axes = [config['axis'] ?? -1].flat().map(Number);
  if (axes.length !== 1 || (axes[0] !== -1 && axes[0] !== input.shape.length)) throw notSupported(layer, 'axis');
  const channels = input.shape.at(-1) as number;
  const gamma = optionalWeight(layer, 'gamma')?.data ?? new Float32Array(channels).fill(1);
  const beta = optionalWeight(layer, 'beta')?.data ?? new Float32Array(channels);
  const inputs = [
    toChannelsLast(graph, input, `${name}/channels_last`),
    graph.constant(`${name}/gamma`, [channels], gamma),
    graph.constant(`${name}/beta`, [channels], beta),
  ];
  const attributes = { axis: { int: -1 }, epsilon: { float: Number(config['epsilon'] ?? 1e-3) } };
  const hasPlaces = input.shape.length === 3;
  const nodeName = hasPlaces ? `${name}/LayerNormalization` : name;
  const normalized = graph.add(nodeName, 'LayerNormalization', inputs, attributes, call.outputShape);
  if (!hasPlaces) return normalized;
  return graph.add(name, 'Transpose', [normalized.name], { perm: { ints: [0, 3, 1, 2] } }, call.outputShape);
};

/** LayerScale: x * gamma, in the weights of the convolution before it where nothing else reads that. */
export const layerScale: LayerLowering = (call) => {
  const { graph, input, name } = call;
  const { data } = weight(call.layer, 'gamma');
  const producer = graph.producer(input);
  if (producer?.opType === 'Conv' && call.isOnlyConsumer(input)) {
    foldIntoConv(graph, producer, data, new Float32Array(data.length));
    return { name: graph.rename(producer, name), shape: call.outputShape };
  }
  const gamma = graph.constant(`${name}/gamma`, perChannel(call, data.length), data);
  return graph.add(name, 'Mul', [input.name, gamma], {}, call.outputShape);
};

/** Normalization: (x - mean) / deviation for each channel, of numbers in its configuration or of weights. */
export const normalization: LayerLowering = (call) => {
  const { graph, layer, input, name, config } = call;
  const numbers = (key: string) =>
    Array.isArray(config[key]) ? Float32Array.from(config[key] as number[]) : weight(layer, key).data;
  const mean = numbers('mean');
  const deviation = numbers('variance').map((variance) => Math.max(Math.sqrt(variance), 1e-7)); // Keras's epsilon()
  const dims = perChannel(call, mean.length);
  const means = graph.constant(`${name}/mean`, dims, mean);
  const centred = graph.add(`${name}/Sub`, 'Sub', [input.name, means], {}, call.outputShape);
  const deviations = graph.constant(`${name}/deviation`, dims, deviation);
  return graph.add(name, 'Div', [centred.name, deviations], {}, call.outputShape);
};

/** Shape of a constant with a number a channel, to be spread over a value as it lies in the graph. */
function perChannel({ input }: LayerCall, channels: number): number[] {
  return input.shape.length === 3 ? [channels, 1, 1] : [channels];
}

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
