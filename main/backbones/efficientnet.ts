import type * as tf from '@tensorflow/tfjs-node';
import { defineBackbone, layerBuilder, makeDivisible } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

/** [kernel size, output channels before the width, stride of the first, repeats before the depth, expansion]; table 1 of the paper. */
const stages = [
  [3, 16, 1, 1, 1],
  [3, 24, 2, 2, 6],
  [5, 40, 2, 2, 6],
  [3, 80, 2, 3, 6],
  [5, 112, 1, 3, 6],
  [5, 192, 2, 4, 6],
  [3, 320, 1, 1, 6],
] as const;
const momentum = 0.99;
const seFraction = 0.25;
/** Share of pictures for which training would leave out a block after the last; less for those before, none for the first. */
const lastDropRate = 0.2;
/** Of ImageNet's colours 0..1: `IMAGENET_STDDEV_RGB` of keras/src/applications/efficientnet.py. */
const colourDeviation = [0.229, 0.224, 0.225];

interface Variant {
  width: number;
  depth: number;
  inputSide: number;
  numParameters: number;
  numLayers: number;
  top1Accuracy: number;
  md5: string;
}
/** B0 to B7. Numbers of parameters and layers from Keras 3.15.1 (tools/reference/keras_backbones.py); checksums from its sources. */
const variants: readonly Variant[] = [
  {
    width: 1,
    depth: 1,
    inputSide: 224,
    numParameters: 4_049_571,
    numLayers: 238,
    top1Accuracy: 0.771,
    md5: '50bc09e76180e00e4465e1a485ddc09d',
  },
  {
    width: 1,
    depth: 1.1,
    inputSide: 240,
    numParameters: 6_575_239,
    numLayers: 340,
    top1Accuracy: 0.791,
    md5: '74c4e6b3e1f6a1eea24c589628592432',
  },
  {
    width: 1.1,
    depth: 1.2,
    inputSide: 260,
    numParameters: 7_768_569,
    numLayers: 340,
    top1Accuracy: 0.801,
    md5: '111f8e2ac8aa800a7a99e3239f7bfb39',
  },
  {
    width: 1.2,
    depth: 1.4,
    inputSide: 300,
    numParameters: 10_783_535,
    numLayers: 385,
    top1Accuracy: 0.816,
    md5: 'af6d107764bb5b1abb91932881670226',
  },
  {
    width: 1.4,
    depth: 1.8,
    inputSide: 380,
    numParameters: 17_673_823,
    numLayers: 475,
    top1Accuracy: 0.829,
    md5: 'ebc24e6d6c33eaebbd558eafbeedf1ba',
  },
  {
    width: 1.6,
    depth: 2.2,
    inputSide: 456,
    numParameters: 28_513_527,
    numLayers: 577,
    top1Accuracy: 0.836,
    md5: '38879255a25d3c92d5e44e04ae6cec6f',
  },
  {
    width: 1.8,
    depth: 2.6,
    inputSide: 528,
    numParameters: 40_960_143,
    numLayers: 667,
    top1Accuracy: 0.84,
    md5: '9ecce42647a20130c1f39a5d4cb75743',
  },
  {
    width: 2,
    depth: 3.1,
    inputSide: 600,
    numParameters: 64_097_687,
    numLayers: 814,
    top1Accuracy: 0.843,
    md5: 'cbcfe4450ddf6f3ad90b1b398090fe4a',
  },
];

/**
 * EfficientNet B0 to B7 as published, with the second `Rescaling` that Keras adds for `weights='imagenet'` only.
 *
 * @see https://arxiv.org/abs/1905.11946
 */
export const efficientnet: readonly BackboneSpec[] = variants.map((variant, number) => {
  const side = Math.ceil(variant.inputSide / 32);
  const file = `efficientnetb${number}_notop.h5`;
  return defineBackbone({
    id: `efficientnet-b${number}`,
    name: `EfficientNet B${number}`,
    family: 'EfficientNet',
    inputSize: [variant.inputSide, variant.inputSide],
    minInputSize: 32,
    featureShape: [side, side, makeDivisible(1280 * variant.width)],
    preprocessing: { description: 'inside the model', channelOrder: 'rgb', scale: 1, offset: 0 },
    numParameters: variant.numParameters,
    numLayers: variant.numLayers,
    imagenet: { top1Accuracy: variant.top1Accuracy, source: 'https://keras.io/api/applications/' },
    licence: 'Apache-2.0',
    paper: 'https://arxiv.org/abs/1905.11946',
    weights: {
      official: { file, url: `https://storage.googleapis.com/keras-applications/${file}`, md5: variant.md5 },
      origin: 'ImageNet weights by Google (Apache-2.0), as converted for Keras applications.',
    },
    addLayers: (tfjs, input) => addLayers(layerBuilder(tfjs), input, variant),
    blockOf: (layer) => /^block\d[a-z]/.exec(layer)?.[0] ?? (layer.startsWith('top_') ? 'top' : 'stem'),
  });
});

