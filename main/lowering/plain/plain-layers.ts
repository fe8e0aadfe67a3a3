import type { tf } from '../../native/tf.ts';
import { notPlain } from './rewrite.ts';

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

/** Activations of TensorFlow.js, as a layer's configuration has them. */
const plainActivations = new Set([
  'elu',
  'gelu',
  'gelu_new',
  'hardSigmoid',
  'linear',
  'logSoftmax',
  'mish',
  'relu',
  'relu6',
  'selu',
  'sigmoid',
  'softmax',
  'softplus',
  'softsign',
  'swish',
  'tanh',
]);

/** Whether a plain TensorFlow.js knows a layer and its activation. */
export function isPlainLayer(layer: tf.layers.Layer): boolean {
  return plainLayers.has(layer.getClassName()) && plainActivations.has(activationOf(layer));
}

/**
 * Makes sure that others can load a model without classes of Graft's own.
 *
 * @param hasRewrite layers that may be others, for something is going to stand for them
 * @param activationRewrites activations likewise, by name
 * @throws GraftError layer-not-supported
 */
export function requirePlainLayers(
  model: tf.LayersModel,
  hasRewrite: (layer: tf.layers.Layer) => boolean = () => false,
  activationRewrites: ReadonlyMap<string, unknown> = new Map(),
): void {
  for (const layer of model.layers) {
    if (hasRewrite(layer)) continue;
    if (!plainLayers.has(layer.getClassName())) throw notPlain(layer);
    const activation = activationOf(layer);
    if (!plainActivations.has(activation) && !activationRewrites.has(activation))
      throw notPlain(layer, `activation ${activation}`);
  }
}

function activationOf(layer: tf.layers.Layer): string {
  const { activation } = layer.getConfig();
  return typeof activation === 'string' ? activation : 'linear';
}
