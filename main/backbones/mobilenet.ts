import type * as tf from '@tensorflow/tfjs-node';
import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

/** [output channels before alpha, stride]; table 1 of the paper. */
const blocks = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;
const momentum = 0.99;

const paper = 'https://arxiv.org/abs/1704.04861';

/** `numParameters` from Keras 3.15.1 (tools/reference/keras_backbones.py). Keras lists the accuracy of the full width only; the others' are of the paper's table 6. */
const variants = [
  { alpha: 0.25, nameInFile: '2_5', numParameters: 218_544, top1Accuracy: 0.506, source: paper },
  { alpha: 0.5, nameInFile: '5_0', numParameters: 829_536, top1Accuracy: 0.637, source: paper },
  { alpha: 0.75, nameInFile: '7_5', numParameters: 1_832_976, top1Accuracy: 0.684, source: paper },
  {
    alpha: 1,
    nameInFile: '1_0',
    numParameters: 3_228_864,
    top1Accuracy: 0.704,
    source: 'https://keras.io/api/applications/',
  },
] as const;

/** MobileNet by its width multiplier alpha. @see https://arxiv.org/abs/1704.04861 */
export const mobilenet: readonly BackboneSpec[] = variants.map((variant) => {
  const { alpha, numParameters, top1Accuracy, source } = variant;
  const width = Number.isInteger(alpha) ? alpha.toFixed(1) : String(alpha);
  const file = `mobilenet_${variant.nameInFile}_224_tf_no_top.h5`;
  return defineBackbone({
    id: `mobilenet-${width}`,
    name: `MobileNet ${width}`,
    family: 'MobileNet',
    inputSize: [224, 224],
    minInputSize: 32,
    featureShape: [7, 7, Math.floor(1024 * alpha)],
    featureSide: (side) => Math.floor(Math.ceil(side / 2) / 16), // one row of padding is too little for an odd side
    preprocessing: { description: '-1..1', channelOrder: 'rgb', scale: 1 / 127.5, offset: -1 },
    numParameters,
    numLayers: 86,
    imagenet: { top1Accuracy, source },
    licence: 'Apache-2.0',
    paper,
    weights: {
      // Keras carries no checksum for these files.
      official: { file, url: `https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/${file}` },
      origin: 'ImageNet weights by Google (Apache-2.0), as converted for Keras applications.',
    },
    addLayers: (tfjs, input) => addLayers(tfjs, input, alpha),
    blockOf: (layer) => {
      const number = /^conv_(?:pad|dw|pw)_(\d+)/.exec(layer)?.[1];
      return number ? `block_${number}` : 'stem';
    },
  });
});

function addLayers(tfjs: typeof tf, input: tf.SymbolicTensor, alpha: number): tf.SymbolicTensor {
  const add = layerBuilder(tfjs);
  let x = add.conv(input, 'conv1', Math.floor(32 * alpha), 3, { strides: 2 });
  x = add.batchNorm(x, 'conv1_bn', momentum);
  x = add.relu6(x, 'conv1_relu');
  blocks.forEach(([channels, stride], index) => {
    const number = index + 1;
    if (stride === 2)
      x = add.zeroPad(x, `conv_pad_${number}`, [
        [0, 1],
        [0, 1],
      ]);
    x = add.depthwise(x, `conv_dw_${number}`, 3, stride, stride === 2 ? 'valid' : 'same');
    x = add.batchNorm(x, `conv_dw_${number}_bn`, momentum);
    x = add.relu6(x, `conv_dw_${number}_relu`);
    x = add.conv(x, `conv_pw_${number}`, Math.floor(channels * alpha), 1);
    x = add.batchNorm(x, `conv_pw_${number}_bn`, momentum);
    x = add.relu6(x, `conv_pw_${number}_relu`);
  });
  return x; // [batch, height / 32, width / 32, 1024 * alpha]
}
