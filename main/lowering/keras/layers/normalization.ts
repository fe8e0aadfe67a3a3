import { notInKeras, sameLayer, weightsOf, type KerasCall, type KerasLowering } from '../layer.ts';

/** BatchNormalization. */
export const batchNormalization: KerasLowering = (call) => {
  const { momentum, epsilon, center, scale } = call.config;
  requireChannels(call);
  return [sameLayer(call, 'BatchNormalization', { axis: -1, momentum, epsilon, center, scale })];
};

/** LayerNormalization. */
export const layerNormalization: KerasLowering = (call) => {
  const { epsilon, center, scale } = call.config;
  requireChannels(call);
  return [sameLayer(call, 'LayerNormalization', { axis: -1, epsilon, center, scale })];
};

/** Normalization of Graft's: Keras's, with numbers or with weights of which the count is a whole number. */
export const normalization: KerasLowering = (call) => {
  const { mean, variance } = call.config;
  const weights = weightsOf(call.layer).map((weight) => (weight.name === 'count' ? ({ ...weight, type: 'int64' } as const) : weight)); // prettier-ignore
  const numbers = Array.isArray(mean) && Array.isArray(variance) ? { mean, variance } : {};
  return [sameLayer(call, 'Normalization', { axis: -1, ...numbers }, { weights })];
};

function requireChannels({ layer, config: { axis }, input }: KerasCall): void {
  const only: unknown = Array.isArray(axis) && axis.length === 1 ? axis[0] : axis;
  if (only !== -1 && only !== input.shape.length - 1) throw notInKeras(layer, `axis ${JSON.stringify(axis)}`);
}
