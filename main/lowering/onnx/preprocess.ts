import type { Preprocessing } from '../../backbones/spec.ts';
import type { GraphBuilder, Value } from './graph.ts';

/**
 * Adds what turns RGB pixels 0..255 into the backbone's input, and the order that convolutions want.
 *
 * Transposing comes first, while a uint8 picture is a quarter of its later size. Scale and offset stay nodes of their
 * own: in the first convolution's bias an offset would be wrong wherever that one pads with zeros.
 *
 * @param inputName the graph's input, [batch, height, width, 3].
 * @param preprocessing null when the model takes pixels as they are.
 * @returns float32, [batch, 3, height, width].
 */
export function addPreprocessing(
  graph: GraphBuilder,
  inputName: string,
  inputType: 'uint8' | 'float32',
  preprocessing: Preprocessing | null,
  shape: readonly number[],
): Value {
  const perm = { perm: { ints: [0, 3, 1, 2] } };
  let value = graph.add('preprocessing/channels_first', 'Transpose', [inputName], perm, shape);
  if (inputType === 'uint8') value = graph.add('preprocessing/cast', 'Cast', [value.name], { to: { int: 1 } }, shape);
  if (!preprocessing) return value;
  if (preprocessing.channelOrder === 'bgr') {
    const order = graph.integers('preprocessing/order', [2, 1, 0]);
    value = graph.add('preprocessing/bgr', 'Gather', [value.name, order], { axis: { int: 1 } }, shape);
  }
  const scale = perChannel(preprocessing.scale);
  if (scale.some((factor) => factor !== 1)) {
    const name = graph.constant('preprocessing/scale', [3, 1, 1], scale);
    value = graph.add('preprocessing/scaled', 'Mul', [value.name, name], {}, shape);
  }
  const offset = perChannel(preprocessing.offset);
  if (offset.some((shift) => shift !== 0)) {
    const name = graph.constant('preprocessing/offset', [3, 1, 1], offset);
    value = graph.add('preprocessing/shifted', 'Add', [value.name, name], {}, shape);
  }
  return value;
}

function perChannel(value: Preprocessing['scale']): Float32Array {
  return Float32Array.from(typeof value === 'number' ? [value, value, value] : value);
}
