import { customLayers } from '../backbones/custom-layers.ts';
import { importLayers } from '../backbones/import-layers.ts';
import { tf } from '../native/tf.ts';

const { layers } = tf;
const custom = customLayers(tf);
const { HalfPixelResizing } = importLayers(tf);
/** Layers put on an input. */
export type Graph = (x: tf.SymbolicTensor) => tf.SymbolicTensor;
export const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
  layer.apply(x) as tf.SymbolicTensor;
export const on =
  (layer: () => tf.layers.Layer): Graph =>
  (x) =>
    apply(layer(), x);

/** Every weight of a model drawn anew from a seed, variances above zero, so that no fresh bias of zeros hides a mistake. */
export function drawWeights(model: tf.LayersModel): void {
  model.layers.forEach((layer, index) => {
    layer.setWeights(
      layer.weights.map((weight, number) => {
        const seed = index * 10 + number + 1;
        const isVariance = weight.originalName.endsWith('variance');
        return isVariance
          ? tf.randomUniform(weight.shape as number[], 0.5, 2, 'float32', seed)
          : tf.randomNormal(weight.shape as number[], 0, 0.4, 'float32', seed);
      }),
    );
  });
}

const padAround = (padding: [[number, number], [number, number]]) => layers.zeroPadding2d({ padding });
/** Every layer that a model may have, alone and beside others that a lowering could join it with; on maps of 3 channels. */
export const layerCases: Record<string, Graph> = {
  'Conv2D without bias': on(() => layers.conv2d({ filters: 4, kernelSize: 3, useBias: false })),
  'Conv2D with its own activation': on(() =>
    layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
  ),
  'Conv2D of an even, oblong kernel': on(() =>
    layers.conv2d({ filters: 4, kernelSize: [2, 4], padding: 'same', strides: [2, 1] }),
  ),
  'Conv2D with dilation': on(() => layers.conv2d({ filters: 2, kernelSize: 3, dilationRate: 2, padding: 'same' })),
  'DepthwiseConv2D with a multiplier': on(() =>
    layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }),
  ),
  SeparableConv2D: on(() =>
    layers.separableConv2d({ filters: 5, kernelSize: 3, padding: 'same', strides: 2, activation: 'relu' }),
  ),
  'ZeroPadding2D before a convolution': (x) =>
    apply(
      layers.conv2d({ filters: 4, kernelSize: 3, strides: 2 }),
      apply(
        padAround([
          [0, 1],
          [2, 1],
        ]),
        x,
      ),
    ),
  'ZeroPadding2D before max pooling': (x) =>
    apply(
      layers.maxPooling2d({ poolSize: 3, strides: 2 }),
      apply(
        padAround([
          [1, 1],
          [1, 1],
        ]),
        x,
      ),
    ),
  'ZeroPadding2D read twice': (x) => {
    const padded = apply(
      padAround([
        [1, 1],
        [1, 1],
      ]),
      x,
    );
    const convolved = apply(layers.conv2d({ filters: 3, kernelSize: 3 }), padded);
    return apply(layers.concatenate(), [convolved, apply(layers.maxPooling2d({ poolSize: 3, strides: 1 }), padded)]);
  },
  'BatchNormalization after a convolution': (x) =>
    apply(layers.batchNormalization(), apply(layers.conv2d({ filters: 4, kernelSize: 3 }), x)),
  'BatchNormalization after a depthwise convolution': (x) =>
    apply(
      layers.batchNormalization({ scale: false }),
      apply(layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }), x),
    ),
  'BatchNormalization of a convolution that another layer reads too': (x) => {
    const convolved = apply(layers.conv2d({ filters: 4, kernelSize: 3 }), x);
    return apply(layers.add(), [convolved, apply(layers.batchNormalization(), convolved)]);
  },
  'BatchNormalization of a convolution seen through Dropout by another layer': (x) => {
    const convolved = apply(layers.conv2d({ filters: 4, kernelSize: 3 }), x);
    const dropped = apply(layers.dropout({ rate: 0.5 }), convolved);
    return apply(layers.add(), [dropped, apply(layers.batchNormalization(), dropped)]);
  },
  'BatchNormalization behind an activation': (x) =>
    apply(layers.batchNormalization({ center: false, epsilon: 0.01 }), apply(layers.reLU(), x)),
  'BatchNormalization of a flat value': (x) => apply(layers.batchNormalization(), apply(layers.flatten(), x)),
  'ReLU with a ceiling': on(() => layers.reLU({ maxValue: 0.5 })),
  'ZeroPadding2D before a separable convolution': (x) =>
    apply(
      layers.separableConv2d({ filters: 4, kernelSize: 5, strides: 2 }),
      apply(
        padAround([
          [1, 2],
          [2, 2],
        ]),
        x,
      ),
    ),
  'ZeroPadding2D before average pooling': (x) =>
    apply(
      layers.averagePooling2d({ poolSize: 3, strides: 2 }),
      apply(
        padAround([
          [0, 1],
          [1, 1],
        ]),
        x,
      ),
    ),
  'ZeroPadding2D read by both poolings': (x) => {
    const padded = apply(
      padAround([
        [0, 1],
        [1, 1],
      ]),
      x,
    );
    const window = { poolSize: 3, strides: 2 };
    const [largest, mean] = [layers.maxPooling2d(window), layers.averagePooling2d(window)];
    return apply(layers.add(), [apply(largest, padded), apply(mean, padded)]);
  },
  'every second place, shifted by padding and cropping': (x) => {
    const padded = apply(
      padAround([
        [0, 1],
        [0, 1],
      ]),
      x,
    );
    const cropping: [[number, number], [number, number]] = [
      [1, 0],
      [1, 0],
    ];
    return apply(layers.averagePooling2d({ poolSize: 1, strides: 2 }), apply(layers.cropping2D({ cropping }), padded));
  },
  'Cropping2D of all four sides': on(() =>
    layers.cropping2D({
      cropping: [
        [1, 2],
        [3, 1],
      ],
    }),
  ),
  'an addition with a scale': (x) =>
    apply(new (customLayers(tf).CustomScaleLayer)({ scale: 0.17 }), [
      x,
      apply(layers.conv2d({ filters: 3, kernelSize: 1 }), x),
    ]),
  'BatchNormalization without gamma after a separable convolution': (x) =>
    apply(
      layers.batchNormalization({ scale: false }),
      apply(layers.separableConv2d({ filters: 4, kernelSize: 3, useBias: false }), x),
    ),
  'a shortcut over two branches': (x) => {
    const branch = apply(
      layers.batchNormalization(),
      apply(layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same' }), x),
    );
    return apply(
      layers.activation({ activation: 'relu' }),
      apply(layers.add(), [x, branch, apply(layers.conv2d({ filters: 3, kernelSize: 1 }), x)]),
    );
  },
  'one layer used twice': (x) => {
    const shared = layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same' });
    return apply(shared, apply(shared, x));
  },
  'a gate over the channels': (x) => {
    const gate = apply(layers.reshape({ targetShape: [1, 1, 3] }), apply(layers.globalAveragePooling2d({}), x));
    return apply(layers.multiply(), [
      x,
      apply(layers.conv2d({ filters: 3, kernelSize: 1, activation: 'sigmoid' }), gate),
    ]);
  },
  'Concatenate over the width': (x) => apply(layers.concatenate({ axis: 2 }), [x, apply(layers.reLU(), x)]),
  'Conv2D with a group a channel': (x) => apply(new custom.GroupedConv2D({ kernelSize: 3 }), x),
  'BatchNormalization after Conv2D with a group a channel': (x) =>
    apply(layers.batchNormalization(), apply(new custom.GroupedConv2D({ kernelSize: 4 }), x)),
  'LayerNormalization of places': on(() => layers.layerNormalization({ epsilon: 1e-6 })),
  'LayerNormalization of a flat value': (x) =>
    apply(layers.layerNormalization({ scale: false }), apply(layers.globalAveragePooling2d({}), x)),
  'LayerScale after Dense': (x) =>
    apply(new custom.LayerScale({}), apply(layers.dense({ units: 5, activation: 'linear' }), x)),
  'LayerScale of what another layer reads too': (x) => {
    const mixed = apply(layers.dense({ units: 5 }), x);
    return apply(layers.add(), [mixed, apply(new custom.LayerScale({}), mixed)]);
  },
  'LayerScale of a flat value': (x) => apply(new custom.LayerScale({}), apply(layers.globalAveragePooling2d({}), x)),
  'Normalization by numbers': (x) =>
    apply(new custom.Normalization({ mean: [0.1, -0.2, 0.3], variance: [0.5, 2, 1] }), x),
  'Normalization by weights': (x) => apply(new custom.Normalization({}), x),
  'a gate over the channels of MobileNetV3': (x) => {
    const means = apply(new custom.KeptGlobalAveragePooling2D({}), x);
    const gate = apply(layers.conv2d({ filters: 3, kernelSize: 1, activation: 'swish' }), means);
    return apply(layers.multiply(), [x, apply(layers.activation({ activation: 'hard_sigmoid_3' as 'relu' }), gate)]);
  },
  'Flatten, then Dense': (x) => apply(layers.dense({ units: 3, activation: 'softmax' }), apply(layers.flatten(), x)),
  'Dense over places': on(() => layers.dense({ units: 4, activation: 'relu' })),
  'Dropout and a dense head': (x) =>
    apply(
      layers.dense({ units: 2, useBias: false }),
      apply(layers.dropout({ rate: 0.5 }), apply(layers.globalAveragePooling2d({}), x)),
    ),
  GlobalMaxPooling2D: on(() => layers.globalMaxPooling2d({})),
  'Reshape to a list of places': (x) => apply(layers.reshape({ targetShape: [x.shape[1]! * x.shape[2]!, 3] }), x),
  'Softmax as a layer': (x) => apply(layers.softmax(), apply(layers.flatten(), x)),
  'LeakyReLU, with the slope of its own and another': (x) =>
    apply(layers.leakyReLU(), apply(layers.leakyReLU({ alpha: 0.1 }), x)),
  'PReLU of places': on(() => layers.prelu({})),
  'PReLU a slope a channel': on(() => layers.prelu({ sharedAxes: [1, 2] })),
  'PReLU of a flat value': (x) => apply(layers.prelu({}), apply(layers.globalAveragePooling2d({}), x)),
  ELU: on(() => layers.elu()),
  Average: (x) => apply(layers.average(), [x, apply(layers.reLU(), x), apply(layers.elu(), x)]),
  'Maximum and Minimum': (x) => {
    const other = apply(layers.conv2d({ filters: 3, kernelSize: 1 }), x);
    return apply(layers.minimum(), [x, apply(layers.maximum(), [x, other]), apply(layers.reLU(), other)]);
  },
  'Concatenate of flat values': (x) =>
    apply(layers.concatenate(), [apply(layers.globalAveragePooling2d({}), x), apply(layers.globalMaxPooling2d({}), x)]),
  'UpSampling2D of whole pixels': on(() => layers.upSampling2d({ size: [2, 3] })),
  'UpSampling2D between pixels': on(() => layers.upSampling2d({ size: [2, 3], interpolation: 'bilinear' })),
  'Resizing up and down, to the nearest pixel': on(
    () => new HalfPixelResizing({ height: 5, width: 19, interpolation: 'nearest' }),
  ),
  'Resizing up and down, between pixels': on(
    () => new HalfPixelResizing({ height: 5, width: 19, interpolation: 'bilinear' }),
  ),
  'Permute of places': on(() => layers.permute({ dims: [3, 1, 2] })),
  'Permute of a list of places': (x) =>
    apply(layers.permute({ dims: [2, 1] }), apply(layers.reshape({ targetShape: [x.shape[1]! * x.shape[2]!, 3] }), x)),
  'Dense over a list of places': (x) =>
    apply(
      layers.dense({ units: 4, activation: 'tanh' }),
      apply(layers.reshape({ targetShape: [x.shape[1]! * x.shape[2]!, 3] }), x),
    ),
  Rescaling: (x) => apply(new RescalingLayer({ scale: 1 / 127.5, offset: -1 }), x),
  'Rescaling with a factor a channel': (x) =>
    apply(layers.conv2d({ filters: 4, kernelSize: 3 }), apply(new RescalingLayer({ scale: [2, 3, 4] }), x)),
  'Rescaling of a flat value with numbers of its own for each channel': (x) =>
    apply(new RescalingLayer({ scale: [2, 3, 4], offset: [0.5, 0, -1] }), apply(layers.globalAveragePooling2d({}), x)),
};
/** tfjs has Rescaling, but its index does not name it; the registry of classes does. */
const RescalingLayer = (
  tf.serialization.SerializationMap.getMap().classNameMap as unknown as Record<
    string,
    [new (config: object) => tf.layers.Layer]
  >
)['Rescaling']![0];

/** Every activation by the name that a configuration has for it. */
export const activationNames = [
  ...['linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'hardSigmoid', 'hard_sigmoid_3', 'hard_silu', 'tanh'],
  ...['softplus', 'softsign', 'softmax', 'logSoftmax', 'swish', 'mish', 'gelu', 'gelu_new'],
];

/** An activation of values beyond every bend. */
export const activationCase =
  (activation: string): Graph =>
  (x) =>
    apply(layers.activation({ activation: activation as 'relu' }), apply(new RescalingLayer({ scale: 6 }), x));

/** A model of layers put on maps of 3 channels, its weights drawn. @returns the caller disposes it */
export function modelOf(graph: Graph, [height, width]: readonly [number, number]): tf.LayersModel {
  const input = tf.input({ shape: [height, width, 3], name: 'input_layer' });
  const model = tf.model({ inputs: input, outputs: graph(input), name: 'small' });
  drawWeights(model);
  return model;
}
