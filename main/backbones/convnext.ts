import type * as tf from '@tensorflow/tfjs-node';
import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

const epsilon = 1e-6;
/** ImageNet's mean and deviation a channel, of pixels 0..255. */
const imagenetPixels = {
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  variance: [(0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2],
};
/** The larger three learnt from ImageNet-21k first. */
const origin =
  'ImageNet weights by Meta AI (MIT), first trained on ImageNet-21k for the sizes Base, Large and XLarge, as converted for Keras applications.';

interface Variant {
  size: string;
  /** Blocks and channels of each of the four stages. */
  depths: readonly number[];
  channels: readonly number[];
  numParameters: number;
  numLayers: number;
  top1Accuracy: number;
  sha256: string;
}
/** Numbers of parameters and layers from Keras 3.15.1 (tools/reference/keras_backbones.py); checksums from its sources. */
const variants: readonly Variant[] = [
  {
    size: 'Tiny',
    depths: [3, 3, 9, 3],
    channels: [96, 192, 384, 768],
    numParameters: 27_820_128,
    numLayers: 137,
    top1Accuracy: 0.813,
    sha256: 'd547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1',
  },
  {
    size: 'Small',
    depths: [3, 3, 27, 3],
    channels: [96, 192, 384, 768],
    numParameters: 49_454_688,
    numLayers: 263,
    top1Accuracy: 0.823,
    sha256: '6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab',
  },
  {
    size: 'Base',
    depths: [3, 3, 27, 3],
    channels: [128, 256, 512, 1024],
    numParameters: 87_566_464,
    numLayers: 263,
    top1Accuracy: 0.853,
    sha256: '40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45',
  },
  {
    size: 'Large',
    depths: [3, 3, 27, 3],
    channels: [192, 384, 768, 1536],
    numParameters: 196_230_336,
    numLayers: 263,
    top1Accuracy: 0.863,
    sha256: '96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd',
  },
  {
    size: 'XLarge',
    depths: [3, 3, 27, 3],
    channels: [256, 512, 1024, 2048],
    numParameters: 348_147_968,
    numLayers: 263,
    top1Accuracy: 0.867,
    sha256: 'de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05',
  },
];

/** ConvNeXt by its size. @see https://arxiv.org/abs/2201.03545 */
export const convnext: readonly BackboneSpec[] = variants.map((variant) => {
  const prefix = `convnext_${variant.size.toLowerCase()}`;
  const file = `${prefix}_notop.h5`;
  return defineBackbone({
    id: `convnext-${variant.size.toLowerCase()}`,
    name: `ConvNeXt ${variant.size}`,
    family: 'ConvNeXt',
    inputSize: [224, 224],
    minInputSize: 32,
    featureShape: [7, 7, variant.channels.at(-1)!],
    featureSide: (side) => Math.floor(side / 32), // every downsampling is without padding
    preprocessing: { description: 'inside the model', channelOrder: 'rgb', scale: 1, offset: 0 },
    numParameters: variant.numParameters,
    numLayers: variant.numLayers,
    imagenet: { top1Accuracy: variant.top1Accuracy, source: 'https://keras.io/api/applications/' },
    licence: 'MIT',
    paper: 'https://arxiv.org/abs/2201.03545',
    weights: {
      official: {
        file,
        url: `https://storage.googleapis.com/tensorflow/keras-applications/convnext/${file}`,
        sha256: variant.sha256,
      },
      origin,
    },
    addLayers: (tfjs, input) => addLayers(layerBuilder(tfjs), input, variant, prefix),
    blockOf,
  });
});

type Add = ReturnType<typeof layerBuilder>;

function addLayers(add: Add, input: tf.SymbolicTensor, variant: Variant, prefix: string): tf.SymbolicTensor {
  let x = add.normalization(input, `${prefix}_prestem_normalization`, imagenetPixels);
  variant.depths.forEach((numBlocks, stage) => {
    const channels = variant.channels[stage]!;
    if (stage === 0) {
      x = add.conv(x, `${prefix}_stem_conv`, channels, 4, { strides: 4, padding: 'valid', bias: true });
      x = add.layerNorm(x, `${prefix}_stem_layernorm`, epsilon);
    } else {
      x = add.layerNorm(x, `${prefix}_downsampling_layernorm_${stage - 1}`, epsilon);
      const name = `${prefix}_downsampling_conv_${stage - 1}`;
      x = add.conv(x, name, channels, 2, { strides: 2, padding: 'valid', bias: true });
    }
    for (let block = 0; block < numBlocks; block++) x = addBlock(add, x, `${prefix}_stage_${stage}_block_${block}`);
  });
  return add.layerNorm(x, 'layer_normalization', epsilon); // [batch, height / 32, width / 32, channels]
}

function addBlock(add: Add, input: tf.SymbolicTensor, prefix: string): tf.SymbolicTensor {
  const channels = input.shape[3]!;
  let x = add.groupedConv(input, `${prefix}_depthwise_conv`, 7);
  x = add.layerNorm(x, `${prefix}_layernorm`, epsilon);
  x = add.dense(x, `${prefix}_pointwise_conv_1`, 4 * channels);
  x = add.activation(x, `${prefix}_gelu`, 'gelu');
  x = add.dense(x, `${prefix}_pointwise_conv_2`, channels);
  x = add.layerScale(x, `${prefix}_layer_scale`);
  // Keras has a layer here that does nothing and adds outside of any layer: one layer does both.
  return add.add(input, x, `${prefix}_identity`);
}

function blockOf(layer: string): string {
  const downsampling = /_downsampling_\w+_(\d)$/.exec(layer);
  if (downsampling) return `downsampling_block_${downsampling[1]}`;
  return /stage_\d_block_\d+/.exec(layer)?.[0] ?? (/_(prestem|stem)_/.test(layer) ? 'stem' : 'top');
}
