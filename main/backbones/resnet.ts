import type * as tf from '@tensorflow/tfjs-node';
import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

type Add = ReturnType<typeof layerBuilder>;
type Tensor = tf.SymbolicTensor;

const momentum = 0.99;
const epsilon = 1.001e-5;
const url = 'https://storage.googleapis.com/tensorflow/keras-applications/resnet/';
/** Channels inside the blocks of the stacks conv2 to conv5; what comes out has four times as many. */
const channels = [64, 128, 256, 512];
/** ImageNet's mean in BGR: keras/src/applications/imagenet_utils.py, mode 'caffe'. */
const caffe: BackboneSpec['preprocessing'] = {
  description: 'BGR - mean',
  channelOrder: 'bgr',
  scale: 1,
  offset: [-103.939, -116.779, -123.68],
};

const common = {
  family: 'ResNet',
  inputSize: [224, 224],
  minInputSize: 32,
  featureShape: [7, 7, 2048],
  blockOf: (layer: string) => /^conv\d_block\d+/.exec(layer)?.[0] ?? (/^post_/.test(layer) ? 'top' : 'stem'),
} as const;

/** `numParameters` from Keras 3.15.1 (tools/reference/keras_backbones.py), checksums from its sources, accuracies from keras.io. */
const first = [
  {
    depth: 50,
    repeats: [3, 4, 6, 3],
    numParameters: 23_587_712,
    numLayers: 175,
    top1Accuracy: 0.749,
    md5: '4d473c1dd8becc155b73f8504c6f6626',
  },
  {
    depth: 101,
    repeats: [3, 4, 23, 3],
    numParameters: 42_658_176,
    numLayers: 345,
    top1Accuracy: 0.764,
    md5: '88cf7a10940856eca736dc7b7e228a21',
  },
  {
    depth: 152,
    repeats: [3, 8, 36, 3],
    numParameters: 58_370_944,
    numLayers: 515,
    top1Accuracy: 0.766,
    md5: 'ee4c566cf9a93f14d82f913c2dc6dd0c',
  },
];
const second = [
  {
    depth: 50,
    repeats: [3, 4, 6, 3],
    numParameters: 23_564_800,
    numLayers: 190,
    top1Accuracy: 0.76,
    md5: 'fac2f116257151a9d068a22e544a4917',
  },
  {
    depth: 101,
    repeats: [3, 4, 23, 3],
    numParameters: 42_626_560,
    numLayers: 377,
    top1Accuracy: 0.772,
    md5: 'c0ed64b8031c3730f411d2eb4eea35b5',
  },
  {
    depth: 152,
    repeats: [3, 8, 36, 3],
    numParameters: 58_331_648,
    numLayers: 564,
    top1Accuracy: 0.78,
    md5: 'ed17cf2e0169df9d443503ef94b23b33',
  },
];

function weightsOf(name: string, md5: string, origin: string): BackboneSpec['weights'] {
  const file = `${name}_weights_tf_dim_ordering_tf_kernels_notop.h5`;
  return { official: { file, url: `${url}${file}`, md5 }, origin };
}

/** ResNet50, 101 and 152 with bottleneck blocks. @see https://arxiv.org/abs/1512.03385 */
export const resnet: readonly BackboneSpec[] = first.map(
  ({ depth, repeats, numParameters, numLayers, top1Accuracy, md5 }) =>
    defineBackbone({
      ...common,
      id: `resnet${depth}`,
      name: `ResNet${depth}`,
      preprocessing: caffe,
      numParameters,
      numLayers,
      imagenet: { top1Accuracy, source: 'https://keras.io/api/applications/' },
      licence: 'MIT',
      paper: 'https://arxiv.org/abs/1512.03385',
      weights: weightsOf(
        `resnet${depth}`,
        md5,
        'ImageNet weights by Kaiming He (MIT), as converted for Keras applications.',
      ),
      addLayers(tfjs, input) {
        const add = layerBuilder(tfjs);
        let x = addStem(add, input, true);
        repeats.forEach((count, stack) => {
          for (let block = 1; block <= count; block++) {
            const stride = block === 1 && stack > 0 ? 2 : 1;
            x = addBottleneck(add, x, `conv${stack + 2}_block${block}`, channels[stack]!, stride, block === 1);
          }
        });
        return x; // [batch, height / 32, width / 32, 2048]
      },
    }),
);

