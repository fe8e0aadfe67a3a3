import type * as tf from '@tensorflow/tfjs-node';
import type { BackboneFacts } from '../../contract/backbone.ts';

/** How RGB pixels 0..255 become the input that a backbone was trained on: `pixel * scale + offset` per channel, in the channel order named. */
export interface Preprocessing {
  /** In the field's words, for people: '-1..1', '(x-127)/128', 'BGR - mean'. */
  description: string;
  channelOrder: 'rgb' | 'bgr';
  /** One number for all channels, or one each in the backbone's channel order. */
  scale: number | readonly [number, number, number];
  offset: number | readonly [number, number, number];
}

/** A block of layers as the layer list shows it. */
export interface BlockSpec {
  name: string;
  layerNames: readonly string[];
  /** True when an addition joins the block's input to its output. */
  hasShortcut: boolean;
}

/** A pretrained convolution base as data. The engine never asks which one it has. */
export interface BackboneSpec {
  id: string;
  name: string;
  family: string;
  /** [height, width] in pixels. */
  inputSize: readonly [number, number];
  minInputSize: number;
  /** Feature maps at the default input size: [height, width, channels]. */
  featureShape: readonly [number, number, number];
  preprocessing: Preprocessing;
  /** Side of the feature maps for a side of the input, both in pixels; halved five times, rounded up, where not said. */
  featureSide?: (inputSide: number) => number;
  /** The whole shape where sides do not follow one rule: a model that somebody brought. */
  featureShapeOf?: (inputSize: readonly [number, number]) => readonly [number, number, number];
  /** True when layers are tied to the one input size. */
  isSizeFixed?: boolean;
  /** Exactly Keras's `count_params()` of the model without its classifier. */
  numParameters: number;
  /** Exactly `len(model.layers)` of Keras, the input layer included. */
  numLayers: number;
  imagenet: BackboneFacts['imagenet'];
  licence: string;
  paper: string;
  weights: {
    /** File in `assets/` with the weights, for the one that Graft ships. */
    embedded?: { file: string; sha256: string };
    /** Keras's own `no_top` file, with the checksum that Keras's sources carry. */
    official?: { file: string; url: string; md5?: string; sha256?: string };
    /** What timm calls a weight that is `<layer>/<weight>` here; its numbers lie in PyTorch's order of axes. */
    timm?: (weight: string) => string;
    /** A sentence for `NOTICE` and the card: where the numbers come from. */
    origin: string;
  };
  /**
   * Adds the base's layers to a preprocessed picture [batch, height, width, 3] and returns the feature maps.
   * Layers carry Keras's names in Keras's order. Kernels are zeros: give them weights before use.
   *
   * @param layers TensorFlow.js, handed in so that a registry of facts needs none.
   */
  addLayers(layers: typeof tf, input: tf.SymbolicTensor): tf.SymbolicTensor;
  /**
   * Builds the base, without weights (see `addLayers`; `loadBackbone` gives them). Loads TensorFlow.js when called.
   * Input [batch, height, width, 3], already preprocessed; output the feature maps.
   */
  build(inputSize: readonly [number, number]): Promise<tf.LayersModel>;
  /** The model's layers in blocks, in order; every layer is in exactly one, the input in the first. */
  blocks(model: tf.LayersModel): BlockSpec[];
}

/** A backbone with its weights, ready to run. The owner disposes `model`. */
export interface LoadedBackbone {
  spec: BackboneSpec;
  /** Preprocessed pixels in, feature maps out. */
  model: tf.LayersModel;
  inputSize: readonly [number, number];
  /** SHA-256 of the weight file as Graft keeps it (names, shapes and bytes): part of every feature's key. */
  weightsSha256: string;
}
