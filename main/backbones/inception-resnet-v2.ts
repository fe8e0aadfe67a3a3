import type * as tf from '@tensorflow/tfjs-node';
import { automaticNames, blocksByAutomaticName } from './automatic-names.ts';
import {
  addBranch,
  automaticTypes,
  conv,
  halvingConv,
  inceptionFeatureSide,
  stem,
  type Branch,
} from './inception-branches.ts';
import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

/** Branches put together, or with `scale` a residual: their 1×1 mix times the scale is added to the input. */
interface Module {
  name: string;
  branches: readonly Branch[];
  scale?: number;
  /** False for the last residual, which has no ReLU behind it. */
  relu?: boolean;
}

const block35: Branch[] = [[conv(32)], [conv(32), conv(32, 3)], [conv(32), conv(48, 3), conv(64, 3)]];
const block17: Branch[] = [[conv(192)], [conv(128), conv(160, [1, 7]), conv(192, [7, 1])]];
const block8: Branch[] = [[conv(192)], [conv(192), conv(224, [1, 3]), conv(256, [3, 1])]];

/** Figure 15 of the paper, in the order in which Keras builds it; widths and scales as Keras has them. */
const modules: readonly Module[] = [
  {
    name: 'mixed_5b',
    branches: [[conv(96)], [conv(48), conv(64, 5)], [conv(64), conv(96, 3), conv(96, 3)], ['averagePool', conv(64)]],
  },
  ...residuals('block35', block35, 10, 0.17),
  {
    name: 'mixed_6a',
    branches: [[halvingConv(384)], [conv(256), conv(256, 3), halvingConv(384)], ['maxPool']],
  },
  ...residuals('block17', block17, 20, 0.1),
  {
    name: 'mixed_7a',
    branches: [
      [conv(256), halvingConv(384)],
      [conv(256), halvingConv(288)],
      [conv(256), conv(288, 3), halvingConv(320)],
      ['maxPool'],
    ],
  },
  ...residuals('block8', block8, 9, 0.2),
  { name: 'block8_10', branches: block8, scale: 1, relu: false },
];

function residuals(type: string, branches: Branch[], count: number, scale: number): Module[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${type}_${index + 1}`, branches, scale }));
}

const blocks = blocksByAutomaticName([
  ['stem', automaticTypes(stem)],
  ...modules.map(
    ({ name, branches, scale }) =>
      [name, [...branches.flatMap(automaticTypes), ...(scale === undefined ? [] : ['custom_scale_layer'])]] as const,
  ),
]);

/** InceptionResNetV2. @see https://arxiv.org/abs/1602.07261 */
export const inceptionResnetV2: BackboneSpec = defineBackbone({
  id: 'inception-resnet-v2',
  name: 'InceptionResNetV2',
  family: 'Inception',
  inputSize: [299, 299],
  minInputSize: 75,
  featureShape: [8, 8, 1536],
  featureSide: inceptionFeatureSide,
  preprocessing: { description: '-1..1', channelOrder: 'rgb', scale: 1 / 127.5, offset: -1 },
  numParameters: 54_336_736,
  numLayers: 780,
  imagenet: { top1Accuracy: 0.803, source: 'https://keras.io/api/applications/' },
  licence: 'Apache-2.0',
  paper: 'https://arxiv.org/abs/1602.07261',
  weights: {
    official: {
      file: 'inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5',
      url: 'https://storage.googleapis.com/tensorflow/keras-applications/inception_resnet_v2/inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5',
      md5: 'd19885ff4a710c122648d3b5c3b684e4',
    },
    origin: 'ImageNet weights by Google, as converted for Keras applications.',
  },
  addLayers(tfjs, input) {
    const add = layerBuilder(tfjs);
    const nextName = automaticNames();
    let x = addBranch(add, nextName, input, stem); // [batch, 35, 35, 192] of 299 pixels
    for (const module of modules) x = addModule(add, nextName, x, module);
    x = add.conv(x, 'conv_7b', 1536, 1);
    x = add.batchNorm(x, 'conv_7b_bn', 0.99, { scale: false });
    return add.activation(x, 'conv_7b_ac', 'relu'); // [batch, 8, 8, 1536] of 299 pixels
  },
  blockOf: (layer) => blocks.get(layer) ?? /^(block\d+_\d+|conv_7b)/.exec(layer)?.[0] ?? layer,
});

function addModule(
  add: ReturnType<typeof layerBuilder>,
  nextName: (type: string) => string,
  input: tf.SymbolicTensor,
  { name, branches, scale, relu = true }: Module,
): tf.SymbolicTensor {
  const outputs = branches.map((branch) => addBranch(add, nextName, input, branch));
  if (scale === undefined) return add.concat(outputs, name);
  const mixed = add.concat(outputs, `${name}_mixed`);
  const residual = add.conv(mixed, `${name}_conv`, input.shape[3]!, 1, { bias: true });
  const sum = add.scaledAdd(input, residual, nextName('custom_scale_layer'), scale);
  return relu ? add.activation(sum, `${name}_ac`, 'relu') : sum;
}
