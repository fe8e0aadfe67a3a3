import type * as tf from '@tensorflow/tfjs-node';
import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

/** A row of the paper's tables 4 and 8. */
interface Stage {
  /** One full convolution in place of the expansion and the depthwise one; such blocks have no squeeze-and-excite. */
  isFused: boolean;
  repeats: number;
  /** Channels that come in and go out, before the width multiplier. */
  inputChannels: number;
  channels: number;
  /** Of the first block. */
  stride: number;
  expansion: number;
}
const stage = (
  kind: 'fused' | 'mobile',
  repeats: number,
  inputChannels: number,
  channels: number,
  stride: number,
  expansion: number,
): Stage => ({ isFused: kind === 'fused', repeats, inputChannels, channels, stride, expansion });

const stagesOfB = [
  stage('fused', 1, 32, 16, 1, 1),
  stage('fused', 2, 16, 32, 2, 4),
  stage('fused', 2, 32, 48, 2, 4),
  stage('mobile', 3, 48, 96, 2, 4),
  stage('mobile', 5, 96, 112, 1, 6),
  stage('mobile', 8, 112, 192, 2, 6),
];
const stagesOfS = [
  stage('fused', 2, 24, 24, 1, 1),
  stage('fused', 4, 24, 48, 2, 4),
  stage('fused', 4, 48, 64, 2, 4),
  stage('mobile', 6, 64, 128, 2, 4),
  stage('mobile', 9, 128, 160, 1, 6),
  stage('mobile', 15, 160, 256, 2, 6),
];
const stagesOfM = [
  stage('fused', 3, 24, 24, 1, 1),
  stage('fused', 5, 24, 48, 2, 4),
  stage('fused', 5, 48, 80, 2, 4),
  stage('mobile', 7, 80, 160, 2, 4),
  stage('mobile', 14, 160, 176, 1, 6),
  stage('mobile', 18, 176, 304, 2, 6),
  stage('mobile', 5, 304, 512, 1, 6),
];
const stagesOfL = [
  stage('fused', 4, 32, 32, 1, 1),
  stage('fused', 7, 32, 64, 2, 4),
  stage('fused', 7, 64, 96, 2, 4),
  stage('mobile', 10, 96, 192, 2, 4),
  stage('mobile', 19, 192, 224, 1, 6),
  stage('mobile', 25, 224, 384, 2, 6),
  stage('mobile', 7, 384, 640, 1, 6),
];

const momentum = 0.9;
const seFraction = 0.25;
/** Share of the last block's answers that training leaves out; less for those before, none for the first. */
const lastDropRate = 0.2;

interface Variant {
  size: string;
  stages: readonly Stage[];
  width: number;
  depth: number;
  inputSide: number;
  numParameters: number;
  numLayers: number;
  top1Accuracy: number;
  md5: string;
}
/** Numbers of parameters and layers from Keras 3.15.1 (tools/reference/keras_backbones.py); checksums from its sources. */
const variants: readonly Variant[] = [
  {
    size: 'B0',
    stages: stagesOfB,
    width: 1,
    depth: 1,
    inputSide: 224,
    numParameters: 5_919_312,
    numLayers: 270,
    top1Accuracy: 0.787,
    md5: '893217f2bb855e2983157299931e43ff',
  },
  {
    size: 'B1',
    stages: stagesOfB,
    width: 1,
    depth: 1.1,
    inputSide: 240,
    numParameters: 6_931_124,
    numLayers: 334,
    top1Accuracy: 0.798,
    md5: '0e80663031ca32d657f9caa404b6ec37',
  },
  {
    size: 'B2',
    stages: stagesOfB,
    width: 1.1,
    depth: 1.2,
    inputSide: 260,
    numParameters: 8_769_374,
    numLayers: 349,
    top1Accuracy: 0.805,
    md5: '1dfe2e7a5d45b6632553a8961ea609eb',
  },
  {
    size: 'B3',
    stages: stagesOfB,
    width: 1.2,
    depth: 1.4,
    inputSide: 300,
    numParameters: 12_930_622,
    numLayers: 409,
    top1Accuracy: 0.82,
    md5: 'f6abf7b5849ac99a89b50dd3fd532856',
  },
  {
    size: 'S',
    stages: stagesOfS,
    width: 1,
    depth: 1,
    inputSide: 384,
    numParameters: 20_331_360,
    numLayers: 513,
    top1Accuracy: 0.839,
    md5: 'af0682fb74e8c54910f2d4393339c070',
  },
  {
    size: 'M',
    stages: stagesOfM,
    width: 1,
    depth: 1,
    inputSide: 480,
    numParameters: 53_150_388,
    numLayers: 740,
    top1Accuracy: 0.853,
    md5: '1b8dc055df72dde80d614482840fe342',
  },
  {
    size: 'L',
    stages: stagesOfL,
    width: 1,
    depth: 1,
    inputSide: 480,
    numParameters: 117_746_848,
    numLayers: 1028,
    top1Accuracy: 0.857,
    md5: 'b0b66b5c863aef5b46e8608fe1711615',
  },
];

