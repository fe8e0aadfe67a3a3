import { readSafetensors, safetensorsNames, type NamedTensors } from './safetensors.ts';
import { sizes, TensorMismatch, type ExpectedLayer } from './tensor-plan.ts';

type Tensor = { shape: readonly number[]; data: Float32Array };

/**
 * Reads a `.safetensors` file of timm, whose axes are PyTorch's: kernels [out, in, h, w] become [h, w, in, out], of depthwise
 * ones [c, 1, h, w] become [h, w, c, 1], matrices [out, in] become [in, out].
 *
 * @param timmName timm's name of `<layer>/<weight>`
 * @returns tensors named `<layer>/<weight>`; null when none of the names is in the file, which then has Graft's own
 * @throws TensorMismatch; Error with the problem in words
 */
export function timmTensors(
  bytes: Uint8Array,
  expected: readonly ExpectedLayer[],
  timmName: (weight: string) => string,
): NamedTensors | null {
  const weights = expected.flatMap(({ name, weights }) =>
    weights.map((weight) => ({ ...weight, full: `${name}/${weight.name}`, timm: timmName(`${name}/${weight.name}`) })),
  );
  const inFile = new Set(safetensorsNames(bytes));
  if (!weights.some(({ timm }) => inFile.has(timm))) return null;
  const wanted = new Set(weights.map(({ timm }) => timm));
  const stored = readSafetensors(bytes, (name) => wanted.has(name));
  const tensors = new Map<string, Tensor>();
  for (const { name, full, timm, shape } of weights) {
    const axes = axesOf(name, shape.length);
    const wantedShape = shape.map((_, axis) => shape[axes.indexOf(axis)]!); // in PyTorch's order
    const found = stored.get(timm);
    if (found?.shape.join() !== wantedShape.join())
      throw new TensorMismatch(full, sizes(wantedShape), found ? `${sizes(found.shape)} (${timm})` : `no ${timm}`);
    tensors.set(full, transpose(found, axes));
  }
  return tensors;
}

/** Which of PyTorch's axes each of ours is. */
function axesOf(name: string, numAxes: number): readonly number[] {
  if (numAxes === 4) return name === 'depthwise_kernel' ? [2, 3, 0, 1] : [2, 3, 1, 0];
  return numAxes === 2 ? [1, 0] : Array.from({ length: numAxes }, (_, axis) => axis);
}

/** Axis `i` of the result is axis `axes[i]` of the tensor, as in NumPy. */
export function transpose({ shape, data }: Tensor, axes: readonly number[]): Tensor {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const newShape = axes.map((axis) => shape[axis]!);
  const newStrides = axes.map((axis) => strides[axis]!);
  const result = new Float32Array(data.length);
  const index = newShape.map(() => 0);
  let at = 0;
  for (let position = 0; position < result.length; position++) {
    result[position] = data[at]!;
    for (let axis = newShape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      at += newStrides[axis]!;
      if (index[axis]! < newShape[axis]!) break;
      at -= newStrides[axis]! * newShape[axis]!;
      index[axis] = 0;
    }
  }
  return { shape: newShape, data: result };
}