type Add = ReturnType<typeof layerBuilder>;

function addLayers(add: Add, pixels: tf.SymbolicTensor, { width, depth }: Variant): tf.SymbolicTensor {
  let x = add.rescale(pixels, 'rescaling', 1 / 255);
  x = add.normalization(x, 'normalization');
  // The published weights were trained on pixels divided by the deviation's square root once more (TensorFlow issue 49930).
  const factors = colourDeviation.map((deviation) => 1 / Math.sqrt(deviation));
  x = add.rescale(x, 'rescaling_1', factors);
  x = add.padForStride2(x, 'stem_conv_pad', 3);
  x = add.conv(x, 'stem_conv', makeDivisible(32 * width), 3, { strides: 2, padding: 'valid' });
  x = add.batchNorm(x, 'stem_bn', momentum);
  x = add.activation(x, 'stem_activation', 'swish');
  const numRepeats = stages.map(([, , , repeats]) => Math.ceil(depth * repeats));
  const numBlocks = numRepeats.reduce((a, b) => a + b, 0);
  let index = 0;
  stages.forEach(([kernelSize, channels, firstStride, , expansion], stage) => {
    for (let repeat = 0; repeat < numRepeats[stage]!; repeat++) {
      x = addInvertedResidual(add, x, {
        prefix: `block${stage + 1}${String.fromCharCode(97 + repeat)}`,
        kernelSize,
        channels: makeDivisible(channels * width),
        stride: repeat === 0 ? firstStride : 1,
        expansion,
        dropRate: (lastDropRate * index) / numBlocks,
      });
      index += 1;
    }
  });
  x = add.conv(x, 'top_conv', makeDivisible(1280 * width), 1);
  x = add.batchNorm(x, 'top_bn', momentum);
  return add.activation(x, 'top_activation', 'swish'); // [batch, height / 32, width / 32, 1280 * width]
}

interface Block {
  prefix: string;
  kernelSize: number;
  channels: number;
  stride: number;
  expansion: number;
  /** Share of pictures for which training leaves the block out. */
  dropRate: number;
}

function addInvertedResidual(add: Add, input: tf.SymbolicTensor, block: Block): tf.SymbolicTensor {
  const { prefix, kernelSize, channels, stride } = block;
  const inputChannels = input.shape[3]!;
  const expandedChannels = inputChannels * block.expansion;
  let x = input;
  if (block.expansion > 1) {
    x = add.conv(x, `${prefix}_expand_conv`, expandedChannels, 1);
    x = add.batchNorm(x, `${prefix}_expand_bn`, momentum);
    x = add.activation(x, `${prefix}_expand_activation`, 'swish');
  }
  if (stride === 2) x = add.padForStride2(x, `${prefix}_dwconv_pad`, kernelSize);
  x = add.depthwise(x, `${prefix}_dwconv`, kernelSize, stride, stride === 2 ? 'valid' : 'same');
  x = add.batchNorm(x, `${prefix}_bn`, momentum);
  x = add.activation(x, `${prefix}_activation`, 'swish');
  let gate = add.globalAveragePool(x, `${prefix}_se_squeeze`);
  gate = add.reshape(gate, `${prefix}_se_reshape`, [1, 1, expandedChannels]);
  const seChannels = Math.max(1, Math.floor(inputChannels * seFraction));
  gate = add.conv(gate, `${prefix}_se_reduce`, seChannels, 1, { bias: true, activation: 'swish' });
  gate = add.conv(gate, `${prefix}_se_expand`, expandedChannels, 1, { bias: true, activation: 'sigmoid' });
  x = add.multiply(x, gate, `${prefix}_se_excite`);
  x = add.conv(x, `${prefix}_project_conv`, channels, 1);
  x = add.batchNorm(x, `${prefix}_project_bn`, momentum);
  if (stride !== 1 || inputChannels !== channels) return x;
  if (block.dropRate > 0) x = add.dropout(x, `${prefix}_drop`, block.dropRate, true);
  return add.add(x, input, `${prefix}_add`);
}
