import type { OnnxNode } from '../messages.ts';
import { toChannelsLast, type GraphBuilder, type Value } from '../graph.ts';
import { affine, optionalWeight, statistics, weight } from '../../layer-weights.ts';
import { notSupported, type LayerCall, type LayerLowering } from '../layer.ts';

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
  const epsilon = Number(config['epsilon'] ?? 1e-3);
  if (call.keepsLayers) return keptNormalization(call, epsilon);
  const { factor, shift } = affine(layer, epsilon);
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

/** The layer as it is, with its own numbers. */
function keptNormalization({ graph, layer, input, name, outputShape }: LayerCall, epsilon: number): Value {
  const { gamma, beta, mean, variance } = statistics(layer);
  const parts = Object.entries({ gamma, beta, moving_mean: mean, moving_variance: variance });
  const constants = parts.map(([part, numbers]) => graph.constant(`${name}/${part}`, [numbers.length], numbers));
  const attributes = { epsilon: { float: epsilon } };
  return graph.add(name, 'BatchNormalization', [input.name, ...constants], attributes, outputShape);
}

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
  const gamma = optionalWeight(layer, 'gamma')?.read() ?? new Float32Array(channels).fill(1);
  const beta = optionalWeight(layer, 'beta')?.read() ?? new Float32Array(channels);
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
  const data = weight(call.layer, 'gamma').read();
  const producer = graph.producer(input);
  if (producer?.opType === 'Conv' && !call.keepsLayers && call.isOnlyConsumer(input)) {
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
    Array.isArray(config[key]) ? Float32Array.from(config[key] as number[]) : weight(layer, key).read();
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

/** Multiplies the kernel [out, …] by the factor of its output channel and carries the shift in the bias. */
function foldIntoConv(graph: GraphBuilder, conv: OnnxNode, factor: Float32Array, shift: Float32Array): void {
  graph.changeConstant(conv.inputs[1] as string, (kernel) => {
    const folded = kernel.slice();
    const numPerChannel = kernel.length / factor.length;
    factor.forEach((scale, channel) => {
      const end = (channel + 1) * numPerChannel;
      for (let index = channel * numPerChannel; index < end; index += 1)
        folded[index] = (folded[index] as number) * scale;
    });
    return folded;
  });
  graph.changeConstant(conv.inputs[2] as string, (bias) =>
    bias.map((value, channel) => value * (factor[channel] as number) + (shift[channel] as number)),
  );
}
