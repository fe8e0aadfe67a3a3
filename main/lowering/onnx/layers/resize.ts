import { pair } from '../../layer-weights.ts';
import { requireChannelsLast, type LayerCall, type LayerLowering } from '../layer.ts';
import type { OnnxAttribute } from '../messages.ts';
import type { Value } from '../graph.ts';

/** UpSampling2D of TensorFlow.js, which counts from the edges. */
export const upSampling2d: LayerLowering = (call) => {
  requireChannelsLast(call);
  const { graph, name, config } = call;
  const factors = graph.constant(`${name}/factors`, [4], Float32Array.from([1, 1, ...pair(config['size'], 2)]));
  return resize(call, ['', factors], { coordinate_transformation_mode: { string: 'asymmetric' } }, 'floor');
};

/** Resizing as Keras does it, a pixel's place being its middle; also what stands for its bilinear UpSampling2D. */
export const halfPixelResizing: LayerLowering = (call) => {
  const { graph, name, input, outputShape } = call;
  const [height, width, channels] = outputShape as [number, number, number];
  // Sizes are given with the batch, which is open.
  const sizes = graph.add(`${name}/Shape`, 'Shape', [input.name], { start: { int: 0 }, end: { int: 1 } }, []);
  const rest = graph.integers(`${name}/size`, [channels, height, width]);
  const all = graph.add(`${name}/sizes`, 'Concat', [sizes.name, rest], { axis: { int: 0 } }, []);
  const places = { coordinate_transformation_mode: { string: 'half_pixel' } };
  return resize(call, ['', '', all.name], places, 'round_prefer_ceil');
};

/** @param inputs what comes after the value: a region, which is not used, factors, or sizes */
function resize(
  { graph, name, config, input, outputShape }: LayerCall,
  inputs: readonly string[],
  places: Record<string, OnnxAttribute>,
  nearest: string,
): Value {
  const isNearest = config['interpolation'] !== 'bilinear';
  const mode = { mode: { string: isNearest ? 'nearest' : 'linear' }, nearest_mode: { string: nearest } };
  return graph.add(name, 'Resize', [input.name, ...inputs], { ...places, ...mode }, outputShape);
}
