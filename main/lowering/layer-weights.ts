import type * as tf from '@tensorflow/tfjs-node';

/** A weight of a layer: its sizes now, its numbers when they are asked for, since all at once they fill the memory. */
export interface LayerWeight {
  dims: number[];
  /** In row-major order; the layer's own, not to be changed. */
  read: () => Float32Array;
}

/** Finds a weight of a layer by the last part of its name; null when the layer has none such, as a bias that is off. */
export function optionalWeight(layer: tf.layers.Layer, weightName: string): LayerWeight | null {
  const variable = layer.weights.find(({ originalName }) => originalName.split('/').pop() === weightName);
  if (!variable) return null;
  return {
    dims: variable.shape.map(Number),
    read: () => variable.read().dataSync<'float32'>(), // the variable's own tensor: not disposed here
  };
}

/** Finds a weight of a layer that always has it. */
export function weight(layer: tf.layers.Layer, weightName: string): LayerWeight {
  const found = optionalWeight(layer, weightName);
  if (!found) throw new Error(`layer ${layer.name} has no weight ${weightName}`);
  return found;
}

/** Reads a pair such as a kernel size, which a config holds as one number or as two. */
export function pair(value: unknown, fallback: number): [number, number] {
  if (typeof value === 'number') return [value, value];
  if (Array.isArray(value)) return [Number(value[0]), Number(value[1] ?? value[0])];
  return [fallback, fallback];
}

/**
 * BatchNormalization in inference mode as y = x * factor + shift for each channel, in doubles, rounded once at the end.
 *
 * @param layer a BatchNormalization
 */
export function affine(layer: tf.layers.Layer, epsilon: number): { factor: Float32Array; shift: Float32Array } {
  const { gamma, beta, mean, variance } = statistics(layer);
  const factor = new Float32Array(mean.length);
  const shift = new Float32Array(mean.length);
  for (let channel = 0; channel < mean.length; channel += 1) {
    const scale = (gamma[channel] as number) / Math.sqrt((variance[channel] as number) + epsilon);
    factor[channel] = scale;
    shift[channel] = (beta[channel] as number) - (mean[channel] as number) * scale;
  }
  return { factor, shift };
}

/** The numbers of a BatchNormalization, a channel each; a gamma or beta that it leaves out is 1 or 0. */
export function statistics(layer: tf.layers.Layer): Record<'gamma' | 'beta' | 'mean' | 'variance', Float32Array> {
  const mean = weight(layer, 'moving_mean').read();
  return {
    gamma: optionalWeight(layer, 'gamma')?.read() ?? new Float32Array(mean.length).fill(1),
    beta: optionalWeight(layer, 'beta')?.read() ?? new Float32Array(mean.length),
    mean,
    variance: weight(layer, 'moving_variance').read(),
  };
}
