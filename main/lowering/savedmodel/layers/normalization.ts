import { affine, optionalWeight, statistics, weight } from '../../layer-weights.ts';
import { node, notSupported, number, type LayerCall, type LayerLowering } from '../layer.ts';

/** BatchNormalization in inference mode. */
export const batchNormalization: LayerLowering = (call) => {
  const { layer, input, config } = call;
  const { axis } = config;
  if (axis !== undefined && axis !== -1 && axis !== input.shape.length)
    throw notSupported(layer, `axis ${Number(axis)}`);
  const epsilon = Number(config['epsilon'] ?? 1e-3);
  if (input.shape.length !== 3) {
    // TensorFlow has one operation for it, on maps only.
    const { factor, shift } = affine(layer, epsilon);
    const scaled = node(call, 'Mul', [input, channels(call, 'factor', factor)]);
    return node(call, 'AddV2', [scaled, channels(call, 'shift', shift)]);
  }
  const { gamma, beta, mean, variance } = statistics(layer);
  const inputs = [
    channels(call, 'gamma', gamma),
    channels(call, 'beta', beta),
    channels(call, 'moving_mean', mean),
    channels(call, 'moving_variance', variance),
  ];
  return node(call, 'FusedBatchNormV3', [input, ...inputs], input.shape, {
    U: { type: 'float32' },
    epsilon: { float: epsilon },
    is_training: { bool: false },
  });
};

/** LayerNormalization over the channels. */
export const layerNormalization: LayerLowering = (call) => {
  const { graph, layer, input, config, name } = call;
  const axes = [config['axis'] ?? -1].flat().map(Number);
  const rank = input.shape.length;
  if (axes.length !== 1 || (axes[0] !== -1 && axes[0] !== rank)) throw notSupported(layer, 'axis');
  const axis = graph.integers(`${name}/axis`, [rank]);
  const meanOf = (value: typeof input) =>
    node(call, 'Mean', [value, axis], [...input.shape.slice(0, -1), 1], { keep_dims: { bool: true } });
  const mean = meanOf(input);
  const variance = meanOf(node(call, 'SquaredDifference', [input, mean]));
  const epsilon = number(call, 'epsilon', Number(config['epsilon'] ?? 1e-3));
  const gate = node(call, 'Rsqrt', [node(call, 'AddV2', [variance, epsilon])]);
  let value = node(call, 'Mul', [node(call, 'Sub', [input, mean]), gate]);
  const gamma = optionalWeight(layer, 'gamma');
  if (gamma) value = node(call, 'Mul', [value, channels(call, 'gamma', gamma.read())]);
  const beta = optionalWeight(layer, 'beta');
  return beta ? node(call, 'AddV2', [value, channels(call, 'beta', beta.read())]) : value;
};

/** Rescaling: x * scale + offset, each one number or one a channel. */
export const rescaling: LayerLowering = (call) => {
  const constant = (part: string, value: unknown) => {
    const numbers = Float32Array.from([value].flat().map(Number));
    if (!numbers.every(Number.isFinite)) throw notSupported(call.layer, part);
    return Array.isArray(value) ? channels(call, part, numbers) : number(call, part, numbers[0] as number);
  };
  const offset = call.config['offset'] ?? 0;
  const scaled = node(call, 'Mul', [call.input, constant('scale', call.config['scale'])]);
  return offset === 0 ? scaled : node(call, 'AddV2', [scaled, constant('offset', offset)]);
};

/** LayerScale: x * gamma. */
export const layerScale: LayerLowering = (call) =>
  node(call, 'Mul', [call.input, channels(call, 'gamma', weight(call.layer, 'gamma').read())]);

/** Normalization: (x - mean) / deviation for each channel, of numbers in its configuration or of weights. */
export const normalization: LayerLowering = (call) => {
  const { layer, input, config } = call;
  const numbers = (key: string) =>
    Array.isArray(config[key]) ? Float32Array.from(config[key] as number[]) : weight(layer, key).read();
  const deviation = numbers('variance').map((variance) => Math.max(Math.sqrt(variance), 1e-7)); // Keras's epsilon()
  const centred = node(call, 'Sub', [input, channels(call, 'mean', numbers('mean'))]);
  return node(call, 'RealDiv', [centred, channels(call, 'deviation', deviation)]);
};

/** A constant with a number a channel. */
const channels = ({ graph, name }: LayerCall, part: string, numbers: Float32Array): string =>
  graph.constant(`${name}/${part}`, [numbers.length], numbers);
