import type { KerasLowering } from './layer.ts';
import { conv2d, dense, depthwiseConv2d, groupedConv2d, layerScale, separableConv2d } from './layers/convolution.ts';
import { batchNormalization, layerNormalization, normalization } from './layers/normalization.ts';
import { plainLayers } from './layers/plain.ts';

/** Every layer that Keras can be told, by its class name in TensorFlow.js. A new one is one function and one line here. */
export const lowerings: ReadonlyMap<string, KerasLowering> = new Map<string, KerasLowering>([
  ...plainLayers,
  ['BatchNormalization', batchNormalization],
  ['Conv2D', conv2d],
  ['Dense', dense],
  ['DepthwiseConv2D', depthwiseConv2d],
  ['GroupedConv2D', groupedConv2d],
  ['LayerNormalization', layerNormalization],
  ['LayerScale', layerScale],
  ['Normalization', normalization],
  ['SeparableConv2D', separableConv2d],
]);