/** EfficientNetV2 by its size. @see https://arxiv.org/abs/2104.00298 */
export const efficientnetV2: readonly BackboneSpec[] = variants.map((variant) => {
  const size = variant.size.toLowerCase();
  const side = Math.ceil(variant.inputSide / 32);
  const file = `efficientnetv2-${size}_notop.h5`;
  return defineBackbone({
    id: `efficientnet-v2-${size}`,
    name: `EfficientNetV2 ${variant.size}`,
    family: 'EfficientNetV2',
    inputSize: [variant.inputSide, variant.inputSide],
    minInputSize: 32,
    featureShape: [side, side, roundChannels(1280, variant.width)],
    preprocessing: { description: 'inside the model', channelOrder: 'rgb', scale: 1, offset: 0 },
    numParameters: variant.numParameters,
    numLayers: variant.numLayers,
    imagenet: { top1Accuracy: variant.top1Accuracy, source: 'https://keras.io/api/applications/' },
    licence: 'Apache-2.0',
    paper: 'https://arxiv.org/abs/2104.00298',
    weights: {
      official: {
        file,
        url: `https://storage.googleapis.com/tensorflow/keras-applications/efficientnet_v2/${file}`,
        md5: variant.md5,
      },
      origin: 'ImageNet weights by Google (Apache-2.0), as converted for Keras applications.',
    },
    addLayers: (tfjs, input) => addLayers(layerBuilder(tfjs), input, variant),
    blockOf: (layer) => /^block\d[a-z]/.exec(layer)?.[0] ?? (layer.startsWith('top_') ? 'top' : 'stem'),
  });
});

type Add = ReturnType<typeof layerBuilder>;

function addLayers(add: Add, input: tf.SymbolicTensor, variant: Variant): tf.SymbolicTensor {
  const { stages, width, depth } = variant;
  let x = addPreprocessing(add, input, variant);
  x = add.conv(x, 'stem_conv', roundChannels(stages[0]!.inputChannels, width), 3, { strides: 2 });
  x = add.batchNorm(x, 'stem_bn', momentum);
  x = add.activation(x, 'stem_activation', 'swish');
  // Before the depth multiplier: deeper variants go beyond the last rate, in Keras too.
  const numBlocks = stages.reduce((sum, { repeats }) => sum + repeats, 0);
  let index = 0;
  stages.forEach((row, s) => {
    for (let repeat = 0; repeat < Math.ceil(depth * row.repeats); repeat++) {
      const block: Block = {
        prefix: `block${s + 1}${String.fromCharCode(97 + repeat)}`,
        inputChannels: roundChannels(repeat === 0 ? row.inputChannels : row.channels, width),
        channels: roundChannels(row.channels, width),
        stride: repeat === 0 ? row.stride : 1,
        expansion: row.expansion,
        dropRate: (lastDropRate * index) / numBlocks,
      };
      x = row.isFused ? addFusedBlock(add, x, block) : addMobileBlock(add, x, block);
      index += 1;
    }
  });
  x = add.conv(x, 'top_conv', roundChannels(1280, width), 1);
  x = add.batchNorm(x, 'top_bn', momentum);
  return add.activation(x, 'top_activation', 'swish'); // [batch, height / 32, width / 32, 1280 or more]
}

