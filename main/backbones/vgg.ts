import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

/** Channels of the convolutions of each of the five blocks. */
const channels = [64, 128, 256, 512, 512];
/** Configurations D and E of the paper: convolutions of each block. Checksums from Keras's sources, accuracies from keras.io. */
const variants = [
  {
    depth: 16,
    repeats: [2, 2, 3, 3, 3],
    numParameters: 14_714_688,
    top1Accuracy: 0.713,
    md5: '6d6bbae143d832006294945121d1f1fc',
  },
  {
    depth: 19,
    repeats: [2, 2, 4, 4, 4],
    numParameters: 20_024_384,
    top1Accuracy: 0.713,
    md5: '253f8cb515780f3b799900260a226db6',
  },
];

/** VGG16 and VGG19. @see https://arxiv.org/abs/1409.1556 */
export const vgg: readonly BackboneSpec[] = variants.map(({ depth, repeats, numParameters, top1Accuracy, md5 }) => {
  const file = `vgg${depth}_weights_tf_dim_ordering_tf_kernels_notop.h5`;
  return defineBackbone({
    id: `vgg${depth}`,
    name: `VGG${depth}`,
    family: 'VGG',
    inputSize: [224, 224],
    minInputSize: 32,
    featureShape: [7, 7, 512],
    featureSide: (side) => Math.floor(side / 32), // pooling without padding
    // ImageNet's mean in BGR: keras/src/applications/imagenet_utils.py, mode 'caffe'.
    preprocessing: { description: 'BGR - mean', channelOrder: 'bgr', scale: 1, offset: [-103.939, -116.779, -123.68] },
    numParameters,
    numLayers: depth + 3,
    imagenet: { top1Accuracy, source: 'https://keras.io/api/applications/' },
    licence: 'CC-BY-4.0',
    paper: 'https://arxiv.org/abs/1409.1556',
    weights: {
      official: {
        file,
        url: `https://storage.googleapis.com/tensorflow/keras-applications/vgg${depth}/${file}`,
        md5,
      },
      origin:
        'ImageNet weights by the Visual Geometry Group, University of Oxford (CC-BY-4.0), as converted for Keras applications.',
    },
    addLayers(tfjs, input) {
      const add = layerBuilder(tfjs);
      let x = input;
      repeats.forEach((count, b) => {
        for (let c = 1; c <= count; c++)
          x = add.conv(x, `block${b + 1}_conv${c}`, channels[b]!, 3, { bias: true, activation: 'relu' });
        x = add.maxPool(x, `block${b + 1}_pool`);
      });
      return x; // [batch, height / 32, width / 32, 512]
    },
    blockOf: (layer) => /^block\d/.exec(layer)?.[0] ?? 'block1',
  });
});
