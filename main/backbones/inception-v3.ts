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

/** Branches of the modules mixed0 to mixed10, each module's to be concatenated; table 1 of the paper, widths as Keras has them. */
const modules: readonly (readonly Branch[])[] = [
  moduleA(32),
  moduleA(64),
  moduleA(64),
  [[halvingConv(384)], [conv(64), conv(96, 3), halvingConv(96)], ['maxPool']],
  moduleB(128),
  moduleB(160),
  moduleB(160),
  moduleB(192),
  [[conv(192), halvingConv(320)], [conv(192), conv(192, [1, 7]), conv(192, [7, 1]), halvingConv(192)], ['maxPool']],
  moduleC('mixed9_0'),
  moduleC('mixed9_1'),
];

/** Figure 5 of the paper, the 5×5 kept. */
function moduleA(pooled: number): Branch[] {
  return [[conv(64)], [conv(48), conv(64, 5)], [conv(64), conv(96, 3), conv(96, 3)], ['averagePool', conv(pooled)]];
}

/** Figure 6: 7×7 in two directions, one after the other. */
function moduleB(width: number): Branch[] {
  const row: [number, number] = [1, 7];
  const column: [number, number] = [7, 1];
  return [
    [conv(192)],
    [conv(width), conv(width, row), conv(192, column)],
    [conv(width), conv(width, column), conv(width, row), conv(width, column), conv(192, row)],
    ['averagePool', conv(192)],
  ];
}

/** Figure 7: 3×3 in two directions, side by side. */
function moduleC(splitName: string): Branch[] {
  const split = [conv(384, [1, 3]), conv(384, [3, 1])] as const;
  return [
    [conv(320)],
    [conv(384), { split, name: splitName }],
    [conv(448), conv(384, 3), { split }],
    ['averagePool', conv(192)],
  ];
}

const blocks = blocksByAutomaticName([
  ['stem', automaticTypes(stem)],
  ...modules.map((branches, index) => [`mixed${index}`, branches.flatMap(automaticTypes)] as const),
]);
const splitBlocks: Record<string, string> = { mixed9_0: 'mixed9', mixed9_1: 'mixed10' };

/** InceptionV3. @see https://arxiv.org/abs/1512.00567 */
export const inceptionV3: BackboneSpec = defineBackbone({
  id: 'inception-v3',
  name: 'InceptionV3',
  family: 'Inception',
  inputSize: [299, 299],
  minInputSize: 75,
  featureShape: [8, 8, 2048],
  featureSide: inceptionFeatureSide,
  preprocessing: { description: '-1..1', channelOrder: 'rgb', scale: 1 / 127.5, offset: -1 },
  numParameters: 21_802_784,
  numLayers: 311,
  imagenet: { top1Accuracy: 0.779, source: 'https://keras.io/api/applications/' },
  licence: 'Apache-2.0',
  paper: 'https://arxiv.org/abs/1512.00567',
  weights: {
    official: {
      file: 'inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5',
      url: 'https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5',
      md5: 'bcbd6486424b2319ff4ef7d526e38f63',
    },
    origin: 'ImageNet weights by Google, as converted for Keras applications.',
  },
  addLayers(tfjs, input) {
    const add = layerBuilder(tfjs);
    const nextName = automaticNames();
    let x = addBranch(add, nextName, input, stem); // [batch, 35, 35, 192] of 299 pixels
    modules.forEach((branches, index) => {
      const outputs = branches.map((branch) => addBranch(add, nextName, x, branch));
      x = add.concat(outputs, `mixed${index}`);
    });
    return x; // [batch, 8, 8, 2048] of 299 pixels
  },
  blockOf: (layer) => blocks.get(layer) ?? splitBlocks[layer] ?? layer,
});
