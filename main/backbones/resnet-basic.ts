import type * as tf from '@tensorflow/tfjs-node';
import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

type Add = ReturnType<typeof layerBuilder>;
type Tensor = tf.SymbolicTensor;

const momentum = 0.9;
const epsilon = 1e-5;
const channels = [64, 128, 256, 512];
const around = (n: number): [[number, number], [number, number]] => [
  [n, n],
  [n, n],
];

/** Parameters and layers counted by tools/reference/keras_backbones.py; accuracies of torchvision's first weights. */
const variants = [
  { depth: 18, repeats: [2, 2, 2, 2], numParameters: 11_186_112, numLayers: 85, top1Accuracy: 0.698 },
  { depth: 34, repeats: [3, 4, 6, 3], numParameters: 21_301_696, numLayers: 157, top1Accuracy: 0.733 },
] as const;

/**
 * ResNet18 and 34 with basic blocks of two 3×3 convolutions, as residual blocks are taught with. Keras has none: layers carry names
 * like those of its ResNet50, weights come from timm.
 *
 * @see https://arxiv.org/abs/1512.03385
 */
export const resnetBasic: readonly BackboneSpec[] = variants.map(
  ({ depth, repeats, numParameters, numLayers, top1Accuracy }) =>
    defineBackbone({
      id: `resnet${depth}`,
      name: `ResNet${depth}`,
      family: 'ResNet',
      inputSize: [224, 224],
      minInputSize: 32,
      featureShape: [7, 7, 512],
      preprocessing: {
        description: '(x/255 - mean)/std',
        channelOrder: 'rgb',
        scale: [1 / (255 * 0.229), 1 / (255 * 0.224), 1 / (255 * 0.225)],
        offset: [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225],
      },
      numParameters,
      numLayers,
      imagenet: { top1Accuracy, source: 'https://pytorch.org/vision/stable/models.html' },
      licence: 'BSD-3-Clause',
      paper: 'https://arxiv.org/abs/1512.03385',
      weights: {
        timm: timmName,
        origin: `ImageNet weights by torchvision (BSD-3-Clause), as timm keeps them: a .safetensors file of resnet${depth}.`,
      },
      addLayers(tfjs, input) {
        const add = layerBuilder(tfjs);
        let x = add.zeroPad(input, 'conv1_pad', around(3));
        x = add.conv(x, 'conv1_conv', 64, 7, { strides: 2, padding: 'valid' });
        x = add.batchNorm(x, 'conv1_bn', momentum, { epsilon });
        x = add.activation(x, 'conv1_relu', 'relu');
        x = add.zeroPad(x, 'pool1_pad', around(1)); // zeros never win: nothing is below them after the ReLU
        x = add.maxPool(x, 'pool1_pool', { poolSize: 3, strides: 2 });
        repeats.forEach((count, stack) => {
          for (let block = 1; block <= count; block++)
            x = addBasicBlock(
              add,
              x,
              `conv${stack + 2}_block${block}`,
              channels[stack]!,
              block === 1 && stack > 0 ? 2 : 1,
            );
        });
        return x; // [batch, height / 32, width / 32, 512]
      },
      blockOf: (layer) => /^conv\d_block\d+/.exec(layer)?.[0] ?? 'stem',
    }),
);

/** y = relu(x + F(x)); where F halves the sides, a 1×1 convolution does so for the shortcut. */
function addBasicBlock(add: Add, input: Tensor, name: string, filters: number, strides: number): Tensor {
  let shortcut = input;
  if (strides > 1) {
    shortcut = add.conv(input, `${name}_0_conv`, filters, 1, { strides, padding: 'valid' });
    shortcut = add.batchNorm(shortcut, `${name}_0_bn`, momentum, { epsilon });
  }
  let x = add.zeroPad(input, `${name}_1_pad`, around(1));
  x = add.conv(x, `${name}_1_conv`, filters, 3, { strides, padding: 'valid' });
  x = add.batchNorm(x, `${name}_1_bn`, momentum, { epsilon });
  x = add.activation(x, `${name}_1_relu`, 'relu');
  x = add.zeroPad(x, `${name}_2_pad`, around(1));
  x = add.conv(x, `${name}_2_conv`, filters, 3, { padding: 'valid' });
  x = add.batchNorm(x, `${name}_2_bn`, momentum, { epsilon });
  return add.activation(add.add(shortcut, x, `${name}_add`), `${name}_out`, 'relu');
}

const timmWeights: Readonly<Record<string, string>> = {
  kernel: 'weight',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};

/** `conv3_block1_2_bn/gamma` is `layer2.0.bn2.weight`, a shortcut's `_0_` is `downsample`. */
function timmName(weight: string): string {
  const [layer, name] = weight.split('/') as [string, string];
  const own = timmWeights[name]!;
  const [, stack, block, place, kind] = /^conv(\d)_block(\d+)_(\d)_(conv|bn)$/.exec(layer) ?? [];
  if (stack === undefined) return layer === 'conv1_conv' ? `conv1.${own}` : `bn1.${own}`;
  const inBlock = place === '0' ? `downsample.${kind === 'conv' ? 0 : 1}` : `${kind}${place}`;
  return `layer${Number(stack) - 1}.${Number(block) - 1}.${inBlock}.${own}`;
}
