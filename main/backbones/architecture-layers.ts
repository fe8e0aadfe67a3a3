import type * as tf from '@tensorflow/tfjs-node';
import { z } from 'zod';
import { customLayers } from './custom-layers.ts';
import { importLayers } from './import-layers.ts';

/** Sizes of a tensor without the batch, all known. */
export type Shape = readonly number[];

/** A weight as TensorFlow.js has it; `stored` are the shapes in which a file may hold the same numbers, the usual one first. */
export interface LayerWeight {
  name: string;
  shape: Shape;
  /** A constant that stands for a weight that Keras leaves out. */
  constant?: number;
  stored?: readonly Shape[];
}

/** What a layer cannot be here: said by shape or configuration, in a few words. */
export class LayerProblem extends Error {}

/** One class of layers that a brought model may have: its configuration, its arithmetic of shapes, its TensorFlow.js layer. */
export interface LayerKind<C = unknown> {
  /** Keras's configuration, read twice to the same: unknown fields are dropped, what cannot be honoured is refused. */
  config: z.ZodType<C>;
  inputs: 'one' | 'several';
  /** Shape of the output. @throws LayerProblem */
  shape(config: C, inputs: readonly Shape[]): Shape;
  /** In the order of both Keras and TensorFlow.js. */
  weights?(config: C, input: Shape): LayerWeight[];
  /** Adds the layer; where two are needed the last one has the name. */
  add(tfjs: typeof tf, name: string, config: C, inputs: tf.SymbolicTensor[]): tf.SymbolicTensor;
  /** True when the input's height and width are part of its weights or its output's meaning. */
  isTiedToSize?(config: C): boolean;
}

/** Activations, as TensorFlow.js and Graft's own call them. */
export const activationNames = [
  'linear',
  'relu',
  'relu6',
  'elu',
  'selu',
  'sigmoid',
  'hardSigmoid',
  'hard_sigmoid_3',
  'hard_silu',
  'tanh',
  'softplus',
  'softsign',
  'softmax',
  'logSoftmax',
  'swish',
  'mish',
  'gelu',
  'gelu_new',
] as const;
const Activation = z.enum(activationNames).default('linear');

const Size = z.int().min(1).max(1_000_000);
const Window = z.int().min(1).max(4096);
const Pair = z
  .union([Window, z.tuple([Window, Window])])
  .transform((value): [number, number] => (typeof value === 'number' ? [value, value] : value));
const Edge = z.int().min(0).max(4096);
type Edges = [[number, number], [number, number]];
const EdgesOf = z
  .union([Edge, z.tuple([Edge, Edge]), z.tuple([z.tuple([Edge, Edge]), z.tuple([Edge, Edge])])])
  .transform((value): Edges => {
    if (typeof value === 'number') return [[value, value], [value, value]]; // prettier-ignore
    const [rows, columns] = value;
    return [typeof rows === 'number' ? [rows, rows] : rows, typeof columns === 'number' ? [columns, columns] : columns];
  });
const channelsLast = z
  .literal(['channels_last', 'channelsLast'])
  .nullish()
  .transform(() => undefined);
const off = z
  .literal(false)
  .nullish()
  .transform(() => undefined);
const Padding = z.enum(['valid', 'same']).default('valid');
/** One number, also when it is the only one of a list. */
const Axis = z.union([z.int(), z.tuple([z.int()]).transform(([axis]) => axis)]);
const Real = z.number().min(-1e30).max(1e30);

const [noDilation, anyDilation] = [
  Pair.default([1, 1]).refine(([h, w]) => h === 1 && w === 1, 'dilated'),
  Pair.default([1, 1]),
];
const convolution = {
  kernel_size: Pair,
  strides: Pair.default([1, 1]),
  padding: Padding,
  data_format: channelsLast,
  activation: Activation,
  use_bias: z.boolean().default(true),
};
const evenStrides = ({ strides: [h, w] }: { strides: [number, number] }) => h === w;

