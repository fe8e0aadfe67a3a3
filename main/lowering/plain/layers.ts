import { tf } from '../../native/tf.ts';
import { apply, depthwise, notPlain, rescaling, weightOf, type Rewrite } from './rewrite.ts';

/** LayerScale: a factor a channel is a depthwise convolution of 1×1. */
export const layerScale: Rewrite = (call) =>
  depthwise(call, [1, 1], weightOf(call.layer, 'gamma').values, null, call.layer.trainable);

/** Normalization: (x - mean) / deviation is a depthwise convolution of 1×1 with a bias, which never trains. */
export const normalization: Rewrite = (call) => {
  const { layer, config } = call;
  const numbers = (key: string) =>
    Array.isArray(config[key]) ? (config[key] as number[]) : [...weightOf(layer, key).values];
  const factors = numbers('variance').map((variance) => 1 / Math.max(Math.sqrt(variance), 1e-7)); // Keras's epsilon()
  const shifts = numbers('mean').map((mean, channel) => -mean * factors[channel]!);
  return depthwise(call, [1, 1], factors, shifts, false);
};

/** GroupedConv2D: a group a channel is a depthwise convolution; the kernel's numbers lie in the same order. */
export const groupedConv2d: Rewrite = (call) => {
  const kernel = weightOf(call.layer, 'kernel');
  const [height, width] = kernel.shape as [number, number];
  return depthwise(call, [height, width], kernel.values, weightOf(call.layer, 'bias').values, call.layer.trainable);
};

/** KeptGlobalAveragePooling2D: the mean, then the places of 1×1 again. */
export const keptGlobalAveragePooling2d: Rewrite = ({ layer, input }) => {
  const means = apply(tf.layers.globalAveragePooling2d({ name: layer.name }), input); // [batch, c]
  return apply(tf.layers.reshape({ name: `${layer.name}_keep`, targetShape: [1, 1, input.shape.at(-1)!] }), means);
};

/** CustomScaleLayer of InceptionResNetV2: x + scale * y. */
export const customScaleLayer: Rewrite = ({ layer, inputs, config }) => {
  const scale = Number(config['scale']);
  if (inputs.length !== 2 || !Number.isFinite(scale)) throw notPlain(layer, 'scale');
  const scaled = rescaling(inputs[1]!, `${layer.name}_scale`, scale);
  return apply(tf.layers.add({ name: layer.name }), [inputs[0]!, scaled]);
};
