import type { LoadedBackbone, Preprocessing } from '../backbones/spec.ts';
import { tf } from '../native/tf.ts';
import type { Features, FrozenPart, WantedFeatures } from './frozen-part.ts';

/** Makes a frozen part that TensorFlow.js computes, where ONNX Runtime has no build. `loaded` stays the caller's and must outlive it. */
export function createTfjsFrozenPart(loaded: LoadedBackbone, want: WantedFeatures): FrozenPart {
  // A model of its own for its outputs: what they do not need is not computed. It owns no weights.
  const { model } = loaded;
  const layers = (want.layers ?? []).map((name) => model.getLayer(name).output as tf.SymbolicTensor);
  const needsMaps = want.pooled || want.maps;
  const part = tf.model({ inputs: model.inputs, outputs: [...(needsMaps ? model.outputs : []), ...layers] });
  return {
    engine: 'tfjs',
    run: async (pixels, n) => computeFeatures(part, loaded, want, pixels, n),
    dispose: async () => {},
  };
}

function computeFeatures(
  part: tf.LayersModel,
  loaded: LoadedBackbone,
  want: WantedFeatures,
  pixels: Uint8Array,
  n: number,
): Features {
  const [height, width] = loaded.inputSize;
  return tf.tidy(() => {
    const images = tf.tensor4d(pixels, [n, height, width, 3], 'int32');
    // In one batch: the caller has chosen its size.
    const answer = part.predict(preprocess(images, loaded.spec.preprocessing), { batchSize: n });
    const outputs = Array.isArray(answer) ? [...answer] : [answer];
    const features: Features = {};
    if (want.pooled || want.maps) {
      const maps = outputs.shift() as tf.Tensor4D; // [n, h, w, c]
      if (want.maps) features.maps = maps.dataSync<'float32'>();
      if (want.pooled) features.pooled = maps.mean<tf.Tensor2D>([1, 2]).dataSync<'float32'>();
    }
    if (want.layers) features.layers = outputs.map((output) => output.dataSync<'float32'>());
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
