import { pair } from '../../layer-weights.ts';
import { notSupported, requireChannelsLast, type LayerCall, type LayerLowering } from '../layer.ts';
import type { Value } from '../graph.ts';
import type { OnnxAttribute } from '../messages.ts';
import { samePads } from '../same-padding.ts';

/** MaxPooling2D; what is padded never wins. */
export const maxPooling2d: LayerLowering = (call) => pooling(call, 'MaxPool', {}, keepZeros(call));

/** AveragePooling2D; what is padded is not counted. */
export const averagePooling2d: LayerLowering = (call) =>
  pooling(call, 'AveragePool', { count_include_pad: { int: 0 } });

/** GlobalAveragePooling2D: [h, w, c] -> [c]. */
export const globalAveragePooling2d: LayerLowering = (call) => globalPooling(call, 'GlobalAveragePool');

/** KeptGlobalAveragePooling2D: [h, w, c] -> [1, 1, c]. */
export const keptGlobalAveragePooling2d: LayerLowering = ({ graph, input, name, outputShape }) =>
  graph.add(name, 'GlobalAveragePool', [input.name], {}, outputShape);

/** GlobalMaxPooling2D: [h, w, c] -> [c]. */
export const globalMaxPooling2d: LayerLowering = (call) => globalPooling(call, 'GlobalMaxPool');

/** ZeroPadding2D; a convolution behind it may take it over. */
export const zeroPadding2d: LayerLowering = (call) => {
  requireChannelsLast(call);
  const [[top, bottom], [left, right]] = call.config['padding'] as [[number, number], [number, number]];
  const amounts = call.graph.integers(`${call.name}/pads`, [0, 0, top, left, 0, 0, bottom, right]);
  return call.graph.add(
    call.name,
    'Pad',
    [call.input.name, amounts],
    { mode: { string: 'constant' } },
    call.outputShape,
  );
};

/** Cropping2D: rows and columns taken off. */
export const cropping2d: LayerLowering = (call) => {
  requireChannelsLast(call);
  const [[top], [left]] = call.config['cropping'] as [[number, number], [number, number]];
  const { graph, name, input, outputShape } = call;
  const [height, width] = outputShape as [number, number, number];
  const inputs = [
    input.name,
    graph.integers(`${name}/starts`, [top, left]),
    graph.integers(`${name}/ends`, [top + height, left + width]),
    graph.integers(`${name}/axes`, [2, 3]),
  ];
  return graph.add(name, 'Slice', inputs, {}, outputShape);
};

/**
 * ONNX Runtime 1.30 makes a Pad with zeros before a MaxPool into the pool's own pads, which are minus infinity (PadFusion;
 * mended by 1.32). That changes a border of negative values, so a node that does nothing is put between the two.
 */
function keepZeros({ graph, input, name }: LayerCall): Value {
  if (graph.producer(input)?.opType !== 'Pad') return input;
  const lowest = graph.constant(`${name}/lowest`, [], Float32Array.of(-Infinity));
  return graph.add(`${name}/zeros_kept`, 'Max', [input.name, lowest], {}, input.shape);
}

function pooling(call: LayerCall, opType: string, more: Record<string, OnnxAttribute>, input = call.input): Value {
  requireChannelsLast(call);
  const { config } = call;
  const kernelSize = pair(config['poolSize'], 2);
  const strides = pair(config['strides'] ?? config['poolSize'], 2);
  const isSame = config['padding'] === 'same';
  if (!isSame && config['padding'] !== 'valid') throw notSupported(call.layer, `padding ${String(config['padding'])}`);
  const size: [number, number] = [input.shape[0] as number, input.shape[1] as number];
  const pads = isSame ? samePads(size, { kernelSize, strides, dilation: [1, 1] }) : [0, 0, 0, 0];
  const attributes = { kernel_shape: { ints: kernelSize }, strides: { ints: strides }, pads: { ints: pads }, ...more };
  return call.graph.add(call.name, opType, [input.name], attributes, call.outputShape);
}

function globalPooling(call: LayerCall, opType: string): Value {
  requireChannelsLast(call);
  const channels = call.input.shape[2] as number;
  const means = call.graph.add(`${call.name}/${opType}`, opType, [call.input.name], {}, [1, 1, channels]);
  return call.graph.add(call.name, 'Flatten', [means.name], { axis: { int: 1 } }, call.outputShape);
}
