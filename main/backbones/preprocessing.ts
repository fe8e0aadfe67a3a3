import type * as tf from '@tensorflow/tfjs-node';
import type { LoadedBackbone, Preprocessing } from './spec.ts';

/**
 * Turns pixels into a backbone's input, outside any graph.
 *
 * @param pixels RGB 0..255, channels last, any number of pictures in a row
 * @returns float32 of the same length, in the backbone's channel order
 */
export function preprocessPixels(pixels: ArrayLike<number>, preprocessing: Preprocessing): Float32Array {
  const { scale, offset } = perChannel(preprocessing);
  const input = new Float32Array(pixels.length);
  for (let start = 0; start < pixels.length; start += 3)
    for (let channel = 0; channel < 3; channel++)
      input[start + channel] =
        pixels[start + sourceChannel(preprocessing, channel)]! * scale[channel]! + offset[channel]!;
  return input;
}

/**
 * Builds a model that takes raw RGB 0..255 [batch, height, width, 3] and does the backbone's preprocessing itself: a
 * `rescaling` layer, or for other than one scale and offset a frozen 1×1 convolution `preprocessing`. Both are plain layers
 * of Keras. The backbone's layers follow flat under their own names. Tensors are shared, not copied, until either side trains.
 *
 * @returns the caller disposes it; `loaded` stays whole
 */
export async function withPreprocessing(loaded: LoadedBackbone): Promise<tf.LayersModel> {
  const { tf } = await import('../native/tf.ts');
  const pixels = tf.input({ shape: [...loaded.inputSize, 3], name: 'input_layer' });
  const input = addPreprocessing(tf, pixels, loaded.spec.preprocessing);
  const model = tf.model({ inputs: pixels, outputs: loaded.spec.addLayers(tf, input), name: loaded.model.name });
  for (const layer of loaded.model.layers) {
    const copy = model.getLayer(layer.name);
    if (layer.weights.length > 0) copy.setWeights(layer.getWeights());
    copy.trainable = layer.trainable;
  }
  return model;
}

/** Adds the layers that turn raw RGB 0..255 into a backbone's input; the convolution's weights never train. */
export function addPreprocessing(
  tfjs: typeof tf,
  pixels: tf.SymbolicTensor,
  preprocessing: Preprocessing,
): tf.SymbolicTensor {
  const { scale, offset, channelOrder } = preprocessing;
  if (channelOrder === 'rgb' && scale === 1 && offset === 0) return pixels; // the backbone begins with its own
  if (channelOrder === 'rgb' && typeof scale === 'number' && typeof offset === 'number')
    return tfjs.layers.rescaling({ name: 'rescaling', scale, offset }).apply(pixels) as tf.SymbolicTensor;
  const layer = tfjs.layers.conv2d({
    name: 'preprocessing',
    filters: 3,
    kernelSize: 1,
    useBias: true,
    trainable: false,
  });
  const input = layer.apply(pixels) as tf.SymbolicTensor;
  tfjs.tidy(() => {
    const channels = perChannel(preprocessing);
    const kernel = new Float32Array(9); // [in, out]
    for (let channel = 0; channel < 3; channel++)
      kernel[sourceChannel(preprocessing, channel) * 3 + channel] = channels.scale[channel]!;
    layer.setWeights([tfjs.tensor(kernel, [1, 1, 3, 3]), tfjs.tensor1d(channels.offset)]);
  });
  return input;
}

function perChannel({ scale, offset }: Preprocessing): { scale: number[]; offset: number[] } {
  const three = (value: number | readonly number[]) => (typeof value === 'number' ? [value, value, value] : [...value]);
  return { scale: three(scale), offset: three(offset) };
}

const sourceChannel = ({ channelOrder }: Preprocessing, channel: number): number =>
  channelOrder === 'bgr' ? 2 - channel : channel;
