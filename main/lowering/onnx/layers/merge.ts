import type { Value } from '../graph.ts';
import { notSupported, type LayerCall, type LayerLowering } from '../layer.ts';

/** Add: the sum of all inputs; a place or channel of 1 is spread over the others. */
export const add: LayerLowering = (call) => chain(call, 'Add');

/** Multiply: the product of all inputs; a place or channel of 1 is spread over the others. */
export const multiply: LayerLowering = (call) => chain(call, 'Mul');

/** Maximum: the largest of all inputs, place by place. */
export const maximum: LayerLowering = (call) => chain(call, 'Max');

/** Minimum: the smallest of all inputs, place by place. */
export const minimum: LayerLowering = (call) => chain(call, 'Min');

/** Average: the mean of all inputs, place by place. */
export const average: LayerLowering = (call) => {
  const { graph, name, outputShape } = call;
  const sum = chain({ ...call, name: `${name}/sum` }, 'Add');
  const share = graph.constant(`${name}/share`, [], Float32Array.of(1 / call.inputs.length));
  return graph.add(name, 'Mul', [sum.name, share], {}, outputShape);
};

/** InceptionResNetV2's CustomScaleLayer: the first input plus the second times a number. */
export const customScaleLayer: LayerLowering = (call) => {
  const { graph, name, outputShape } = call;
  const [shortcut, residual] = call.inputs as [Value, Value];
  const scale = graph.constant(`${name}/scale`, [], Float32Array.of(Number(call.config['scale'])));
  const scaled = graph.add(`${name}/Mul`, 'Mul', [residual.name, scale], {}, outputShape);
  return graph.add(name, 'Add', [shortcut.name, scaled.name], {}, outputShape);
};

/** Concatenate along any axis but the batch. */
export const concatenate: LayerLowering = (call) => {
  const rank = call.outputShape.length;
  const given = Number(call.config['axis'] ?? -1);
  const axis = given < 0 ? given + rank + 1 : given; // counted with the batch
  if (axis < 1) throw notSupported(call.layer, `axis ${given}`);
  const inside = rank === 3 ? ([2, 3, 1][axis - 1] as number) : axis; // [h, w, c] lie as [c, h, w]
  return call.graph.add(
    call.name,
    'Concat',
    call.inputs.map(({ name }) => name),
    { axis: { int: inside } },
    call.outputShape,
  );
};

function chain(call: LayerCall, opType: string): Value {
  const rank = call.outputShape.length;
  if (call.inputs.some(({ shape }) => shape.length !== rank))
    throw notSupported(call.layer, 'inputs of different ranks');
  const last = call.inputs.length - 1;
  return call.inputs.slice(1).reduce((sum, next, index) => {
    const name = index + 1 === last ? call.name : `${call.name}/${index + 1}`;
    return call.graph.add(name, opType, [sum.name, next.name], {}, call.outputShape);
  }, call.inputs[0] as Value);
}
