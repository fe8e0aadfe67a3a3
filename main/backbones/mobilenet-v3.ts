import type * as tf from '@tensorflow/tfjs-node';
import { automaticNames, blocksByAutomaticName } from './automatic-names.ts';
import { defineBackbone, layerBuilder, makeDivisible } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

type Activation = 're_lu' | 'activation';
/** A row of the paper's tables 1 and 2. */
interface Row {
  /** Channels inside of the block, as a multiple of those that come in. */
  expansion: number;
  /** That go out, before alpha. */
  channels: number;
  kernelSize: number;
  stride: number;
  /** A factor a channel, computed from the means of all: squeeze-and-excite. */
  isGated: boolean;
  /** ReLU or hard swish, by Keras's automatic names. */
  activation: Activation;
}
const row = (
  expansion: number,
  channels: number,
  kernelSize: number,
  stride: number,
  gate: 'gated' | 'plain',
  activation: 'relu' | 'hard_swish',
): Row => ({
  expansion,
  channels,
  kernelSize,
  stride,
  isGated: gate === 'gated',
  activation: activation === 'relu' ? 're_lu' : 'activation',
});

const small = [
  row(1, 16, 3, 2, 'gated', 'relu'),
  row(72 / 16, 24, 3, 2, 'plain', 'relu'),
  row(88 / 24, 24, 3, 1, 'plain', 'relu'),
  row(4, 40, 5, 2, 'gated', 'hard_swish'),
  row(6, 40, 5, 1, 'gated', 'hard_swish'),
  row(6, 40, 5, 1, 'gated', 'hard_swish'),
  row(3, 48, 5, 1, 'gated', 'hard_swish'),
  row(3, 48, 5, 1, 'gated', 'hard_swish'),
  row(6, 96, 5, 2, 'gated', 'hard_swish'),
  row(6, 96, 5, 1, 'gated', 'hard_swish'),
  row(6, 96, 5, 1, 'gated', 'hard_swish'),
];
const large = [
  row(1, 16, 3, 1, 'plain', 'relu'),
  row(4, 24, 3, 2, 'plain', 'relu'),
  row(3, 24, 3, 1, 'plain', 'relu'),
  row(3, 40, 5, 2, 'gated', 'relu'),
  row(3, 40, 5, 1, 'gated', 'relu'),
  row(3, 40, 5, 1, 'gated', 'relu'),
  row(6, 80, 3, 2, 'plain', 'hard_swish'),
  row(2.5, 80, 3, 1, 'plain', 'hard_swish'),
  row(2.3, 80, 3, 1, 'plain', 'hard_swish'),
  row(2.3, 80, 3, 1, 'plain', 'hard_swish'),
  row(6, 112, 3, 1, 'gated', 'hard_swish'),
  row(6, 112, 3, 1, 'gated', 'hard_swish'),
  row(6, 160, 5, 2, 'gated', 'hard_swish'),
  row(6, 160, 5, 1, 'gated', 'hard_swish'),
  row(6, 160, 5, 1, 'gated', 'hard_swish'),
];
const rowsOf = { Small: small, Large: large } as const;
const momentum = 0.999;
const seFraction = 0.25;

interface Variant {
  size: 'Small' | 'Large';
  alpha: number;
  numParameters: number;
  numLayers: number;
  top1Accuracy: number;
  md5: string;
}
/** Numbers of parameters and layers from Keras 3.15.1 (tools/reference/keras_backbones.py); checksums from its sources. */
const variants: readonly Variant[] = [
  {
    size: 'Small',
    alpha: 1,
    numParameters: 939_120,
    numLayers: 157,
    top1Accuracy: 0.681,
    md5: 'd3e8ec802a04aa4fc771ee12a9a9b836',
  },
  {
    size: 'Large',
    alpha: 1,
    numParameters: 2_996_352,
    numLayers: 187,
    top1Accuracy: 0.756,
    md5: '07fb09a5933dd0c8eaafa16978110389',
  },
  {
    size: 'Small',
    alpha: 0.75,
    numParameters: 583_160,
    numLayers: 157,
    top1Accuracy: 0.654,
    md5: 'ebdb5cc8e0b497cd13a7c275d475c819',
  },
  {
    size: 'Large',
    alpha: 0.75,
    numParameters: 1_808_736,
    numLayers: 187,
    top1Accuracy: 0.733,
    md5: '40af19a13ebea4e2ee0c676887f69a2e',
  },
];

