import type { Value } from '../graph.ts';
import { notSupported, type LayerCall, type LayerLowering } from '../layer.ts';

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
  switch (activationName ?? 'linear') {
    case 'linear':
      return value;
    case 'relu':
      return unary(call, value, 'Relu');
    case 'relu6':
      return clip(call, value, 6);
    case 'sigmoid':
      return unary(call, value, 'Sigmoid');
    case 'tanh':
      return unary(call, value, 'Tanh');
    case 'hardSigmoid': // max(0, min(1, 0.2 x + 0.5)), not Keras 3's x / 6 + 0.5
      return unary(call, value, 'HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } });
    case 'hard_sigmoid_3': // relu6(x + 3) / 6
      return unary(call, value, 'HardSigmoid', { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
    case 'hard_silu':
      return unary(call, value, 'HardSwish');
    case 'swish': {
      const gate = call.graph.add(`${nodeName(call, value, 'Sigmoid')}/gate`, 'Sigmoid', [value.name], {}, value.shape);
      return call.graph.add(nodeName(call, value, 'Mul'), 'Mul', [value.name, gate.name], {}, value.shape);
    }
    case 'gelu':
      return gelu(call, value);
    case 'softmax': // over the channels, which are axis 1 where the value has places
      return unary(call, value, 'Softmax', { axis: { int: value.shape.length === 3 ? 1 : -1 } });
    default:
      throw notSupported(call.layer, `activation ${String(activationName)}`);
  }
}

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