/** Length of a window's way over a side. */
function windowed(side: number, window: number, stride: number, padding: 'valid' | 'same', dilation = 1): number {
  if (padding === 'same') return Math.ceil(side / stride);
  return Math.floor((side - ((window - 1) * dilation + 1)) / stride) + 1;
}

/** The one input, which must be maps [height, width, channels]. */
function maps(inputs: readonly Shape[]): [number, number, number] {
  const [input] = inputs;
  if (inputs.length !== 1 || input?.length !== 3) throw new LayerProblem('needs maps of height, width and channels');
  return input as unknown as [number, number, number];
}
const same = <C>(_: C, inputs: readonly Shape[]): Shape => inputs[0]!;
const product = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
const one = (inputs: tf.SymbolicTensor[]) => inputs[0]!;
const applied = (layer: tf.layers.Layer, inputs: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
  layer.apply(inputs) as tf.SymbolicTensor;
const bias = (config: { use_bias: boolean }, channels: number): LayerWeight[] =>
  config.use_bias ? [{ name: 'bias', shape: [channels] }] : [];

/** Keeps the types of a configuration together while the table forgets them. */
const kind = <C>(layer: LayerKind<C>): LayerKind => layer;

const conv2d = kind({
  config: z
    .object({ filters: Size, groups: Size.default(1), dilation_rate: anyDilation, ...convolution })
    .refine(
      ({ groups, dilation_rate: [h, w], strides: [down, across] }) =>
        groups === 1 || (h === 1 && w === 1 && down === across),
      'groups with dilation or uneven strides',
    ),
  inputs: 'one',
  shape(config, inputs) {
    const [height, width, channels] = maps(inputs);
    if (config.groups !== 1 && (config.groups !== channels || config.filters % channels !== 0))
      throw new LayerProblem(`${config.groups} groups over ${channels} channels`);
    const { kernel_size: k, strides: s, dilation_rate: d, padding } = config;
    return [windowed(height, k[0], s[0], padding, d[0]), windowed(width, k[1], s[1], padding, d[1]), config.filters];
  },
  weights(config, [, , channels]) {
    const [height, width] = config.kernel_size;
    if (config.groups === 1)
      return [{ name: 'kernel', shape: [height, width, channels!, config.filters] }, ...bias(config, config.filters)];
    // A group a channel is a depthwise convolution; the numbers lie in the same order.
    const shape = [height, width, channels!, config.filters / channels!];
    return [
      { name: 'depthwise_kernel', shape, stored: [[height, width, 1, config.filters], shape] },
      ...bias(config, config.filters),
    ];
  },
  add(tfjs, name, config, inputs) {
    const { kernel_size: kernelSize, strides, padding, use_bias: useBias, filters, groups } = config;
    const activation = config.activation as 'relu';
    const shared = { name, kernelSize, strides, padding, useBias, activation };
    return applied(
      groups === 1
        ? tfjs.layers.conv2d({ ...shared, filters, dilationRate: config.dilation_rate, kernelInitializer: 'zeros' })
        : tfjs.layers.depthwiseConv2d({ ...shared, depthMultiplier: filters / groups, depthwiseInitializer: 'zeros' }),
      inputs,
    );
  },
});

const depthwiseConv2d = kind({
  config: z
    .object({ depth_multiplier: Window.default(1), dilation_rate: noDilation, ...convolution })
    .refine(evenStrides, 'uneven strides'),
  inputs: 'one',
  shape({ kernel_size: k, strides: s, padding, depth_multiplier: multiplier }, inputs) {
    const [height, width, channels] = maps(inputs);
    return [windowed(height, k[0], s[0], padding), windowed(width, k[1], s[1], padding), channels * multiplier];
  },
  weights: (config, [, , channels]) => [
    { name: 'depthwise_kernel', shape: [...config.kernel_size, channels!, config.depth_multiplier] },
    ...bias(config, channels! * config.depth_multiplier),
  ],
  add: (
    tfjs,
    name,
    { kernel_size: kernelSize, strides, padding, use_bias: useBias, activation, depth_multiplier },
    inputs,
  ) =>
    applied(
      tfjs.layers.depthwiseConv2d({
        name,
        kernelSize,
        strides,
        padding,
        useBias,
        activation: activation as 'relu',
        depthMultiplier: depth_multiplier,
        depthwiseInitializer: 'zeros',
      }),
      inputs,
    ),
});

const separableConv2d = kind({
  config: z
    .object({ filters: Size, depth_multiplier: Window.default(1), dilation_rate: noDilation, ...convolution })
    .refine(evenStrides, 'uneven strides'),
  inputs: 'one',
  shape({ kernel_size: k, strides: s, padding, filters }, inputs) {
    const [height, width] = maps(inputs);
    return [windowed(height, k[0], s[0], padding), windowed(width, k[1], s[1], padding), filters];
  },
  weights: (config, [, , channels]) => [
    { name: 'depthwise_kernel', shape: [...config.kernel_size, channels!, config.depth_multiplier] },
    { name: 'pointwise_kernel', shape: [1, 1, channels! * config.depth_multiplier, config.filters] },
    ...bias(config, config.filters),
  ],
  add: (tfjs, name, config, inputs) =>
    applied(
      tfjs.layers.separableConv2d({
        name,
        filters: config.filters,
        kernelSize: config.kernel_size,
        strides: config.strides,
        padding: config.padding,
        useBias: config.use_bias,
        activation: config.activation as 'relu',
        depthMultiplier: config.depth_multiplier,
        depthwiseInitializer: 'zeros',
        pointwiseInitializer: 'zeros',
      }),
      inputs,
    ),
});

const dense = kind({
  config: z.object({ units: Size, activation: Activation, use_bias: z.boolean().default(true) }),
  inputs: 'one',
  shape: ({ units }, [input]) => [...input!.slice(0, -1), units],
  weights: (config, input) => [{ name: 'kernel', shape: [input.at(-1)!, config.units] }, ...bias(config, config.units)],
  add: (tfjs, name, { units, activation, use_bias: useBias }, inputs) =>
    applied(
      tfjs.layers.dense({ name, units, useBias, activation: activation as 'relu', kernelInitializer: 'zeros' }),
      inputs,
    ),
});

const normalizer = {
  axis: Axis.default(-1),
  epsilon: z.number().min(0).max(1).default(1e-3),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
};
/** Over the last axis: -1, or counted from the batch. */
function overChannels({ axis }: { axis: number }, input: Shape): void {
  if (axis !== -1 && axis !== input.length) throw new LayerProblem(`axis ${axis}`);
}
/** Gamma and beta; with neither, training in TensorFlow.js crashes, so one that Keras left out is a constant. */
const gammaAndBeta = ({ scale, center }: { scale: boolean; center: boolean }, channels: number): LayerWeight[] => [
  { name: 'gamma', shape: [channels], ...(!scale && { constant: 1 }) },
  { name: 'beta', shape: [channels], ...(!center && { constant: 0 }) },
];

const batchNormalization = kind({
  config: z.object({ momentum: z.number().min(0).max(1).default(0.99), ...normalizer }),
  inputs: 'one',
  shape(config, [input]) {
    overChannels(config, input!);
    return input!;
  },
  weights: (config, input) => [
    ...gammaAndBeta(config, input.at(-1)!),
    { name: 'moving_mean', shape: [input.at(-1)!] },
    { name: 'moving_variance', shape: [input.at(-1)!] },
  ],
  add: (tfjs, name, { momentum, epsilon }, inputs) =>
    applied(tfjs.layers.batchNormalization({ name, axis: -1, momentum, epsilon }), inputs),
});

const layerNormalization = kind({
  config: z.object({ ...normalizer, rms_scaling: off }),
  inputs: 'one',
  shape(config, [input]) {
    overChannels(config, input!);
    return input!;
  },
  weights: (config, input) => gammaAndBeta(config, input.at(-1)!),
  add: (tfjs, name, { epsilon }, inputs) =>
    applied(tfjs.layers.layerNormalization({ name, axis: -1, epsilon }), inputs),
});

const Numbers = z
  .union([Real, z.array(z.unknown()).max(100_000)])
  .nullish()
  .transform((value, context) => {
    if (value === null || value === undefined) return undefined;
    const flat = typeof value === 'number' ? [value] : value.flat(4);
    if (flat.length > 0 && flat.length <= 100_000 && flat.every((item) => typeof item === 'number')) return flat;
    context.addIssue({ code: 'custom', message: 'not a list of numbers' });
    return z.NEVER;
  });

const normalization = kind({
  config: z
    .object({ axis: z.union([Axis, z.null(), z.tuple([])]).default(-1), invert: off, mean: Numbers, variance: Numbers })
    .refine(({ mean, variance }) => (mean === undefined) === (variance === undefined), 'mean without variance'),
  inputs: 'one',
  shape({ axis, mean, variance }, [input]) {
    if (typeof axis === 'number') overChannels({ axis }, input!);
    else if (!mean) throw new LayerProblem('axis null');
    for (const { length } of [mean ?? [], variance ?? []])
      if (length > 1 && length !== input!.at(-1)) throw new LayerProblem(`${length} means`);
    return input!;
  },
  weights: ({ mean }, input) =>
    mean
      ? []
      : [
          { name: 'mean', shape: [input.at(-1)!] },
          { name: 'variance', shape: [input.at(-1)!] },
          { name: 'count', shape: [] },
        ],
  add: (tfjs, name, { mean, variance }, inputs) =>
    applied(new (customLayers(tfjs).Normalization)({ name, ...(mean && variance && { mean, variance }) }), inputs),
});

const oneOrMore = z.union([Real, z.array(Real).min(1).max(10_000)]);
const rescaling = kind({
  config: z.object({ scale: oneOrMore.default(1), offset: oneOrMore.default(0) }),
  inputs: 'one',
  shape({ scale, offset }, [input]) {
    for (const numbers of [scale, offset])
      if (Array.isArray(numbers) && numbers.length !== 1 && numbers.length !== input!.at(-1))
        throw new LayerProblem(`${numbers.length} factors`);
    return input!;
  },
  add: (tfjs, name, { scale, offset }, inputs) =>
    // The layer can take a number a channel, whatever its type says.
    applied(tfjs.layers.rescaling({ name, scale: scale as number, offset: offset as number }), inputs),
});

const activation = kind({
  config: z.object({ activation: z.enum(activationNames) }),
  inputs: 'one',
  shape: same,
  add(tfjs, name, config: { activation: string }, inputs) {
    customLayers(tfjs);
    return applied(tfjs.layers.activation({ name, activation: config.activation as 'relu' }), inputs);
  },
});

const relu = kind({
  config: z
    .object({
      max_value: z
        .number()
        .min(0)
        .max(1e30)
        .nullish()
        .transform((value) => value ?? null),
      negative_slope: z
        .number()
        .min(0)
        .max(1e6)
        .nullish()
        .transform((value) => value ?? 0),
      threshold: z
        .literal(0, 'a threshold')
        .nullish()
        .transform(() => undefined),
    })
    .refine((config) => config.max_value === null || config.negative_slope === 0, 'a slope with a largest value'),
  inputs: 'one',
  shape: same,
  add: (
    tfjs,
    name,
    { max_value: maxValue, negative_slope: alpha }: { max_value: number | null; negative_slope: number },
    inputs,
  ) =>
    applied(
      alpha === 0
        ? tfjs.layers.reLU({ name, ...(maxValue !== null && { maxValue }) })
        : tfjs.layers.leakyReLU({ name, alpha }),
      inputs,
    ),
});

const leakyRelu = kind({
  // Called `alpha` before Keras 3.
  config: z
    .object({ negative_slope: Real.optional(), alpha: Real.optional() })
    .transform(({ negative_slope: slope, alpha }) => ({ negative_slope: slope ?? alpha ?? 0.3 })),
  inputs: 'one',
  shape: same,
  add: (tfjs, name, { negative_slope: alpha }: { negative_slope: number }, inputs) =>
    applied(tfjs.layers.leakyReLU({ name, alpha }), inputs),
});

const elu = kind({
  config: z.object({ alpha: z.literal(1, 'only alpha 1').default(1) }),
  inputs: 'one',
  shape: same,
  add: (tfjs, name, _, inputs) => applied(tfjs.layers.elu({ name }), inputs),
});

const prelu = kind({
  config: z.object({
    shared_axes: z
      .array(z.int().min(1).max(3))
      .max(3)
      .nullish()
      .transform((axes) => axes ?? null),
  }),
  inputs: 'one',
  shape: same,
  weights: ({ shared_axes: axes }: { shared_axes: number[] | null }, input) => [
    { name: 'alpha', shape: input.map((size, index) => (axes?.includes(index + 1) ? 1 : size)) },
  ],
  add: (tfjs, name, { shared_axes: sharedAxes }: { shared_axes: number[] | null }, inputs) =>
    applied(tfjs.layers.prelu({ name, ...(sharedAxes && { sharedAxes }) }), inputs),
  isTiedToSize: ({ shared_axes: axes }: { shared_axes: number[] | null }) => !axes?.includes(1) || !axes.includes(2),
});

const softmax = kind({
  config: z.object({ axis: Axis.default(-1) }),
  inputs: 'one',
  shape(config, [input]) {
    overChannels(config, input!);
    return input!;
  },
  add: (tfjs, name, _, inputs) => applied(tfjs.layers.softmax({ name, axis: -1 }), inputs),
});

const zeroPadding2d = kind({
  config: z.object({ padding: EdgesOf.default([[1, 1], [1, 1]]), data_format: channelsLast }), // prettier-ignore
  inputs: 'one',
  shape({ padding: [[top, bottom], [left, right]] }, inputs) {
    const [height, width, channels] = maps(inputs);
    return [height + top + bottom, width + left + right, channels];
  },
  add: (tfjs, name, { padding }, inputs) => applied(tfjs.layers.zeroPadding2d({ name, padding }), inputs),
});

const cropping2d = kind({
  config: z.object({ cropping: EdgesOf.default([[0, 0], [0, 0]]), data_format: channelsLast }), // prettier-ignore
  inputs: 'one',
  shape({ cropping: [[top, bottom], [left, right]] }, inputs) {
    const [height, width, channels] = maps(inputs);
    return [height - top - bottom, width - left - right, channels];
  },
  add: (tfjs, name, { cropping }, inputs) => applied(tfjs.layers.cropping2D({ name, cropping }), inputs),
});

const pooling = (
  make: (layers: typeof tf.layers) => (args: Parameters<typeof tf.layers.maxPooling2d>[0]) => tf.layers.Layer,
) =>
  kind({
    config: z
      .object({ pool_size: Pair.default([2, 2]), strides: Pair.nullish(), padding: Padding, data_format: channelsLast })
      .transform((config) => ({ ...config, strides: config.strides ?? config.pool_size })),
    inputs: 'one',
    shape({ pool_size: pool, strides: s, padding }, inputs) {
      const [height, width, channels] = maps(inputs);
      return [windowed(height, pool[0], s[0], padding), windowed(width, pool[1], s[1], padding), channels];
    },
    add: (tfjs, name, { pool_size: poolSize, strides, padding }, inputs) =>
      applied(make(tfjs.layers)({ name, poolSize, strides, padding }), inputs),
  });

const globalConfig = z.object({
  keepdims: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  data_format: channelsLast,
});
function globalShape({ keepdims }: { keepdims: boolean }, inputs: readonly Shape[]): Shape {
  const channels = maps(inputs)[2];
  return keepdims ? [1, 1, channels] : [channels];
}
const globalAveragePooling2d = kind({
  config: globalConfig,
  inputs: 'one',
  shape: globalShape,
  add: (tfjs, name, { keepdims }, inputs) =>
    applied(
      keepdims
        ? new (customLayers(tfjs).KeptGlobalAveragePooling2D)({ name })
        : tfjs.layers.globalAveragePooling2d({ name }),
      inputs,
    ),
});
const globalMaxPooling2d = kind({
  config: globalConfig,
  inputs: 'one',
  shape: globalShape,
  add(tfjs, name, { keepdims }, inputs) {
    const largest = applied(tfjs.layers.globalMaxPooling2d({ name: keepdims ? `${name}__max` : name }), inputs);
    const channels = one(inputs).shape.at(-1)!;
    return keepdims ? applied(tfjs.layers.reshape({ name, targetShape: [1, 1, channels] }), largest) : largest;
  },
});

/** Sizes of several inputs put together, those of 1 stretched. */
function stretched(_: unknown, inputs: readonly Shape[]): Shape {
  const rank = inputs[0]!.length;
  if (inputs.some((input) => input.length !== rank)) throw new LayerProblem('inputs of unlike shapes');
  return inputs[0]!.map((_, axis) => {
    const sizes = new Set(inputs.map((input) => input[axis]!).filter((size) => size !== 1));
    if (sizes.size > 1) throw new LayerProblem('inputs of unlike shapes');
    return sizes.values().next().value ?? 1;
  });
}
const merge = (make: (layers: typeof tf.layers) => (args: { name: string }) => tf.layers.Layer) =>
  kind({
    config: z.object({}),
    inputs: 'several',
    shape: stretched,
    add: (tfjs, name, _, inputs) => applied(make(tfjs.layers)({ name }), inputs),
  });

const concatenate = kind({
  config: z.object({ axis: Axis.default(-1) }),
  inputs: 'several',
  shape({ axis }, inputs) {
    const rank = inputs[0]!.length;
    const at = axis < 0 ? rank + axis : axis - 1;
    if (at < 0 || at >= rank) throw new LayerProblem(`axis ${axis}`);
    if (
      inputs.some(
        (input) => input.length !== rank || input.some((size, index) => index !== at && size !== inputs[0]![index]),
      )
    )
      throw new LayerProblem('inputs of unlike shapes');
    return inputs[0]!.map((size, index) => (index === at ? inputs.reduce((sum, input) => sum + input[at]!, 0) : size));
  },
  add: (tfjs, name, { axis }, inputs) => applied(tfjs.layers.concatenate({ name, axis }), inputs),
});

const flatten = kind({
  config: z.object({ data_format: channelsLast }),
  inputs: 'one',
  shape: (_, [input]) => [product(input!)],
  add: (tfjs, name, _, inputs) => applied(tfjs.layers.flatten({ name }), inputs),
  isTiedToSize: () => true,
});

const reshape = kind({
  config: z.object({ target_shape: z.array(z.union([Size, z.literal(-1)])).max(6) }),
  inputs: 'one',
  shape({ target_shape: target }, [input]) {
    const known = target.filter((size) => size !== -1);
    const rest = product(input!) / product(known);
    const isOpen = target.length === known.length + 1;
    if (isOpen ? !Number.isInteger(rest) : rest !== 1 || target.length !== known.length)
      throw new LayerProblem(`[${input!.join(', ')}] cannot become [${target.join(', ')}]`);
    return target.map((size) => (size === -1 ? rest : size));
  },
  add: (tfjs, name, { target_shape: targetShape }, inputs) =>
    applied(tfjs.layers.reshape({ name, targetShape }), inputs),
  isTiedToSize: () => true,
});

const permute = kind({
  config: z.object({ dims: z.array(z.int().min(1).max(6)).min(1).max(6) }),
  inputs: 'one',
  shape({ dims }, [input]) {
    if (dims.length !== input!.length || [...dims].sort().some((dim, index) => dim !== index + 1))
      throw new LayerProblem(`axes [${dims.join(', ')}]`);
    return dims.map((dim) => input![dim - 1]!);
  },
  add: (tfjs, name, { dims }, inputs) => applied(tfjs.layers.permute({ name, dims }), inputs),
  isTiedToSize: () => true,
});

const dropout = kind({
  config: z.object({ rate: z.number().min(0).max(0.999) }),
  inputs: 'one',
  shape: same,
  add: (tfjs, name, { rate }: { rate: number }, inputs) => applied(tfjs.layers.dropout({ name, rate }), inputs),
});

/** Layers that do something in training only; here they never do. */
const onlyInTraining = kind({
  config: z.object({}),
  inputs: 'one',
  shape: same,
  add: (tfjs, name, _, inputs) => applied(tfjs.layers.dropout({ name, rate: 0 }), inputs),
});

const Interpolation = z.enum(['bilinear', 'nearest']);
const resizing = kind({
  config: z.object({
    height: Window,
    width: Window,
    interpolation: Interpolation.default('bilinear'),
    crop_to_aspect_ratio: off,
    pad_to_aspect_ratio: off,
    antialias: off,
    data_format: channelsLast,
  }),
  inputs: 'one',
  shape: ({ height, width }, inputs) => [height, width, maps(inputs)[2]],
  add: (tfjs, name, { height, width, interpolation }, inputs) =>
    applied(new (importLayers(tfjs).HalfPixelResizing)({ name, height, width, interpolation }), inputs),
  isTiedToSize: () => true,
});

const upSampling2d = kind({
  config: z.object({
    size: z
      .union([z.int().min(1).max(64), z.tuple([z.int().min(1).max(64), z.int().min(1).max(64)])])
      .transform((size): [number, number] => (typeof size === 'number' ? [size, size] : size))
      .default([2, 2]),
    interpolation: Interpolation.default('nearest'),
    data_format: channelsLast,
  }),
  inputs: 'one',
  shape({ size: [rows, columns] }, inputs) {
    const [height, width, channels] = maps(inputs);
    return [height * rows, width * columns, channels];
  },
  add(tfjs, name, { size, interpolation }, inputs) {
    if (interpolation === 'nearest') return applied(tfjs.layers.upSampling2d({ name, size }), inputs);
    const [, height, width] = one(inputs).shape as [null, number, number];
    const to = { height: height * size[0], width: width * size[1] };
    return applied(new (importLayers(tfjs).HalfPixelResizing)({ name, ...to, interpolation }), inputs);
  },
});

/**
 * Every class of layers that a brought model may have, by Keras's name. What is not here is refused: no name in a file is
 * looked up anywhere else.
 */
export const layerKinds: ReadonlyMap<string, LayerKind> = new Map([
  ['Activation', activation],
  ['Add', merge((layers) => layers.add)],
  ['Average', merge((layers) => layers.average)],
  ['AveragePooling2D', pooling((layers) => layers.averagePooling2d)],
  ['BatchNormalization', batchNormalization],
  ['Concatenate', concatenate],
  ['Conv2D', conv2d],
  ['Cropping2D', cropping2d],
  ['Dense', dense],
  ['DepthwiseConv2D', depthwiseConv2d],
  ['Dropout', dropout],
  ['ELU', elu],
  ['Flatten', flatten],
  ['AlphaDropout', onlyInTraining],
  ['GaussianDropout', onlyInTraining],
  ['GaussianNoise', onlyInTraining],
  ['GlobalAveragePooling2D', globalAveragePooling2d],
  ['GlobalMaxPooling2D', globalMaxPooling2d],
  ['LayerNormalization', layerNormalization],
  ['LeakyReLU', leakyRelu],
  ['MaxPooling2D', pooling((layers) => layers.maxPooling2d)],
  ['Maximum', merge((layers) => layers.maximum)],
  ['Multiply', merge((layers) => layers.multiply)],
  ['Normalization', normalization],
  ['PReLU', prelu],
  ['Permute', permute],
  ['RandomBrightness', onlyInTraining],
  ['RandomContrast', onlyInTraining],
  ['RandomFlip', onlyInTraining],
  ['RandomRotation', onlyInTraining],
  ['RandomTranslation', onlyInTraining],
  ['RandomZoom', onlyInTraining],
  ['ReLU', relu],
  ['Rescaling', rescaling],
  ['Reshape', reshape],
  ['Resizing', resizing],
  ['SeparableConv2D', separableConv2d],
  ['Softmax', softmax],
  ['SpatialDropout2D', onlyInTraining],
  ['UpSampling2D', upSampling2d],
  ['ZeroPadding2D', zeroPadding2d],
]);
