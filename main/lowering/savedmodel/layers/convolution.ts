import { optionalWeight, pair, weight, type LayerWeight } from '../../layer-weights.ts';
import type { Value } from '../graph.ts';
import { node, notSupported, paddingOf, requireChannelsLast, type LayerCall, type LayerLowering } from '../layer.ts';
import type { TfAttribute } from '../messages.ts';
import { applyActivation } from './activation.ts';

/** Conv2D: kernel [h, w, in, out]. */
export const conv2d: LayerLowering = (call) => {
  const kernel = weight(call.layer, 'kernel');
  if (kernel.dims[2] !== call.input.shape[2]) throw notSupported(call.layer, 'groups');
  return finish(call, convolve(call, 'Conv2D', call.input, kernel, 'kernel', windowOf(call)));
};

/** DepthwiseConv2D: kernel [h, w, in, multiplier]. */
export const depthwiseConv2d: LayerLowering = (call) => {
  const kernel = weight(call.layer, 'depthwise_kernel');
  return finish(call, convolve(call, 'DepthwiseConv2dNative', call.input, kernel, 'depthwise_kernel', depthwise(call)));
};

/** GroupedConv2D, a group a channel: kernel [h, w, 1, c] holds the numbers of [h, w, c, 1] in the same order. */
export const groupedConv2d: LayerLowering = (call) => {
  const { dims, read } = weight(call.layer, 'kernel');
  const [height, width, , channels] = dims as [number, number, number, number];
  const kernel = { dims: [height, width, channels, 1], read };
  const settings = depthwise({ ...call, config: { padding: 'same', ...call.config } });
  return finish(call, convolve(call, 'DepthwiseConv2dNative', call.input, kernel, 'kernel', settings));
};

/** SeparableConv2D: a depthwise convolution with the window, then one of 1×1 that mixes channels. */
export const separableConv2d: LayerLowering = (call) => {
  const [kernel, point] = [weight(call.layer, 'depthwise_kernel'), weight(call.layer, 'pointwise_kernel')];
  const op = 'DepthwiseConv2dNative';
  const middle = convolve(call, op, call.input, kernel, 'depthwise_kernel', depthwise(call));
  return finish(call, convolve(call, 'Conv2D', middle, point, 'pointwise_kernel', onePlace));
};

/** Adds the bias, where there is one, and the activation. */
export function finish(call: LayerCall, value: Value): Value {
  const bias = optionalWeight(call.layer, 'bias');
  const shifted = bias
    ? node(call, 'BiasAdd', [value, call.graph.constant(`${call.name}/bias`, bias.dims, bias.read)])
    : value;
  return applyActivation(call, shifted, call.config['activation']);
}

/** Settings of a convolution of 1×1. */
export const onePlace: Settings = { strides: { ints: [1, 1, 1, 1] }, padding: { text: 'VALID' } };
type Settings = Readonly<Record<string, TfAttribute>>;

/** Adds a convolution alone. */
export function convolve(
  call: LayerCall,
  op: 'Conv2D' | 'DepthwiseConv2dNative',
  input: Value,
  kernel: LayerWeight,
  part: string,
  settings: Settings,
): Value {
  requireChannelsLast(call);
  const [height, width] = call.outputShape as [number, number];
  const [, , numIn, last] = kernel.dims as [number, number, number, number];
  const shape = [height, width, op === 'Conv2D' ? last : numIn * last];
  return node(
    call,
    op,
    [input, call.graph.constant(`${call.name}/${part}`, kernel.dims, kernel.read)],
    shape,
    settings,
  );
}

function windowOf(call: LayerCall): Settings {
  return {
    strides: { ints: [1, ...pair(call.config['strides'], 1), 1] },
    padding: paddingOf(call),
    dilations: { ints: [1, ...pair(call.config['dilationRate'], 1), 1] },
  };
}

/** TensorFlow's depthwise convolution goes the same step down and across, and leaves no places out. */
function depthwise(call: LayerCall): Settings {
  const [down, across] = pair(call.config['strides'], 1);
  if (down !== across) throw notSupported(call.layer, 'uneven strides');
  if (pair(call.config['dilationRate'], 1).some((rate) => rate !== 1)) throw notSupported(call.layer, 'dilated');
  return windowOf(call);
}