/** ResNet50V2, 101V2 and 152V2: normalisation and ReLU before each convolution. @see https://arxiv.org/abs/1603.05027 */
export const resnetV2: readonly BackboneSpec[] = second.map(
  ({ depth, repeats, numParameters, numLayers, top1Accuracy, md5 }) =>
    defineBackbone({
      ...common,
      family: 'ResNetV2',
      id: `resnet${depth}-v2`,
      name: `ResNet${depth}V2`,
      preprocessing: { description: '-1..1', channelOrder: 'rgb', scale: 1 / 127.5, offset: -1 },
      numParameters,
      numLayers,
      imagenet: { top1Accuracy, source: 'https://keras.io/api/applications/' },
      licence: 'BSD-3-Clause',
      paper: 'https://arxiv.org/abs/1603.05027',
      weights: weightsOf(
        `resnet${depth}v2`,
        md5,
        'ImageNet weights by Facebook (BSD-3-Clause), as converted for Keras applications.',
      ),
      addLayers(tfjs, input) {
        const add = layerBuilder(tfjs);
        let x = addStem(add, input, false);
        let numPools = 0;
        const poolName = () => (numPools++ === 0 ? 'max_pooling2d' : `max_pooling2d_${numPools - 1}`); // as Keras counts
        repeats.forEach((count, stack) => {
          for (let block = 1; block <= count; block++) {
            const stride = block === count && stack < 3 ? 2 : 1; // a stack halves at its end
            const name = `conv${stack + 2}_block${block}`;
            x = addPreactivated(add, x, name, channels[stack]!, stride, block === 1, poolName);
          }
        });
        x = add.batchNorm(x, 'post_bn', momentum, { epsilon });
        return add.activation(x, 'post_relu', 'relu'); // [batch, height / 32, width / 32, 2048]
      },
    }),
);

function addStem(add: Add, input: Tensor, isNormalized: boolean): Tensor {
  let x = add.zeroPad(input, 'conv1_pad', [
    [3, 3],
    [3, 3],
  ]);
  x = add.conv(x, 'conv1_conv', 64, 7, { strides: 2, padding: 'valid', bias: true });
  if (isNormalized) x = normalizedRelu(add, x, 'conv1_bn', 'conv1_relu');
  x = add.zeroPad(x, 'pool1_pad', [
    [1, 1],
    [1, 1],
  ]);
  return add.maxPool(x, 'pool1_pool', { poolSize: 3, strides: 2 });
}

const normalizedRelu = (add: Add, x: Tensor, bn: string, relu: string) =>
  add.activation(add.batchNorm(x, bn, momentum, { epsilon }), relu, 'relu');

/** An identity block, or with `hasConvolution` a convolution block, whose shortcut changes the channels. */
function addBottleneck(
  add: Add,
  input: Tensor,
  name: string,
  filters: number,
  strides: number,
  hasConvolution: boolean,
): Tensor {
  const bias = { bias: true, padding: 'valid' } as const;
  let shortcut = input;
  if (hasConvolution) {
    shortcut = add.conv(input, `${name}_0_conv`, 4 * filters, 1, { ...bias, strides });
    shortcut = add.batchNorm(shortcut, `${name}_0_bn`, momentum, { epsilon });
  }
  let x = add.conv(input, `${name}_1_conv`, filters, 1, { ...bias, strides });
  x = normalizedRelu(add, x, `${name}_1_bn`, `${name}_1_relu`);
  x = add.conv(x, `${name}_2_conv`, filters, 3, { bias: true });
  x = normalizedRelu(add, x, `${name}_2_bn`, `${name}_2_relu`);
  x = add.conv(x, `${name}_3_conv`, 4 * filters, 1, bias);
  x = add.batchNorm(x, `${name}_3_bn`, momentum, { epsilon });
  return add.activation(add.add(shortcut, x, `${name}_add`), `${name}_out`, 'relu');
}

function addPreactivated(
  add: Add,
  input: Tensor,
  name: string,
  filters: number,
  strides: number,
  hasConvolution: boolean,
  poolName: () => string,
): Tensor {
  const before = normalizedRelu(add, input, `${name}_preact_bn`, `${name}_preact_relu`);
  let shortcut = input;
  if (hasConvolution)
    shortcut = add.conv(before, `${name}_0_conv`, 4 * filters, 1, { bias: true, padding: 'valid', strides });
  else if (strides > 1) shortcut = add.maxPool(input, poolName(), { poolSize: 1, strides });
  let x = add.conv(before, `${name}_1_conv`, filters, 1, { padding: 'valid' });
  x = normalizedRelu(add, x, `${name}_1_bn`, `${name}_1_relu`);
  x = add.zeroPad(x, `${name}_2_pad`, [
    [1, 1],
    [1, 1],
  ]);
  x = add.conv(x, `${name}_2_conv`, filters, 3, { padding: 'valid', strides });
  x = normalizedRelu(add, x, `${name}_2_bn`, `${name}_2_relu`);
  x = add.conv(x, `${name}_3_conv`, 4 * filters, 1, { bias: true, padding: 'valid' });
  return add.add(shortcut, x, `${name}_out`);
}
