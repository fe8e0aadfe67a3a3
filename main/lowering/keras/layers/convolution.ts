import { withActivation } from '../activations.ts';
import { notInKeras, sameLayer, weightsOf, type KerasCall, type KerasLowering } from '../layer.ts';

const pair = (value: unknown): unknown => (Array.isArray(value) && value.length === 1 ? [value[0], value[0]] : value);

/** What every convolution is made of. */
function window({ layer, config }: KerasCall): Record<string, unknown> {
  const { dataFormat, kernelSize, strides, padding, dilationRate, useBias } = config;
  if (dataFormat === 'channelsFirst') throw notInKeras(layer, 'channels first');
  return {
    kernel_size: pair(kernelSize),
    strides: pair(strides),
    padding,
    data_format: 'channels_last',
    dilation_rate: pair(dilationRate ?? [1, 1]),
    use_bias: useBias,
  };
}

/** Conv2D. */
export const conv2d: KerasLowering = (call) =>
  withActivation(call, (activation) =>
    sameLayer(call, 'Conv2D', { filters: call.config['filters'], ...window(call), groups: 1, activation }),
  );

/** DepthwiseConv2D. */
export const depthwiseConv2d: KerasLowering = (call) =>
  withActivation(call, (activation) =>
    sameLayer(call, 'DepthwiseConv2D', { ...window(call), depth_multiplier: multiplierOf(call), activation }),
  );

/** SeparableConv2D. */
export const separableConv2d: KerasLowering = (call) =>
  withActivation(call, (activation) =>
    sameLayer(call, 'SeparableConv2D', {
      filters: weightsOf(call.layer)[1]!.shape[3], // of the pointwise kernel: TensorFlow.js does not say it
      ...window(call),
      depth_multiplier: multiplierOf(call),
      activation,
    }),
  );

/** GroupedConv2D of Graft's: Keras's Conv2D with a group a channel, which has the same weights. */
export const groupedConv2d: KerasLowering = (call) => {
  const [height, width, , channels] = weightsOf(call.layer)[0]!.shape;
  return [
    sameLayer(call, 'Conv2D', {
      filters: channels,
      kernel_size: [height, width],
      strides: [1, 1],
      padding: 'same',
      data_format: 'channels_last',
      dilation_rate: [1, 1],
      groups: channels,
      activation: 'linear',
      use_bias: true,
    }),
  ];
};

/** LayerScale: a factor a channel is a depthwise convolution of 1×1. Keras has it only in the module of ConvNeXt, unregistered. */
export const layerScale: KerasLowering = (call) => {
  const [gamma] = weightsOf(call.layer);
  if (call.input.shape.length !== 4) throw notInKeras(call.layer, 'not on feature maps');
  const config = {
    kernel_size: [1, 1],
    strides: [1, 1],
    padding: 'valid',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    use_bias: false,
    depth_multiplier: 1,
    activation: 'linear',
  };
  const kernel = { ...gamma!, name: 'depthwise_kernel', shape: [1, 1, gamma!.shape[0]!, 1] };
  return [sameLayer(call, 'DepthwiseConv2D', config, { weights: [kernel] })];
};

/** Dense. */
export const dense: KerasLowering = (call) =>
  withActivation(call, (activation) =>
    sameLayer(call, 'Dense', { units: call.config['units'], activation, use_bias: call.config['useBias'] }),
  );

const multiplierOf = ({ layer }: KerasCall): number => weightsOf(layer)[0]!.shape[3]!;
