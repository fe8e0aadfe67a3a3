import type * as tf from '@tensorflow/tfjs-node';

/**
 * Layers and activations of Keras that TensorFlow.js lacks, registered with it. Exports replace them by built-in ones.
 *
 * A function of the library, so that lists of facts can import this file without loading it.
 */
export function customLayers(tfjs: typeof tf): CustomLayers {
  return (made ??= make(tfjs));
}

type LayerArgs = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;
type LayerClass<Args = LayerArgs> = new (args: Args & LayerArgs) => tf.layers.Layer;
export interface CustomLayers {
  /** y = x * gamma, a factor a channel. ConvNeXt's own layer; weight `gamma` [c]. */
  LayerScale: LayerClass;
  /** y = (x - mean) / max(sqrt(variance), 1e-7). Weights `mean`, `variance` [c] and `count` [] where no numbers are given. */
  Normalization: LayerClass<{ mean?: number[]; variance?: number[] }>;
  /** y = a + b * scale of two inputs [a, b]. InceptionResNetV2's own layer; no weights. */
  CustomScaleLayer: LayerClass<{ scale: number }>;
  /** GlobalAveragePooling2D with Keras's `keepdims`: [h, w, c] -> [1, 1, c]. */
  KeptGlobalAveragePooling2D: LayerClass;
  /** Conv2D of stride 1, padding 'same' and a group a channel, in and out. Weights as Keras has them: `kernel` [h, w, 1, c], `bias` [c]. */
  GroupedConv2D: LayerClass<{ kernelSize: number }>;
}

/** Class name of a layer as Keras calls it. */
export function kerasClassName(layer: tf.layers.Layer): string {
  const className = layer.getClassName();
  return kerasNames.get(className) ?? className;
}
const kerasNames = new Map([
  ['GroupedConv2D', 'Conv2D'],
  ['KeptGlobalAveragePooling2D', 'GlobalAveragePooling2D'],
]);

let made: CustomLayers | undefined;

/** Keras's `epsilon()`, the smallest deviation that Normalization divides by. */
const smallestDeviation = 1e-7;

