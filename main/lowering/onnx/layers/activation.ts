import { weight } from '../../layer-weights.ts';
import { channelsFirst, onnxShape, type Value } from '../graph.ts';
import { notSupported, type LayerCall, type LayerLowering } from '../layer.ts';
import type { OnnxAttribute } from '../messages.ts';

/** Activation: the one it names. */
export const activation: LayerLowering = (call) => applyActivation(call, call.input, call.config['activation']);

/** ReLU, with or without a ceiling; ReLU6 is the one of 6. */
export const relu: LayerLowering = (call) => {
  const { maxValue, negativeSlope, threshold } = call.config;
  if (negativeSlope || threshold) throw notSupported(call.layer, 'negativeSlope or threshold');
  return typeof maxValue === 'number' ? clip(call, call.input, maxValue) : unary(call, call.input, 'Relu');
};

/** ReLU with the ceiling of 6. */
export const relu6: LayerLowering = (call) => clip(call, call.input, 6);

/** LeakyReLU: what is negative times a number. */
export const leakyRelu: LayerLowering = (call) =>
  unary(call, call.input, 'LeakyRelu', { alpha: { float: Number(call.config['alpha'] ?? 0.3) } });

/** ELU; TensorFlow.js knows it with a slope of 1 only. */
export const elu: LayerLowering = (call) => unary(call, call.input, 'Elu');

/** PReLU: what is negative times a number of its own place and channel. */
export const prelu: LayerLowering = (call) => {
  const { graph, name, input } = call;
  const slope = weight(call.layer, 'alpha');
  const dims = onnxShape(slope.dims);
  const read = () => (slope.dims.length === 3 ? channelsFirst(slope.read(), slope.dims) : slope.read());
  return graph.add(name, 'PRelu', [input.name, graph.constant(`${name}/alpha`, dims, read)], {}, input.shape);
};

/** Softmax as a layer of its own. */
export const softmax: LayerLowering = (call) => {
  const { axis } = call.config;
  if (axis !== undefined && axis !== -1 && axis !== call.input.shape.length) throw notSupported(call.layer, 'axis');
  return applyActivation(call, call.input, 'softmax');
};

/**
 * Adds an activation after a layer's own node.
 *
 * @param activationName as TensorFlow.js writes it into a config; null or 'linear' adds nothing.
 * @throws GraftError layer-not-supported
 */
export function applyActivation(call: LayerCall, value: Value, activationName: unknown): Value {
  const op = operators.get(String(activationName));
  if (op) return unary(call, value, op.opType, op.attributes);
  switch (activationName ?? 'linear') {
    case 'linear':
      return value;
    case 'relu6':
      return clip(call, value, 6);
    case 'swish': {
      const gate = call.graph.add(`${nodeName(call, value, 'Sigmoid')}/gate`, 'Sigmoid', [value.name], {}, value.shape);
      return call.graph.add(nodeName(call, value, 'Mul'), 'Mul', [value.name, gate.name], {}, value.shape);
    }
    case 'gelu':
      return gelu(call, value);
    case 'gelu_new':
      return tanhGelu(call, value);
    case 'mish': {
      const name = nodeName(call, value, 'Mish');
      const softplus = call.graph.add(`${name}/Softplus`, 'Softplus', [value.name], {}, value.shape);
      const gate = call.graph.add(`${name}/Tanh`, 'Tanh', [softplus.name], {}, value.shape);
      return call.graph.add(name, 'Mul', [value.name, gate.name], {}, value.shape);
    }
    case 'softmax': // over the channels, which are axis 1 where the value has places
      return unary(call, value, 'Softmax', { axis: { int: value.shape.length === 3 ? 1 : -1 } });
    case 'logSoftmax':
      return unary(call, value, 'LogSoftmax', { axis: { int: value.shape.length === 3 ? 1 : -1 } });
    default:
      throw notSupported(call.layer, `activation ${String(activationName)}`);
  }
}