/** MobileNetV3 by its size and width multiplier alpha. @see https://arxiv.org/abs/1905.02244 */
export const mobilenetV3: readonly BackboneSpec[] = variants.map((variant) => {
  const { size, alpha } = variant;
  const isFull = alpha === 1;
  const file = `weights_mobilenet_v3_${size.toLowerCase()}_224_${isFull ? '1.0' : alpha}_float_no_top_v2.h5`;
  const rows = rowsOf[size];
  const blockOfUnnamed = blocksOfUnnamed(rows);
  return defineBackbone({
    id: `mobilenet-v3-${size.toLowerCase()}${isFull ? '' : `-${alpha}`}`,
    name: `MobileNetV3 ${size}${isFull ? '' : ` ${alpha}`}`,
    family: 'MobileNetV3',
    inputSize: [224, 224],
    minInputSize: 32,
    featureShape: [7, 7, makeDivisible(6 * makeDivisible(rows.at(-1)!.channels * alpha))],
    preprocessing: { description: 'inside the model', channelOrder: 'rgb', scale: 1, offset: 0 },
    numParameters: variant.numParameters,
    numLayers: variant.numLayers,
    imagenet: { top1Accuracy: variant.top1Accuracy, source: 'https://keras.io/api/applications/mobilenet/' },
    licence: 'Apache-2.0',
    paper: 'https://arxiv.org/abs/1905.02244',
    weights: {
      official: {
        file,
        url: `https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v3/${file}`,
        md5: variant.md5,
      },
      origin: 'ImageNet weights by Google (Apache-2.0), as converted for Keras applications.',
    },
    addLayers: (tfjs, input) => addLayers(layerBuilder(tfjs), input, rows, alpha),
    blockOf: (layer) =>
      blockOfUnnamed.get(layer) ??
      /^expanded_conv(_\d+)?(?=_)/.exec(layer)?.[0] ??
      (layer.startsWith('conv_1') ? 'top' : 'stem'),
  });
});

function prefixOf(index: number): string {
  return index === 0 ? 'expanded_conv' : `expanded_conv_${index}`;
}

/** Blocks of the layers that Keras names by counting: see `addLayers`. */
function blocksOfUnnamed(rows: readonly Row[]): ReadonlyMap<string, string> {
  return blocksByAutomaticName([
    ['stem', ['activation']],
    ...rows.map(({ activation, isGated }, index): [string, string[]] => [
      prefixOf(index),
      [...(index === 0 ? [activation] : [activation, activation]), ...(isGated ? ['re_lu'] : [])],
    ]),
    ['top', ['activation']],
  ]);
}

type Add = ReturnType<typeof layerBuilder>;
type Activate = (x: tf.SymbolicTensor, activation: Activation) => tf.SymbolicTensor;

function addLayers(add: Add, pixels: tf.SymbolicTensor, rows: readonly Row[], alpha: number): tf.SymbolicTensor {
  const nextName = automaticNames();
  const activate: Activate = (x, activation) => {
    const name = nextName(activation);
    return activation === 're_lu' ? add.relu(x, name) : add.activation(x, name, 'hard_silu');
  };
  let x = add.rescale(pixels, 'rescaling', 1 / 127.5, -1);
  x = add.conv(x, 'conv', 16, 3, { strides: 2 });
  x = add.batchNorm(x, 'conv_bn', momentum);
  x = activate(x, 'activation');
  rows.forEach((row, index) => {
    const channels = makeDivisible(row.channels * alpha);
    x = addInvertedResidual(add, x, { ...row, channels }, index, activate, nextName);
  });
  x = add.conv(x, 'conv_1', makeDivisible(6 * x.shape[3]!), 1);
  x = add.batchNorm(x, 'conv_1_bn', momentum);
  return activate(x, 'activation'); // [batch, height / 32, width / 32, six times the last block's channels]
}

function addInvertedResidual(
  add: Add,
  input: tf.SymbolicTensor,
  { expansion, channels, kernelSize, stride, isGated, activation }: Row,
  index: number,
  activate: Activate,
  nextName: (type: string) => string,
): tf.SymbolicTensor {
  const inputChannels = input.shape[3]!;
  const expandedChannels = makeDivisible(inputChannels * expansion);
  const prefix = prefixOf(index);
  let x = input;
  if (index > 0) {
    x = add.conv(x, `${prefix}_expand`, expandedChannels, 1);
    x = add.batchNorm(x, `${prefix}_expand_bn`, momentum);
    x = activate(x, activation);
  }
  if (stride === 2) x = add.padForStride2(x, `${prefix}_depthwise_pad`, kernelSize);
  x = add.depthwise(x, `${prefix}_depthwise`, kernelSize, stride, stride === 2 ? 'valid' : 'same');
  x = add.batchNorm(x, `${prefix}_depthwise_bn`, momentum);
  x = activate(x, activation);
  if (isGated) {
    let gate = add.globalAveragePool(x, `${prefix}_squeeze_excite_avg_pool`, true);
    const seChannels = makeDivisible(expandedChannels * seFraction);
    gate = add.conv(gate, `${prefix}_squeeze_excite_conv`, seChannels, 1, { bias: true });
    gate = add.relu(gate, `${prefix}_squeeze_excite_relu`);
    gate = add.conv(gate, `${prefix}_squeeze_excite_conv_1`, expandedChannels, 1, { bias: true });
    // Keras adds 3 and divides by 6 around a ReLU, in operations that are no layers: here the ReLU does all three.
    gate = add.activation(gate, nextName('re_lu'), 'hard_sigmoid_3');
    x = add.multiply(x, gate, `${prefix}_squeeze_excite_mul`);
  }
  x = add.conv(x, `${prefix}_project`, channels, 1);
  x = add.batchNorm(x, `${prefix}_project_bn`, momentum);
  return stride === 1 && inputChannels === channels ? add.add(input, x, `${prefix}_add`) : x;
}
