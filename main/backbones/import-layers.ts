import type * as tf from '@tensorflow/tfjs-node';

type LayerArgs = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;
interface ResizingArgs {
  /** Pixels, as the width. */
  height: number;
  width: number;
  interpolation: 'bilinear' | 'nearest';
}

/** Layers that only brought models need. */
export interface ImportLayers {
  /**
   * Resizes maps as Keras does: a pixel's place is its middle. The `Resizing` of TensorFlow.js puts corner on corner, its
   * bilinear `UpSampling2D` counts from the edges.
   */
  HalfPixelResizing: new (args: LayerArgs & ResizingArgs) => tf.layers.Layer;
}

let made: ImportLayers | undefined;

/** A function of the library, so that lists of facts can import this file without loading it. */
export function importLayers(tfjs: typeof tf): ImportLayers {
  return (made ??= make(tfjs));
}

function make(tfjs: typeof tf): ImportLayers {
  class HalfPixelResizing extends tfjs.layers.Layer {
    static className = 'HalfPixelResizing';
    readonly #to: ResizingArgs;
    constructor(args: LayerArgs & ResizingArgs) {
      super(args);
      const { height, width, interpolation } = args;
      this.#to = { height, width, interpolation };
    }
    override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
      const [batch, , , channels] = shape as tf.Shape;
      return [batch!, this.#to.height, this.#to.width, channels!];
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      const maps = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
      const { height, width, interpolation } = this.#to;
      const resize = interpolation === 'nearest' ? tfjs.image.resizeNearestNeighbor : tfjs.image.resizeBilinear;
      return resize(maps, [height, width], false, true);
    }
    override getConfig() {
      return { ...super.getConfig(), ...this.#to };
    }
  }
  tfjs.serialization.registerClass(HalfPixelResizing);
  return { HalfPixelResizing };
}
