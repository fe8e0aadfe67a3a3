import type * as tf from '@tensorflow/tfjs-node';
import { customLayers } from './custom-layers.ts';
import type { BackboneSpec, BlockSpec } from './spec.ts';

type Padding = 'same' | 'valid';
type SymbolicTensor = tf.SymbolicTensor;
/** One number for both sides, or [height, width]. */
type Sides = number | [number, number];

/**
 * Layer constructors as backbones use them. Each adds one layer of the given name and returns its output.
 *
 * Kernels begin as zeros, for drawing millions of random numbers that real weights replace would take seconds; the layer's
 * configuration says Keras's own initialiser again once it is built, so that an exported model can be trained from scratch.
 */
export function layerBuilder(tfjs: typeof tf) {
  const { layers } = tfjs;
  const apply = (layer: tf.layers.Layer, x: SymbolicTensor | SymbolicTensor[]) => layer.apply(x) as SymbolicTensor;
  return {
    conv(
      x: SymbolicTensor,
      name: string,
      filters: number,
      kernelSize: Sides,
      options: { strides?: number; padding?: Padding; bias?: boolean; activation?: 'relu' | 'sigmoid' | 'swish' } = {},
    ): SymbolicTensor {
      const { strides = 1, padding = 'same', bias = false, activation } = options;
      const layer = layers.conv2d({
        name,
        filters,
        kernelSize,
        strides,
        padding,
        useBias: bias,
        kernelInitializer: 'zeros',
        ...(activation && { activation }),
      });
      return applyThenInitialise(layer, x, ['kernelInitializer'], tfjs);
    },
    depthwise(
      x: SymbolicTensor,
      name: string,
      kernelSize: number,
      strides: number,
      padding: Padding,
      bias = false,
    ): SymbolicTensor {
      const layer = layers.depthwiseConv2d({
        name,
        kernelSize,
        strides,
        padding,
        useBias: bias,
        depthwiseInitializer: 'zeros',
      });
      return applyThenInitialise(layer, x, ['depthwiseInitializer'], tfjs);
    },
    /** Depthwise with the window, then 1×1 over the channels; no bias. */
    separable(
      x: SymbolicTensor,
      name: string,
      filters: number,
      kernelSize: number,
      strides = 1,
      padding: Padding = 'same',
    ): SymbolicTensor {
      const layer = layers.separableConv2d({
        name,
        filters,
        kernelSize,
        strides,
        padding,
        useBias: false,
        depthwiseInitializer: 'zeros',
        pointwiseInitializer: 'zeros',
      });
      return applyThenInitialise(layer, x, ['depthwiseInitializer', 'pointwiseInitializer'], tfjs);
    },
    /** Over the last axis, with bias. */
    dense(x: SymbolicTensor, name: string, units: number): SymbolicTensor {
      const layer = layers.dense({ name, units, kernelInitializer: 'zeros' });
      return applyThenInitialise(layer, x, ['kernelInitializer'], tfjs);
    },
    batchNorm: (
      x: SymbolicTensor,
      name: string,
      momentum: number,
      { epsilon = 1e-3, scale = true }: { epsilon?: number; scale?: boolean } = {},
    ) => apply(layers.batchNormalization({ name, axis: -1, epsilon, momentum, scale }), x),
    layerNorm: (x: SymbolicTensor, name: string, epsilon: number) =>
      apply(layers.layerNormalization({ name, axis: -1, epsilon }), x),
    /** A window of its own for each channel, as Keras's Conv2D with a group a channel; with bias. */
    groupedConv: (x: SymbolicTensor, name: string, kernelSize: number) =>
      apply(new (customLayers(tfjs).GroupedConv2D)({ name, kernelSize }), x),
    /** One learnt factor a channel. */
    layerScale: (x: SymbolicTensor, name: string) => apply(new (customLayers(tfjs).LayerScale)({ name }), x),
    /** (x - mean) / sqrt(variance) a channel: of the numbers given, else of weights. */
    normalization: (x: SymbolicTensor, name: string, numbers?: { mean: number[]; variance: number[] }) =>
      apply(new (customLayers(tfjs).Normalization)({ name, ...numbers }), x),
    /** @param scale one number, or one a channel: the layer can do both, whatever its type says */
    rescale: (x: SymbolicTensor, name: string, scale: number | readonly number[], offset = 0) =>
      apply(layers.rescaling({ name, scale: scale as number, offset }), x),
    /** @param activation 'relu', 'swish', 'gelu', 'linear', or Graft's own 'hard_silu' (x relu6(x + 3) / 6) and 'hard_sigmoid_3' (relu6(x + 3) / 6) */
    activation(x: SymbolicTensor, name: string, activation: string): SymbolicTensor {
      customLayers(tfjs);
      return apply(layers.activation({ name, activation: activation as 'relu' }), x);
    },
    relu: (x: SymbolicTensor, name: string) => apply(layers.reLU({ name }), x),
    relu6: (x: SymbolicTensor, name: string) => apply(layers.reLU({ name, maxValue: 6 }), x),
    maxPool: (
      x: SymbolicTensor,
      name: string,
      { poolSize = 2, strides = 2, padding = 'valid' }: { poolSize?: number; strides?: number; padding?: Padding } = {},
    ) => apply(layers.maxPooling2d({ name, poolSize, strides, padding }), x),
    averagePool: (
      x: SymbolicTensor,
      name: string,
      { poolSize = 2, strides = 2, padding = 'valid' }: { poolSize?: number; strides?: number; padding?: Padding } = {},
    ) => apply(layers.averagePooling2d({ name, poolSize, strides, padding }), x),
    /** The mean of each channel: [c], or with `keepDims` [1, 1, c]. */
    globalAveragePool: (x: SymbolicTensor, name: string, keepDims = false) =>
      apply(
        keepDims
          ? new (customLayers(tfjs).KeptGlobalAveragePooling2D)({ name })
          : layers.globalAveragePooling2d({ name }),
        x,
      ),
    reshape: (x: SymbolicTensor, name: string, targetShape: number[]) =>
      apply(layers.reshape({ name, targetShape }), x),
    /** @param wholePictures drops pictures of a batch, not single numbers: [batch, h, w, c] only */
    dropout(x: SymbolicTensor, name: string, rate: number, wholePictures = false): SymbolicTensor {
      const noiseShape = [null, 1, 1, 1] as unknown as number[]; // null is the batch's own size
      return apply(layers.dropout({ name, rate, ...(wholePictures && { noiseShape }) }), x);
    },
    add: (a: SymbolicTensor, b: SymbolicTensor, name: string) => apply(layers.add({ name }), [a, b]),
    /** shortcut + residual * scale */
    scaledAdd: (shortcut: SymbolicTensor, residual: SymbolicTensor, name: string, scale: number) =>
      apply(new (customLayers(tfjs).CustomScaleLayer)({ name, scale }), [shortcut, residual]),
    addAll: (inputs: SymbolicTensor[], name: string) => apply(layers.add({ name }), inputs),
    multiply: (a: SymbolicTensor, b: SymbolicTensor, name: string) => apply(layers.multiply({ name }), [a, b]),
    concat: (inputs: SymbolicTensor[], name: string) => apply(layers.concatenate({ name, axis: -1 }), inputs),
    /** @param padding rows of zeros [[top, bottom], [left, right]] */
    zeroPad: (x: SymbolicTensor, name: string, padding: [[number, number], [number, number]]) =>
      apply(layers.zeroPadding2d({ name, padding }), x),
    /** @param cropping rows taken off [[top, bottom], [left, right]] */
    crop: (x: SymbolicTensor, name: string, cropping: [[number, number], [number, number]]) =>
      apply(layers.cropping2D({ name, cropping }), x),
    /** Pads as Keras's `correct_pad`: what a `valid` convolution of stride 2 needs to be TensorFlow's `same`. */
    padForStride2(x: SymbolicTensor, name: string, kernelSize: number): SymbolicTensor {
      const half = Math.floor(kernelSize / 2);
      const before = (size: number) => half - (1 - (size % 2));
      const padding: [[number, number], [number, number]] = [
        [before(x.shape[1]!), half],
        [before(x.shape[2]!), half],
      ];
      return apply(layers.zeroPadding2d({ name, padding }), x);
    },
  };
}