function make(tfjs: typeof tf): CustomLayers {
  const one = (inputs: tf.Tensor | tf.Tensor[]) => (Array.isArray(inputs) ? inputs[0]! : inputs);
  const channelsOf = (shape: tf.Shape | tf.Shape[]) => (shape as tf.Shape).at(-1)!;
  const ones = tfjs.initializers.ones();
  const zeros = tfjs.initializers.zeros();

  class LayerScale extends tfjs.layers.Layer {
    static className = 'LayerScale';
    override build(inputShape: tf.Shape | tf.Shape[]): void {
      this.addWeight('gamma', [channelsOf(inputShape)], 'float32', ones);
      super.build(inputShape);
    }
    override computeOutputShape = (shape: tf.Shape | tf.Shape[]) => shape;
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tfjs.tidy(() => tfjs.mul(one(inputs), this.weights[0]!.read()));
    }
  }

  class Normalization extends tfjs.layers.Layer {
    static className = 'Normalization';
    readonly #mean: number[] | undefined;
    readonly #variance: number[] | undefined;
    constructor(args: LayerArgs & { mean?: number[]; variance?: number[] }) {
      super(args);
      this.#mean = args.mean;
      this.#variance = args.variance;
    }
    override build(inputShape: tf.Shape | tf.Shape[]): void {
      if (!this.#mean) {
        const channels = channelsOf(inputShape);
        this.addWeight('mean', [channels], 'float32', zeros, undefined, false);
        this.addWeight('variance', [channels], 'float32', ones, undefined, false);
        this.addWeight('count', [], 'float32', zeros, undefined, false);
      }
      super.build(inputShape);
    }
    override computeOutputShape = (shape: tf.Shape | tf.Shape[]) => shape;
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tfjs.tidy(() => {
        const mean = this.#mean ? tfjs.tensor1d(this.#mean) : this.weights[0]!.read();
        const variance = this.#variance ? tfjs.tensor1d(this.#variance) : this.weights[1]!.read();
        return tfjs.div(tfjs.sub(one(inputs), mean), tfjs.maximum(tfjs.sqrt(variance), smallestDeviation));
      });
    }
    override getConfig() {
      return { ...super.getConfig(), mean: this.#mean ?? null, variance: this.#variance ?? null };
    }
  }

  class CustomScaleLayer extends tfjs.layers.Layer {
    static className = 'CustomScaleLayer';
    readonly #scale: number;
    constructor(args: LayerArgs & { scale: number }) {
      super(args);
      this.#scale = args.scale;
    }
    override computeOutputShape = (shape: tf.Shape | tf.Shape[]) => (shape as tf.Shape[])[0]!;
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      const [shortcut, residual] = inputs as [tf.Tensor, tf.Tensor];
      return tfjs.tidy(() => tfjs.add(shortcut, tfjs.mul(residual, this.#scale)));
    }
    override getConfig() {
      return { ...super.getConfig(), scale: this.#scale };
    }
  }

  class KeptGlobalAveragePooling2D extends tfjs.layers.Layer {
    static className = 'KeptGlobalAveragePooling2D';
    override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
      return [(shape as tf.Shape)[0]!, 1, 1, channelsOf(shape)];
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tfjs.tidy(() => tfjs.mean(one(inputs), [1, 2], true));
    }
  }

  class GroupedConv2D extends tfjs.layers.Layer {
    static className = 'GroupedConv2D';
    readonly #kernelSize: number;
    constructor(args: LayerArgs & { kernelSize: number }) {
      super(args);
      this.#kernelSize = args.kernelSize;
    }
    override build(inputShape: tf.Shape | tf.Shape[]): void {
      const channels = channelsOf(inputShape);
      this.addWeight('kernel', [this.#kernelSize, this.#kernelSize, 1, channels], 'float32', zeros);
      this.addWeight('bias', [channels], 'float32', zeros);
      super.build(inputShape);
    }
    override computeOutputShape = (shape: tf.Shape | tf.Shape[]) => shape;
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tfjs.tidy(() => {
        const kernel = this.weights[0]!.read() as tf.Tensor4D; // [h, w, 1, c]
        const [height, width, , channels] = kernel.shape;
        const depthwise = kernel.reshape<tf.Tensor4D>([height, width, channels, 1]); // the same numbers in the same order
        const output = tfjs.depthwiseConv2d(one(inputs) as tf.Tensor4D, depthwise, 1, 'same');
        return output.add(this.weights[1]!.read());
      });
    }
    override getConfig() {
      return { ...super.getConfig(), kernelSize: this.#kernelSize };
    }
  }

  /** x relu6(x + 3) / 6: Keras's `hard_silu`, also called hard swish. */
  class HardSilu extends tfjs.serialization.Serializable {
    static className = 'hard_silu';
    apply = (x: tf.Tensor) => tfjs.tidy(() => tfjs.mul(x, tfjs.mul(tfjs.relu6(tfjs.add(x, 3)), 1 / 6)));
    getConfig = () => ({});
  }
  /** relu6(x + 3) / 6: Keras 3's `hard_sigmoid`; the one of TensorFlow.js has the slope 0.2. */
  class HardSigmoid3 extends tfjs.serialization.Serializable {
    static className = 'hard_sigmoid_3';
    apply = (x: tf.Tensor) => tfjs.tidy(() => tfjs.mul(tfjs.relu6(tfjs.add(x, 3)), 1 / 6));
    getConfig = () => ({});
  }
  for (const made of [
    LayerScale,
    Normalization,
    CustomScaleLayer,
    KeptGlobalAveragePooling2D,
    GroupedConv2D,
    HardSilu,
    HardSigmoid3,
  ])
    tfjs.serialization.registerClass(made);
  return {
    LayerScale,
    Normalization,
    CustomScaleLayer,
    KeptGlobalAveragePooling2D,
    GroupedConv2D,
  };
}
