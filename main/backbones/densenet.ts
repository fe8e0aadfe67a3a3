import type * as tf from '@tensorflow/tfjs-node';
import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

type Add = ReturnType<typeof layerBuilder>;
type Tensor = tf.SymbolicTensor;

const momentum = 0.99;
const epsilon = 1.001e-5;
/** Channels that each layer of a dense block adds. */
const growth = 32;

/** `numParameters` from Keras 3.15.1 (tools/reference/keras_backbones.py), checksums from its sources, accuracies from keras.io. */
const variants = [
  {
    depth: 121,
    repeats: [6, 12, 24, 16],
    numParameters: 7_037_504,
    numLayers: 427,
    channels: 1024,
    top1Accuracy: 0.75,
    md5: '30ee3e1110167f948a6b9946edeeb738',
  },
  {
    depth: 169,
    repeats: [6, 12, 32, 32],
    numParameters: 12_642_880,
    numLayers: 595,
    channels: 1664,
    top1Accuracy: 0.762,
    md5: 'b8c4d4c20dd625c148057b9ff1c1176b',
  },
  {
    depth: 201,
    repeats: [6, 12, 48, 32],
    numParameters: 18_321_984,
    numLayers: 707,
    channels: 1920,
    top1Accuracy: 0.773,
    md5: 'c13680b51ded0fb44dff2d8f86ac8bb1',
  },
];

/** DenseNet121, 169 and 201: every layer of a block reads all before it. @see https://arxiv.org/abs/1608.06993 */
export const densenet: readonly BackboneSpec[] = variants.map(
  ({ depth, repeats, numParameters, numLayers, channels, top1Accuracy, md5 }) => {
    const file = `densenet${depth}_weights_tf_dim_ordering_tf_kernels_notop.h5`;
    return defineBackbone({
      id: `densenet${depth}`,
      name: `DenseNet${depth}`,
      family: 'DenseNet',
      inputSize: [224, 224],
      minInputSize: 32,
      featureShape: [7, 7, channels],
      // Two paddings make the first two halvings round up; the three transitions pool without padding.
      featureSide: (side) => Math.floor(Math.ceil(side / 4) / 8),
      // keras/src/applications/imagenet_utils.py, mode 'torch'.
      preprocessing: {
        description: '(x/255 - mean)/std',
        channelOrder: 'rgb',
        scale: [1 / (255 * 0.229), 1 / (255 * 0.224), 1 / (255 * 0.225)],
        offset: [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225],
      },
      numParameters,
      numLayers,
      imagenet: { top1Accuracy, source: 'https://keras.io/api/applications/' },
      licence: 'BSD-3-Clause',
      paper: 'https://arxiv.org/abs/1608.06993',
      weights: {
        official: {
          file,
          url: `https://storage.googleapis.com/tensorflow/keras-applications/densenet/${file}`,
          md5,
        },
        origin: 'ImageNet weights by Zhuang Liu (BSD-3-Clause), as converted for Keras applications.',
      },
      addLayers(tfjs, input) {
        const add = layerBuilder(tfjs);
        let x = add.zeroPad(input, 'zero_padding2d', [
          [3, 3],
          [3, 3],
        ]);
        x = add.conv(x, 'conv1_conv', 64, 7, { strides: 2, padding: 'valid' });
        x = normalizedRelu(add, x, 'conv1_bn', 'conv1_relu');
        x = add.zeroPad(x, 'zero_padding2d_1', [
          [1, 1],
          [1, 1],
        ]);
        x = add.maxPool(x, 'pool1', { poolSize: 3, strides: 2 });
        repeats.forEach((count, stack) => {
          for (let layer = 1; layer <= count; layer++) x = addDenseLayer(add, x, `conv${stack + 2}_block${layer}`);
          if (stack < 3) x = addTransition(add, x, `pool${stack + 2}`);
        });
        return normalizedRelu(add, x, 'bn', 'relu'); // [batch, height / 32, width / 32, channels]
      },
      blockOf: (layer) =>
        /^(conv[2-5]_block\d+|pool[2-4])/.exec(layer)?.[0] ?? (/^(bn|relu)$/.test(layer) ? 'top' : 'stem'),
    });
  },
);

const normalizedRelu = (add: Add, x: Tensor, bn: string, relu: string) =>
  add.activation(add.batchNorm(x, bn, momentum, { epsilon }), relu, 'relu');

/** What is there, with `growth` channels more. */
function addDenseLayer(add: Add, input: Tensor, name: string): Tensor {
  let x = normalizedRelu(add, input, `${name}_0_bn`, `${name}_0_relu`);
  x = add.conv(x, `${name}_1_conv`, 4 * growth, 1, { padding: 'valid' });
  x = normalizedRelu(add, x, `${name}_1_bn`, `${name}_1_relu`);
  x = add.conv(x, `${name}_2_conv`, growth, 3);
  return add.concat([input, x], `${name}_concat`);
}

/** Half the channels, half the sides. */
function addTransition(add: Add, input: Tensor, name: string): Tensor {
  let x = normalizedRelu(add, input, `${name}_bn`, `${name}_relu`);
  x = add.conv(x, `${name}_conv`, Math.floor(input.shape[3]! / 2), 1, { padding: 'valid' });
  return add.averagePool(x, `${name}_pool`);
}
