import type * as tf from '@tensorflow/tfjs-node';
import type { BackboneSpec, BlockSpec } from './spec.ts';

type Padding = 'same' | 'valid';
type SymbolicTensor = tf.SymbolicTensor;

/**
 * Layer constructors as backbones use them. Each adds one layer of the given name and returns its output.
 *
 * Kernels begin as zeros, for drawing millions of random numbers that real weights replace would take seconds; the layer's
 * configuration says Keras's own initialiser again once it is built, so that an exported model can be trained from scratch.
 */
export function layerBuilder(tfjs: typeof tf) {
  const { layers } = tfjs;
  return {
    conv(
      x: SymbolicTensor,
      name: string,
      filters: number,
      kernelSize: number,
      options: { strides?: number; padding?: Padding; bias?: boolean; activation?: 'relu' } = {},
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
      return applyThenInitialise(layer, x, 'kernelInitializer', tfjs);
    },
    depthwise(x: SymbolicTensor, name: string, kernelSize: number, strides: number, padding: Padding): SymbolicTensor {
      const layer = layers.depthwiseConv2d({
        name,
        kernelSize,
        strides,
        padding,
        useBias: false,
        depthwiseInitializer: 'zeros',
      });
      return applyThenInitialise(layer, x, 'depthwiseInitializer', tfjs);
    },
    batchNorm: (x: SymbolicTensor, name: string, momentum: number) =>
      layers.batchNormalization({ name, axis: -1, epsilon: 1e-3, momentum }).apply(x) as SymbolicTensor,
    relu6: (x: SymbolicTensor, name: string) => layers.reLU({ name, maxValue: 6 }).apply(x) as SymbolicTensor,
    maxPool: (x: SymbolicTensor, name: string) =>
      layers.maxPooling2d({ name, poolSize: 2, strides: 2, padding: 'valid' }).apply(x) as SymbolicTensor,
    add: (a: SymbolicTensor, b: SymbolicTensor, name: string) => layers.add({ name }).apply([a, b]) as SymbolicTensor,
    /** Pads as Keras's `correct_pad`: what a `valid` convolution of stride 2 needs to be TensorFlow's `same`. */
    padForStride2(x: SymbolicTensor, name: string, kernelSize: number): SymbolicTensor {
      const half = Math.floor(kernelSize / 2);
      const before = (size: number) => half - (1 - (size % 2));
      const padding: [[number, number], [number, number]] = [
        [before(x.shape[1]!), half],
        [before(x.shape[2]!), half],
      ];
      return layers.zeroPadding2d({ name, padding }).apply(x) as SymbolicTensor;
    },
  };
}

function applyThenInitialise(
  layer: tf.layers.Layer,
  x: SymbolicTensor,
  field: string,
  tfjs: typeof tf,
): SymbolicTensor {
  const output = layer.apply(x) as SymbolicTensor;
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

function groupBlocks(model: tf.LayersModel, blockOf: (layerName: string) => string): BlockSpec[] {
  const blocks: { name: string; layerNames: string[]; hasShortcut: boolean }[] = [];
  const layersBefore: string[] = []; // the input belongs to the first block
  for (const layer of model.layers) {
    if (layer.getClassName() === 'InputLayer') {
      layersBefore.push(layer.name);
      continue;
    }
    const name = blockOf(layer.name);
    let block = blocks.at(-1);
    if (block?.name !== name) blocks.push((block = { name, layerNames: layersBefore.splice(0), hasShortcut: false }));
    block.layerNames.push(layer.name);
    block.hasShortcut ||= layer.getClassName() === 'Add';
  }
  return blocks;
}
