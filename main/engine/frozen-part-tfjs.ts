import type { LoadedBackbone, Preprocessing } from '../backbones/spec.ts';
import { tf } from '../native/tf.ts';
import type { Features, FrozenPart, WantedFeatures } from './frozen-part.ts';

/** Makes a frozen part that TensorFlow.js computes, where ONNX Runtime has no build. `loaded` stays the caller's and must outlive it. */
export function createTfjsFrozenPart(loaded: LoadedBackbone, want: WantedFeatures): FrozenPart {
  return {
    engine: 'tfjs',
    run: async (pixels, n) => computeFeatures(loaded, want, pixels, n),
    dispose: async () => {}, // it owns nothing
  };
}

function computeFeatures(loaded: LoadedBackbone, want: WantedFeatures, pixels: Uint8Array, n: number): Features {
  const [height, width] = loaded.inputSize;
  return tf.tidy(() => {
    const images = tf.tensor4d(pixels, [n, height, width, 3], 'int32');
    // In one batch: the caller has chosen its size.
    const maps = loaded.model.predict(preprocess(images, loaded.spec.preprocessing), { batchSize: n }) as tf.Tensor4D; // [n, h, w, c]
    const features: Features = {};
    if (want.maps) features.maps = maps.dataSync<'float32'>();
    if (want.pooled) features.pooled = maps.mean<tf.Tensor2D>([1, 2]).dataSync<'float32'>();
    return features as never; // plain arrays: nothing for tidy to keep
  });
}

/** [n, height, width, 3], RGB 0..255 -> float32 in the backbone's own range and order; inside a tidy. */
function preprocess(images: tf.Tensor4D, { channelOrder, scale, offset }: Preprocessing): tf.Tensor4D {
  const ordered = channelOrder === 'bgr' ? images.reverse(3) : images;
  return ordered.toFloat().mul<tf.Tensor4D>(perChannel(scale)).add<tf.Tensor4D>(perChannel(offset));
}

function perChannel(value: Preprocessing['scale']): tf.Tensor1D {
  return tf.tensor1d(typeof value === 'number' ? [value, value, value] : [...value]);
}