/** The B sizes take ImageNet's mean and deviation, the others -1..1 nearly: 255 becomes 0.992. */
function addPreprocessing(add: Add, pixels: tf.SymbolicTensor, { size }: Variant): tf.SymbolicTensor {
  if (!size.startsWith('B')) return add.rescale(pixels, 'rescaling', 1 / 128, -1);
  const scaled = add.rescale(pixels, 'rescaling', 1 / 255);
  return add.normalization(scaled, 'normalization', {
    mean: [0.485, 0.456, 0.406],
    variance: [0.229 ** 2, 0.224 ** 2, 0.225 ** 2],
  });
}

interface Block {
  prefix: string;
  inputChannels: number;
  channels: number;
  stride: number;
  expansion: number;
  /** Share of pictures for which training leaves the block out. */
  dropRate: number;
}

function addFusedBlock(add: Add, input: tf.SymbolicTensor, block: Block): tf.SymbolicTensor {
  const { prefix, expansion, stride } = block;
  const isExpanded = expansion > 1;
  let x = input;
  if (isExpanded) {
    x = add.conv(x, `${prefix}_expand_conv`, block.inputChannels * expansion, 3, { strides: stride });
    x = add.batchNorm(x, `${prefix}_expand_bn`, momentum);
    x = add.activation(x, `${prefix}_expand_activation`, 'swish');
  }
  x = add.conv(x, `${prefix}_project_conv`, block.channels, isExpanded ? 1 : 3, { strides: isExpanded ? 1 : stride });
  x = add.batchNorm(x, `${prefix}_project_bn`, momentum);
  if (!isExpanded) x = add.activation(x, `${prefix}_project_activation`, 'swish');
  return addShortcut(add, input, x, block);
}

function addMobileBlock(add: Add, input: tf.SymbolicTensor, block: Block): tf.SymbolicTensor {
  const { prefix } = block;
  const expandedChannels = block.inputChannels * block.expansion;
  let x = add.conv(input, `${prefix}_expand_conv`, expandedChannels, 1);
  x = add.batchNorm(x, `${prefix}_expand_bn`, momentum);
  x = add.activation(x, `${prefix}_expand_activation`, 'swish');
  x = add.depthwise(x, `${prefix}_dwconv2`, 3, block.stride, 'same');
  x = add.batchNorm(x, `${prefix}_bn`, momentum);
  x = add.activation(x, `${prefix}_activation`, 'swish');
  let gate = add.globalAveragePool(x, `${prefix}_se_squeeze`);
  gate = add.reshape(gate, `${prefix}_se_reshape`, [1, 1, expandedChannels]);
  const seChannels = Math.max(1, Math.floor(block.inputChannels * seFraction));
  gate = add.conv(gate, `${prefix}_se_reduce`, seChannels, 1, { bias: true, activation: 'swish' });
  gate = add.conv(gate, `${prefix}_se_expand`, expandedChannels, 1, { bias: true, activation: 'sigmoid' });
  x = add.multiply(x, gate, `${prefix}_se_excite`);
  x = add.conv(x, `${prefix}_project_conv`, block.channels, 1);
  x = add.batchNorm(x, `${prefix}_project_bn`, momentum);
  return addShortcut(add, input, x, block);
}

function addShortcut(add: Add, input: tf.SymbolicTensor, output: tf.SymbolicTensor, block: Block): tf.SymbolicTensor {
  if (block.stride !== 1 || block.inputChannels !== block.channels) return output;
  const kept = block.dropRate > 0 ? add.dropout(output, `${block.prefix}_drop`, block.dropRate, true) : output;
  return add.add(kept, input, `${block.prefix}_add`);
}

/** To the nearest multiple of eight, as this family rounds. */
function roundChannels(channels: number, width: number): number {
  return Math.max(8, Math.floor((channels * width + 4) / 8) * 8);
}
