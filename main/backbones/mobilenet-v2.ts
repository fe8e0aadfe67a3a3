import type * as tf from '@tensorflow/tfjs-node';
import { defineBackbone, layerBuilder, makeDivisible } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

/** [output channels before alpha, stride of the first, repeats]; table 2 of the paper. */
const stages = [
  [16, 1, 1],
  [24, 2, 2],
  [32, 2, 3],
  [64, 2, 4],
  [96, 1, 3],
  [160, 2, 3],
  [320, 1, 1],
] as const;
const momentum = 0.999;

/** `numParameters` from Keras 3.15.1 (tools/reference/keras_backbones.py). Accuracies: see `source` below. */
const variants = [
  { alpha: 0.35, numParameters: 410_208, top1Accuracy: 0.603 },
  { alpha: 0.5, numParameters: 706_224, top1Accuracy: 0.654 },
  { alpha: 0.75, numParameters: 1_382_064, top1Accuracy: 0.698 },
  { alpha: 1, numParameters: 2_257_984, top1Accuracy: 0.718 },
  { alpha: 1.3, numParameters: 3_766_048, top1Accuracy: 0.744 },
  { alpha: 1.4, numParameters: 4_363_712, top1Accuracy: 0.75 },
] as const;

/** MobileNetV2 by its width multiplier alpha. @see https://arxiv.org/abs/1801.04381 */
export const mobilenetV2: readonly BackboneSpec[] = variants.map(({ alpha, numParameters, top1Accuracy }) => {
  const width = Number.isInteger(alpha) ? alpha.toFixed(1) : String(alpha); // as Keras writes it in file names
  const file = `mobilenet_v2_weights_tf_dim_ordering_tf_kernels_${width}_224_no_top.h5`;
  return defineBackbone({
    id: `mobilenet-v2-${width}`,
    name: `MobileNetV2 ${width}`,
    family: 'MobileNetV2',
    inputSize: [224, 224],
    minInputSize: 32,
    featureShape: [7, 7, lastChannels(alpha)],
    preprocessing: { description: '-1..1', channelOrder: 'rgb', scale: 1 / 127.5, offset: -1 },
    numParameters,
    numLayers: 154,
    imagenet: {
      top1Accuracy,
      source: 'https://github.com/tensorflow/models/blob/master/research/slim/nets/mobilenet/README.md',
    },
    licence: 'Apache-2.0',
    paper: 'https://arxiv.org/abs/1801.04381',
    weights: {
      // Keras carries no checksum for these files.
      official: { file, url: `https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/${file}` },
      origin: 'ImageNet weights by Google, as converted for Keras applications.',
    },
    addLayers: (tfjs, input) => addLayers(tfjs, input, alpha),
    blockOf: (layer) =>
      /^(expanded_conv|block_\d+)_/.exec(layer)?.[1] ?? (/^(Conv_1|out)/.test(layer) ? 'top' : 'stem'),
  });
});

function lastChannels(alpha: number): number {
  return alpha > 1 ? makeDivisible(1280 * alpha) : 1280; // narrower nets keep the last layer's width (paper, section 6.1)
}

function addLayers(tfjs: typeof tf, input: tf.SymbolicTensor, alpha: number): tf.SymbolicTensor {
  const add = layerBuilder(tfjs);
  let x = add.conv(input, 'Conv1', makeDivisible(32 * alpha), 3, { strides: 2 });
  x = add.batchNorm(x, 'bn_Conv1', momentum);
  x = add.relu6(x, 'Conv1_relu');
  let index = 0;
  for (const [channels, firstStride, repeats] of stages)
    for (let repeat = 0; repeat < repeats; repeat++)
      x = addInvertedResidual(
        add,
        x,
        index++,
        makeDivisible(Math.floor(channels * alpha)),
        repeat === 0 ? firstStride : 1,
      );
  x = add.conv(x, 'Conv_1', lastChannels(alpha), 1, { padding: 'valid' });
  x = add.batchNorm(x, 'Conv_1_bn', momentum);
  return add.relu6(x, 'out_relu'); // [batch, height / 32, width / 32, lastChannels]
}

function addInvertedResidual(
  add: ReturnType<typeof layerBuilder>,
  input: tf.SymbolicTensor,
  index: number,
  channels: number,
  stride: number,
): tf.SymbolicTensor {
  const inputChannels = input.shape[3]!;
  const prefix = index === 0 ? 'expanded_conv' : `block_${index}`;
  let x = input;
  if (index > 0) {
    x = add.conv(x, `${prefix}_expand`, 6 * inputChannels, 1);
    x = add.batchNorm(x, `${prefix}_expand_BN`, momentum);
    x = add.relu6(x, `${prefix}_expand_relu`);
  }
  if (stride === 2) x = add.padForStride2(x, `${prefix}_pad`, 3);
  x = add.depthwise(x, `${prefix}_depthwise`, 3, stride, stride === 2 ? 'valid' : 'same');
  x = add.batchNorm(x, `${prefix}_depthwise_BN`, momentum);
  x = add.relu6(x, `${prefix}_depthwise_relu`);
  x = add.conv(x, `${prefix}_project`, channels, 1);
  x = add.batchNorm(x, `${prefix}_project_BN`, momentum);
  return stride === 1 && inputChannels === channels ? add.add(input, x, `${prefix}_add`) : x;
}
