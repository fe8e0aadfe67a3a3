import { weight } from '../../layer-weights.ts';
import type { Value } from '../graph.ts';
import { node, notSupported, number, type LayerCall, type LayerLowering } from '../layer.ts';

/** Activation: the one it names. */
export const activation: LayerLowering = (call) => applyActivation(call, call.input, call.config['activation']);

/** ReLU, with or without a ceiling. */
export const relu: LayerLowering = (call) => {
  const { maxValue, negativeSlope, threshold } = call.config;
  if (negativeSlope || threshold) throw notSupported(call.layer, 'negativeSlope or threshold');
  if (maxValue === 6) return node(call, 'Relu6', [call.input]);
  const rectified = node(call, 'Relu', [call.input]);
  return typeof maxValue === 'number' ? node(call, 'Minimum', [rectified, number(call, 'max', maxValue)]) : rectified;
};

/** ReLU with the ceiling of 6. */
export const relu6: LayerLowering = (call) => node(call, 'Relu6', [call.input]);

/** LeakyReLU: what is negative times a number. */
export const leakyRelu: LayerLowering = (call) =>
  node(call, 'LeakyRelu', [call.input], undefined, { alpha: { float: Number(call.config['alpha'] ?? 0.3) } });

/** ELU; TensorFlow.js knows it with a slope of 1 only. */
export const elu: LayerLowering = (call) => node(call, 'Elu', [call.input]);

/** PReLU: what is negative times a number of its own place and channel. */
export const prelu: LayerLowering = (call) => {
  const { graph, name, input } = call;
  const { dims, read } = weight(call.layer, 'alpha');
  const negative = node(call, 'Minimum', [input, number(call, 'zero', 0)]);
  const scaled = node(call, 'Mul', [negative, graph.constant(`${name}/alpha`, dims, read)]);
  return node(call, 'AddV2', [node(call, 'Relu', [input]), scaled]);
};

/** Softmax as a layer of its own. */
export const softmax: LayerLowering = (call) => {
  const { axis } = call.config;
  if (axis !== undefined && axis !== -1 && axis !== call.input.shape.length) throw notSupported(call.layer, 'axis');
  return applyActivation(call, call.input, 'softmax');
};

/** Activations that are one operation. */
const operations = new Map([
  ['elu', 'Elu'],
  ['relu', 'Relu'],
  ['relu6', 'Relu6'],
  ['selu', 'Selu'],
  ['sigmoid', 'Sigmoid'],
  ['softplus', 'Softplus'],
  ['softsign', 'Softsign'],
  ['tanh', 'Tanh'],
]);

/**
 * Adds an activation after a layer's own operation.
 *
 * @param activationName as TensorFlow.js writes it into a config; null or 'linear' adds nothing
 * @throws GraftError layer-not-supported
 */
export function applyActivation(call: LayerCall, x: Value, activationName: unknown): Value {
  const operation = operations.get(String(activationName));
  if (operation !== undefined) return node(call, operation, [x]);
  const times = (a: Value, b: Value | string) => node(call, 'Mul', [a, b]);
  const plus = (a: Value, part: string, value: number) => node(call, 'AddV2', [a, number(call, part, value)]);
  switch (activationName ?? 'linear') {
    case 'linear':
      return x;
    case 'swish':
      return times(x, node(call, 'Sigmoid', [x]));
    case 'mish':
      return times(x, node(call, 'Tanh', [node(call, 'Softplus', [x])]));
    case 'hardSigmoid': {
      // max(0, min(1, 0.2 x + 0.5)), not Keras 3's x / 6 + 0.5
      const line = plus(times(x, number(call, 'slope', 0.2)), 'middle', 0.5);
      return node(call, 'Maximum', [node(call, 'Minimum', [line, number(call, 'one', 1)]), number(call, 'zero', 0)]);
    }
    case 'hard_sigmoid_3': // relu6(x + 3) / 6
      return times(node(call, 'Relu6', [plus(x, 'three', 3)]), number(call, 'sixth', 1 / 6));
    case 'hard_silu':
      return times(x, times(node(call, 'Relu6', [plus(x, 'three', 3)]), number(call, 'sixth', 1 / 6)));
    case 'gelu': {
      // x / 2 (1 + erf(x / √2)), in the operations that TensorFlow Lite makes one of
      const erf = node(call, 'Erf', [times(x, number(call, 'root', Math.SQRT1_2))]);
      return times(times(x, number(call, 'half', 0.5)), plus(erf, 'one', 1));
    }
    case 'gelu_new': {
      // x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³)))
      const bent = times(times(times(x, x), x), number(call, 'bend', 0.044715));
      const inner = times(node(call, 'AddV2', [x, bent]), number(call, 'scale', Math.sqrt(2 / Math.PI)));
      return times(times(x, number(call, 'half', 0.5)), plus(node(call, 'Tanh', [inner]), 'one', 1));
    }
    case 'softmax':
      return lastAxis(call, x, 'Softmax');
    case 'logSoftmax':
      return lastAxis(call, x, 'LogSoftmax');
    default:
      throw notSupported(call.layer, `activation ${String(activationName)}`);
  }
}

/** Over the channels, the last axis. */
const lastAxis = (call: LayerCall, x: Value, op: string): Value => node(call, op, [x]);
