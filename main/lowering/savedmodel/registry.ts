import type { LayerLowering } from './layer.ts';
import { activation, elu, leakyRelu, prelu, relu, relu6, softmax } from './layers/activation.ts';
import { conv2d, depthwiseConv2d, groupedConv2d, separableConv2d } from './layers/convolution.ts';
import { dense } from './layers/dense.ts';
import { add, average, concatenate, customScaleLayer, maximum, minimum, multiply } from './layers/merge.ts';
import {
  batchNormalization,
  layerNormalization,
  layerScale,
  normalization,
  rescaling,
} from './layers/normalization.ts';
import {
  averagePooling2d,
  globalAveragePooling2d,
  globalMaxPooling2d,
  keptGlobalAveragePooling2d,
  maxPooling2d,
} from './layers/pooling.ts';
import {
  cropping2d,
  dropout,
  halfPixelResizing,
  permute,
  reshape,
  upSampling2d,
  zeroPadding2d,
} from './layers/shape.ts';

/** Every layer that can be lowered, by its class name. A new layer is one function and one line here. */
export const layerLowerings: ReadonlyMap<string, LayerLowering> = new Map<string, LayerLowering>([
  ['Activation', activation],
  ['Add', add],
  ['Average', average],
  ['AveragePooling2D', averagePooling2d],
  ['BatchNormalization', batchNormalization],
  ['Concatenate', concatenate],
  ['Conv2D', conv2d],
  ['Cropping2D', cropping2d],
  ['CustomScaleLayer', customScaleLayer],
  ['Dense', dense],
  ['DepthwiseConv2D', depthwiseConv2d],
  ['Dropout', dropout],
  ['ELU', elu],
  ['Flatten', reshape],
  ['GlobalAveragePooling2D', globalAveragePooling2d],
  ['GlobalMaxPooling2D', globalMaxPooling2d],
  ['GroupedConv2D', groupedConv2d],
  ['HalfPixelResizing', halfPixelResizing],
  ['KeptGlobalAveragePooling2D', keptGlobalAveragePooling2d],
  ['LayerNormalization', layerNormalization],
  ['LayerScale', layerScale],
  ['LeakyReLU', leakyRelu],
  ['MaxPooling2D', maxPooling2d],
  ['Maximum', maximum],
  ['Minimum', minimum],
  ['Multiply', multiply],
  ['Normalization', normalization],
  ['PReLU', prelu],
  ['Permute', permute],
  ['ReLU', relu],
  ['ReLU6', relu6],
  ['Rescaling', rescaling],
  ['Reshape', reshape],
  ['SeparableConv2D', separableConv2d],
  ['Softmax', softmax],
  ['UpSampling2D', upSampling2d],
  ['ZeroPadding2D', zeroPadding2d],
]);
