import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

/** Channels of the convolutions of each block; configuration D of the paper. */
const blocks = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];

/** VGG16. @see https://arxiv.org/abs/1409.1556 */
export const vgg16: BackboneSpec = defineBackbone({
  id: 'vgg16',
  name: 'VGG16',
  family: 'VGG',
  inputSize: [224, 224],
  minInputSize: 32,
  featureShape: [7, 7, 512],
  featureSide: (side) => Math.floor(side / 32), // pooling without padding
  // ImageNet's mean in BGR: keras/src/applications/imagenet_utils.py, mode 'caffe'.
  preprocessing: { description: 'BGR - mean', channelOrder: 'bgr', scale: 1, offset: [-103.939, -116.779, -123.68] },
  numParameters: 14_714_688,
  numLayers: 19,
  imagenet: { top1Accuracy: 0.713, source: 'https://keras.io/api/applications/' },
  licence: 'CC-BY-4.0',
  paper: 'https://arxiv.org/abs/1409.1556',
  weights: {
    official: {
      file: 'vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5',
      url: 'https://storage.googleapis.com/tensorflow/keras-applications/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5',
      md5: '6d6bbae143d832006294945121d1f1fc',
    },
    origin:
      'ImageNet weights by the Visual Geometry Group, University of Oxford (CC-BY-4.0), as converted for Keras applications.',
  },
  addLayers(tfjs, input) {
    const add = layerBuilder(tfjs);
    let x = input;
    blocks.forEach((convolutions, b) => {
      convolutions.forEach((channels, c) => {
        x = add.conv(x, `block${b + 1}_conv${c + 1}`, channels, 3, { bias: true, activation: 'relu' });
      });
      x = add.maxPool(x, `block${b + 1}_pool`);
    });
    return x; // [batch, height / 32, width / 32, 512]
  },
  blockOf: (layer) => /^block\d/.exec(layer)?.[0] ?? 'block1',
});
