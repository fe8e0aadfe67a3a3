import type * as tf from '@tensorflow/tfjs-node';
import { automaticNames, blocksByAutomaticName } from './automatic-names.ts';
import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

/** Blocks 2 to 13 of figure 5: channels of the separable convolutions, and whether the block halves its maps. */
const blocks: readonly { channels: readonly number[]; halves: boolean }[] = [
  { channels: [128, 128], halves: true },
  { channels: [256, 256], halves: true },
  { channels: [728, 728], halves: true },
  ...Array.from({ length: 8 }, () => ({ channels: [728, 728, 728], halves: false })),
  { channels: [728, 1024], halves: true },
];
const momentum = 0.99;

const blockOfShortcut = blocksByAutomaticName(
  blocks.map(({ halves }, index) => [`block${index + 2}`, halves ? ['conv2d', 'batch_normalization', 'add'] : ['add']]),
);

/** Xception. @see https://arxiv.org/abs/1610.02357 */
export const xception: BackboneSpec = defineBackbone({
  id: 'xception',
  name: 'Xception',
  family: 'Xception',
  inputSize: [299, 299],
  minInputSize: 71,
  featureShape: [10, 10, 2048],
  featureSide(side) {
    const afterBlock1 = Math.floor((side - 1) / 2) - 2; // two windows of 3 without padding, the first of stride 2
    return Math.ceil(afterBlock1 / 16);
  },
  preprocessing: { description: '-1..1', channelOrder: 'rgb', scale: 1 / 127.5, offset: -1 },
  numParameters: 20_861_480,
  numLayers: 132,
  imagenet: { top1Accuracy: 0.79, source: 'https://keras.io/api/applications/' },
  licence: 'MIT',
  paper: 'https://arxiv.org/abs/1610.02357',
  weights: {
    official: {
      file: 'xception_weights_tf_dim_ordering_tf_kernels_notop.h5',
      url: 'https://storage.googleapis.com/tensorflow/keras-applications/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5',
      md5: 'b0042744bf5b25fce3cb969f33bebb97',
    },
    origin: 'ImageNet weights trained by the Keras project for Keras applications, under the MIT licence.',
  },
  addLayers(tfjs, input) {
    const add = layerBuilder(tfjs);
    const nextName = automaticNames();
    let x = addEntry(add, input);
    blocks.forEach((block, index) => {
      x = addBlock(add, nextName, x, `block${index + 2}`, block);
    });
    x = addSeparable(add, x, 'block14_sepconv1', 1536);
    x = add.activation(x, 'block14_sepconv1_act', 'relu');
    x = addSeparable(add, x, 'block14_sepconv2', 2048);
    return add.activation(x, 'block14_sepconv2_act', 'relu'); // [batch, 10, 10, 2048] of 299 pixels
  },
  blockOf: (layer) => blockOfShortcut.get(layer) ?? /^block\d+/.exec(layer)?.[0] ?? layer,
});

type Builder = ReturnType<typeof layerBuilder>;

function addEntry(add: Builder, input: tf.SymbolicTensor): tf.SymbolicTensor {
  let x = add.conv(input, 'block1_conv1', 32, 3, { strides: 2, padding: 'valid' });
  x = add.batchNorm(x, 'block1_conv1_bn', momentum);
  x = add.activation(x, 'block1_conv1_act', 'relu');
  x = add.conv(x, 'block1_conv2', 64, 3, { padding: 'valid' });
  x = add.batchNorm(x, 'block1_conv2_bn', momentum);
  return add.activation(x, 'block1_conv2_act', 'relu');
}

function addBlock(
  add: Builder,
  nextName: (type: string) => string,
  input: tf.SymbolicTensor,
  name: string,
  { channels, halves }: (typeof blocks)[number],
): tf.SymbolicTensor {
  let shortcut = input;
  if (halves) {
    shortcut = add.conv(input, nextName('conv2d'), channels.at(-1)!, 1, { strides: 2 });
    shortcut = add.batchNorm(shortcut, nextName('batch_normalization'), momentum);
  }
  let x = input;
  channels.forEach((numChannels, index) => {
    const convolution = `${name}_sepconv${index + 1}`;
    const isActivated = name === 'block2' && index === 0; // by block1
    if (!isActivated) x = add.activation(x, `${convolution}_act`, 'relu');
    x = addSeparable(add, x, convolution, numChannels);
  });
  if (halves) x = add.maxPool(x, `${name}_pool`, { poolSize: 3, padding: 'same' });
  return add.add(x, shortcut, nextName('add'));
}

function addSeparable(add: Builder, x: tf.SymbolicTensor, name: string, channels: number): tf.SymbolicTensor {
  return add.batchNorm(add.separable(x, name, channels, 3), `${name}_bn`, momentum);
}