function applyThenInitialise(
  layer: tf.layers.Layer,
  x: SymbolicTensor,
  fields: string[],
  tfjs: typeof tf,
): SymbolicTensor {
  const output = layer.apply(x) as SymbolicTensor;
  for (const field of fields)
    (layer as unknown as Record<string, unknown>)[field] = tfjs.initializers.glorotUniform({}); // Keras's default
  return output;
}

/** Keras's rounding of channel numbers: to a multiple of eight, never down by more than a tenth. */
export function makeDivisible(channels: number, divisor = 8): number {
  const rounded = Math.max(divisor, Math.floor(Math.floor(channels + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * channels ? rounded + divisor : rounded;
}

/** Completes a backbone: `build` and `blocks` follow from its layers. */
export function defineBackbone(
  facts: Omit<BackboneSpec, 'build' | 'blocks'> & {
    /** Block of a layer by its name. */ blockOf: (layerName: string) => string;
  },
): BackboneSpec {
  const { blockOf, ...spec } = facts;
  return {
    ...spec,
    async build(inputSize) {
      const { tf } = await import('../native/tf.ts');
      const input = tf.input({ shape: [...inputSize, 3], name: 'input_layer' }); // Keras 3's name
      return tf.model({
        inputs: input,
        outputs: spec.addLayers(tf, input),
        name: spec.id.replaceAll(/[^a-z0-9]+/g, '_'),
      });
    },
    blocks: (model) => groupBlocks(model, blockOf),
  };
}

/** Layers that join a block's input to its output. */
const additions = new Set(['Add', 'CustomScaleLayer']);

/** Blocks in the order of their first layers; branches that Keras's order mixes come together. */
function groupBlocks(model: tf.LayersModel, blockOf: (layerName: string) => string): BlockSpec[] {
  const blocks = new Map<string, { name: string; layerNames: string[]; hasShortcut: boolean }>();
  const layersBefore: string[] = []; // the input belongs to the first block
  for (const layer of model.layers) {
    if (layer.getClassName() === 'InputLayer') {
      layersBefore.push(layer.name);
      continue;
    }
    const name = blockOf(layer.name);
    const block = blocks.get(name) ?? { name, layerNames: layersBefore.splice(0), hasShortcut: false };
    blocks.set(name, block);
    block.layerNames.push(layer.name);
    block.hasShortcut ||= additions.has(layer.getClassName());
  }
  return [...blocks.values()];
}
