import type * as tf from '@tensorflow/tfjs-node';
import type { GraphBuilder, Value } from '../graph.ts';
import { optionalWeight, pair, weight, type LayerWeight } from '../../layer-weights.ts';
import { notSupported, requireChannelsLast, type LayerCall, type LayerLowering } from '../layer.ts';
import { samePads, type Window2D } from '../same-padding.ts';
import { applyActivation } from './activation.ts';

/** Conv2D: kernel [h, w, in, out] becomes [out, in, h, w]. */
export const conv2d: LayerLowering = (call) => {
  const { dims, read } = weight(call.layer, 'kernel');
  const [height, width, numIn, numOut] = dims as [number, number, number, number];
  if (numIn !== call.input.shape[2]) throw notSupported(call.layer, 'groups');
  const kernel = {
    dims: [numOut, numIn, height, width],
    read: () => transposeKernel(read(), height * width, numIn, numOut),
  };
  return convolution(call, {
    name: call.name,
    input: call.input,
    kernel,
    bias: optionalWeight(call.layer, 'bias'),
    groups: 1,
  });
};

/** DepthwiseConv2D: kernel [h, w, in, multiplier] becomes [in * multiplier, 1, h, w], one group per input channel. */
export const depthwiseConv2d: LayerLowering = (call) => {
  const kernel = depthwiseKernel(weight(call.layer, 'depthwise_kernel'));
  const bias = optionalWeight(call.layer, 'bias');
  return convolution(call, { name: call.name, input: call.input, kernel, bias, groups: call.input.shape[2] as number });
};

/** GroupedConv2D, a group a channel: kernel [h, w, 1, c] holds the numbers of [h, w, c, 1] in the same order. */
export const groupedConv2d: LayerLowering = (call) => {
  const { dims, read } = weight(call.layer, 'kernel');
  const [height, width, , channels] = dims as [number, number, number, number];
  const kernel = depthwiseKernel({ dims: [height, width, channels, 1], read });
  const bias = optionalWeight(call.layer, 'bias');
  const config = { padding: 'same', ...call.config };
  return convolution({ ...call, config }, { name: call.name, input: call.input, kernel, bias, groups: channels });
};

/** SeparableConv2D: a depthwise convolution with the window, then one of 1×1 that mixes channels. */
export const separableConv2d: LayerLowering = (call) => {
  requireChannelsLast(call);
  const { graph, layer, name } = call;
  const depthwise = depthwiseKernel(weight(layer, 'depthwise_kernel'));
  const window = windowOf(call);
  const [height, width] = call.outputShape as [number, number, number];
  const middle = addConv(graph, `${name}/depthwise`, {
    ...takePadding(call, call.input, window),
    kernel: depthwise,
    bias: null,
    groups: call.input.shape[2] as number,
    window,
    shape: [height, width, depthwise.dims[0] as number],
  });
  const point = weight(layer, 'pointwise_kernel');
  const [numIn, numOut] = [point.dims[2] as number, point.dims[3] as number];
  const output = addConv(graph, name, {
    input: middle,
    kernel: { dims: [numOut, numIn, 1, 1], read: () => transposeKernel(point.read(), 1, numIn, numOut) },
    bias: optionalWeight(layer, 'bias'),
    groups: 1,
    window: { kernelSize: [1, 1], strides: [1, 1], dilation: [1, 1] },
    pads: [0, 0, 0, 0],
    shape: call.outputShape,
  });
  return applyActivation(call, output, call.config['activation']);
};

/** [out, in / groups, height, width] */
type Kernel = LayerWeight;
interface ConvParts {
  input: Value;
  kernel: Kernel;
  bias: LayerWeight | null;
  groups: number;
}

function convolution(call: LayerCall, parts: ConvParts & { name: string }): Value {
  requireChannelsLast(call);
  const window = windowOf(call);
  const padded = takePadding(call, parts.input, window);
  const output = addConv(call.graph, parts.name, { ...parts, ...padded, window, shape: call.outputShape });
  return applyActivation(call, output, call.config['activation']);
}

/** A zero padding before a 'valid' convolution is the convolution's own padding, without a copy of the picture. */
function takePadding(call: LayerCall, input: Value, window: Window2D): { input: Value; pads: readonly number[] } {
  const { graph } = call;
  const padding = graph.producer(input);
  const isFree = padding?.opType === 'Pad' && !call.keepsLayers && call.isOnlyConsumer(input);
  if (call.config['padding'] !== 'valid' || !isFree) return { input, pads: padsOf(call, input, window) };
  const amounts = Array.from(graph.initializer(padding.inputs[1] as string).read(), Number);
  graph.remove(padding);
  return {
    input: { name: padding.inputs[0] as string, shape: input.shape },
    pads: [amounts[2]!, amounts[3]!, amounts[6]!, amounts[7]!],
  };
}

function addConv(
  graph: GraphBuilder,
  name: string,
  parts: ConvParts & { window: Window2D; pads: readonly number[]; shape: readonly number[] },
): Value {
  const { input, kernel, window } = parts;
  const bias = parts.bias?.read() ?? new Float32Array(kernel.dims[0] as number); // zeros: BatchNormalization can then be folded in
  const inputs = [
    input.name,
    graph.constant(`${name}/kernel`, kernel.dims, kernel.read),
    graph.constant(`${name}/bias`, [bias.length], bias),
  ];
  return graph.add(
    name,
    'Conv',
    inputs,
    {
      kernel_shape: { ints: window.kernelSize },
      strides: { ints: window.strides },
      dilations: { ints: window.dilation },
      pads: { ints: parts.pads },
      group: { int: parts.groups },
    },
    parts.shape,
  );
}

function windowOf({ layer, config }: LayerCall): Window2D {
  const kernel = layer.weights.find(({ originalName }) => originalName.endsWith('kernel')) as tf.LayerVariable;
  return {
    kernelSize: [kernel.shape[0] as number, kernel.shape[1] as number],
    strides: pair(config['strides'], 1),
    dilation: pair(config['dilationRate'], 1),
  };
}

function padsOf({ layer, config }: LayerCall, input: Value, window: Window2D): [number, number, number, number] {
  if (config['padding'] === 'valid') return [0, 0, 0, 0];
  if (config['padding'] === 'same') return samePads([input.shape[0] as number, input.shape[1] as number], window);
  throw notSupported(layer, `padding ${String(config['padding'])}`);
}

/** [places, in, out] -> [out, in, places] */
function transposeKernel(source: Float32Array, numPlaces: number, numIn: number, numOut: number): Float32Array {
  const target = new Float32Array(source.length);
  let read = 0;
  for (let place = 0; place < numPlaces; place += 1) {
    for (let from = 0; from < numIn; from += 1) {
      for (let to = 0; to < numOut; to += 1) {
        target[(to * numIn + from) * numPlaces + place] = source[read] as number;
        read += 1;
      }
    }
  }
  return target;
}

/** [h, w, in, multiplier] -> [in * multiplier, 1, h, w] */
function depthwiseKernel({ dims, read }: LayerWeight): Kernel {
  const [height, width, numIn, multiplier] = dims as [number, number, number, number];
  const numOut = numIn * multiplier;
  return { dims: [numOut, 1, height, width], read: () => transposeKernel(read(), height * width, 1, numOut) };
}