/** Activations that are one node. */
const operators = new Map<string, { opType: string; attributes?: Record<string, OnnxAttribute> }>([
  ['elu', { opType: 'Elu' }],
  // relu6(x + 3) / 6, Keras 3's; the one of TensorFlow.js is max(0, min(1, 0.2 x + 0.5))
  ['hard_sigmoid_3', { opType: 'HardSigmoid', attributes: { alpha: { float: 1 / 6 }, beta: { float: 0.5 } } }],
  ['hardSigmoid', { opType: 'HardSigmoid', attributes: { alpha: { float: 0.2 }, beta: { float: 0.5 } } }],
  ['hard_silu', { opType: 'HardSwish' }],
  ['relu', { opType: 'Relu' }],
  ['selu', { opType: 'Selu' }],
  ['sigmoid', { opType: 'Sigmoid' }],
  ['softplus', { opType: 'Softplus' }],
  ['softsign', { opType: 'Softsign' }],
  ['tanh', { opType: 'Tanh' }],
]);

/** x (1 + erf(x / √2)) / 2, in the nodes and the order that ONNX Runtime fuses into one; opset 17 has no Gelu. */
function gelu(call: LayerCall, value: Value): Value {
  const name = nodeName(call, value, 'Gelu');
  const { graph } = call;
  const constant = (part: string, number: number) => graph.constant(`${name}/${part}`, [], Float32Array.of(number));
  const node = (part: string, opType: string, inputs: string[]) =>
    graph.add(part, opType, inputs, {}, value.shape).name;
  const divided = node(`${name}/Div`, 'Div', [value.name, constant('sqrt2', Math.SQRT2)]);
  const erf = node(`${name}/Erf`, 'Erf', [divided]);
  const gate = node(`${name}/Add`, 'Add', [erf, constant('one', 1)]);
  const gated = node(`${name}/Mul`, 'Mul', [value.name, gate]);
  return { name: node(name, 'Mul', [gated, constant('half', 0.5)]), shape: value.shape };
}

/** x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2 */
function tanhGelu(call: LayerCall, value: Value): Value {
  const name = nodeName(call, value, 'Gelu');
  const { graph } = call;
  const constant = (part: string, number: number) => graph.constant(`${name}/${part}`, [], Float32Array.of(number));
  const node = (part: string, opType: string, inputs: string[]) =>
    graph.add(part, opType, inputs, {}, value.shape).name;
  const square = node(`${name}/Square`, 'Mul', [value.name, value.name]);
  const cube = node(`${name}/Cube`, 'Mul', [square, value.name]);
  const bent = node(`${name}/Bend`, 'Mul', [cube, constant('bend', 0.044715)]);
  const sum = node(`${name}/Sum`, 'Add', [value.name, bent]);
  const scaled = node(`${name}/Scale`, 'Mul', [sum, constant('scale', Math.sqrt(2 / Math.PI))]);
  const gate = node(`${name}/Add`, 'Add', [node(`${name}/Tanh`, 'Tanh', [scaled]), constant('one', 1)]);
  const gated = node(`${name}/Mul`, 'Mul', [value.name, gate]);
  return { name: node(name, 'Mul', [gated, constant('half', 0.5)]), shape: value.shape };
}

function unary(call: LayerCall, value: Value, opType: string, attributes = {}): Value {
  return call.graph.add(nodeName(call, value, opType), opType, [value.name], attributes, value.shape);
}

function clip(call: LayerCall, value: Value, max: number): Value {
  const name = nodeName(call, value, 'Clip');
  const limits = [
    call.graph.constant(`${name}/min`, [], Float32Array.of(0)),
    call.graph.constant(`${name}/max`, [], Float32Array.of(max)),
  ];
  return call.graph.add(name, 'Clip', [value.name, ...limits], {}, value.shape);
}

/** The layer's own name, or, when the layer's main node has taken that, the name with the activation behind it. */
function nodeName(call: LayerCall, value: Value, opType: string): string {
  return value.name === call.name ? `${call.name}/${opType}` : call.name;
}
