import { pair } from '../../layer-weights.ts';
import { node, paddingOf, requireChannelsLast, type LayerCall, type LayerLowering } from '../layer.ts';
import type { Value } from '../graph.ts';

/** MaxPooling2D; what is padded never wins. */
export const maxPooling2d: LayerLowering = (call) => pooling(call, 'MaxPool');

/** AveragePooling2D; what is padded is not counted. */
export const averagePooling2d: LayerLowering = (call) => pooling(call, 'AvgPool');

/** GlobalAveragePooling2D: [h, w, c] -> [c]. */
export const globalAveragePooling2d: LayerLowering = (call) => globalPooling(call, 'Mean', false);

/** KeptGlobalAveragePooling2D: [h, w, c] -> [1, 1, c]. */
export const keptGlobalAveragePooling2d: LayerLowering = (call) => globalPooling(call, 'Mean', true);

/** GlobalMaxPooling2D: [h, w, c] -> [c]. */
export const globalMaxPooling2d: LayerLowering = (call) => globalPooling(call, 'Max', false);

function pooling(call: LayerCall, op: string): Value {
  requireChannelsLast(call);
  const { config, input, outputShape } = call;
  return node(call, op, [input], outputShape, {
    ksize: { ints: [1, ...pair(config['poolSize'], 2), 1] },
    strides: { ints: [1, ...pair(config['strides'] ?? config['poolSize'], 2), 1] },
    padding: paddingOf(call),
  });
}

function globalPooling(call: LayerCall, op: string, keepsPlaces: boolean): Value {
  requireChannelsLast(call);
  const axes = call.graph.integers(`${call.name}/axes`, [1, 2]);
  return node(call, op, [call.input, axes], call.outputShape, { keep_dims: { bool: keepsPlaces } });
}
