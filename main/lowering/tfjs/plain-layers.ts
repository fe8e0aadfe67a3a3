import { GraftError } from '../../../contract/errors.ts';
import type { tf } from '../../native/tf.ts';

/** Layers that a plain TensorFlow.js knows, of those that an image model is made of. */
const plainLayers = new Set([
  'InputLayer',
  'Conv2D',
  'DepthwiseConv2D',
  'SeparableConv2D',
  'BatchNormalization',
  'LayerNormalization',
  'Activation',
  'ReLU',
  'LeakyReLU',
  'PReLU',
  'ELU',
  'Softmax',
  'ZeroPadding2D',
  'Cropping2D',
  'UpSampling2D',
  'MaxPooling2D',
  'AveragePooling2D',
  'GlobalAveragePooling2D',
  'GlobalMaxPooling2D',
  'Add',
  'Average',
  'Concatenate',
  'Maximum',
  'Minimum',
  'Multiply',
  'Dense',
  'Dropout',
  'Flatten',
  'Permute',
  'Reshape',
  'Rescaling',
  'Resizing',
  'CenterCrop',
]);

/** Makes sure that others can load a model without classes of Graft's own. @throws GraftError layer-not-supported */
export function requirePlainLayers(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    const type = layer.getClassName();
    if (!plainLayers.has(type))
      throw new GraftError('layer-not-supported', { layer: layer.name, type, target: 'tfjs' });
  }
}
