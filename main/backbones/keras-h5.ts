import { openHdf5, type Hdf5File } from '../native/hdf5.ts';
import type { NamedTensors } from './safetensors.ts';

/** The weights a layer must have, in Keras's order. */
export interface ExpectedLayer {
  name: string;
  weights: readonly { name: string; shape: readonly number[] }[];
}

/** A tensor that is not as the model wants it. */
export class TensorMismatch extends Error {
  readonly layer: string;
  readonly expected: string;
  readonly found: string;
  constructor(layer: string, expected: string, found: string) {
    super(`${layer}: expected ${expected}, found ${found}`);
    this.layer = layer;
    this.expected = expected;
    this.found = found;
  }
}

/**
 * Reads the weights of the expected layers from an `.h5` file in the layout that Keras 1 and 2 wrote: groups by layer, named
 * in `layer_names`, tensors named in each group's `weight_names`. Both bare weights and whole saved models. Layers that are
 * not expected (a classifier) are left alone.
 *
 * @returns tensors named `<layer>/<weight>`
 * @throws TensorMismatch; Error with the problem in words
 */
export async function readKerasH5(bytes: Uint8Array, expected: readonly ExpectedLayer[]): Promise<NamedTensors> {
  const file = await openHdf5(bytes);
  try {
    const root =
      file.texts('', 'layer_names') || file.texts('', 'layer_names0') || !file.has('model_weights')
        ? ''
        : 'model_weights';
    const layerNames = new Set(
      longTexts(file, root, 'layer_names') ?? raise('no layer_names: not a weight file as Keras 2 wrote it'),
    );
    const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const layer of expected) {
      if (!layerNames.has(layer.name))
        throw new TensorMismatch(layer.name, `${layer.weights.length} tensors`, 'no such layer');
      const group = root === '' ? layer.name : `${root}/${layer.name}`;
      const stored = longTexts(file, group, 'weight_names') ?? [];
      if (stored.length !== layer.weights.length)
        throw new TensorMismatch(layer.name, `${layer.weights.length} tensors`, `${stored.length} tensors`);
      const order = storedOrder(layer, stored);
      layer.weights.forEach(({ name, shape }, index) => {
        const path = `${group}/${order[index]}`;
        const found = file.shape(path);
        if (found.join() !== shape.join())
          throw new TensorMismatch(`${layer.name}/${name}`, sizes(shape), sizes(found));
        tensors.set(`${layer.name}/${name}`, {
          shape,
          data: file.floats(
            path,
            found.reduce((a, b) => a * b, 1),
          ),
        });
      });
    }
    return tensors;
  } finally {
    file.close();
  }
}

/** Stored names in the order of the expected ones: by name where names tell, else as stored (`block1_conv1_W_1:0`), as Keras does. */
function storedOrder(layer: ExpectedLayer, stored: readonly string[]): readonly string[] {
  const lastPart = (path: string) => path.split('/').at(-1)!.replace(/:\d+$/, '');
  const byName = layer.weights.map(({ name }) => stored.find((path) => lastPart(path) === name));
  return byName.every((path) => path !== undefined) ? byName : stored;
}

/** A list of texts that Keras cut in pieces (`name0`, `name1`, …) when it was too long for one attribute. */
function longTexts(file: Hdf5File, path: string, attribute: string): string[] | null {
  const whole = file.texts(path, attribute);
  if (whole) return whole;
  const pieces: string[] = [];
  for (let index = 0; ; index++) {
    const piece = file.texts(path, `${attribute}${index}`);
    if (!piece) return index === 0 ? null : pieces;
    pieces.push(...piece);
  }
}

/** A shape as people write it. */
export const sizes = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

function raise(problem: string): never {
  throw new Error(problem);
}
