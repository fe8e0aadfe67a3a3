import { openHdf5, type Hdf5File } from '../native/hdf5.ts';
import { keras3Plans } from './keras3-h5.ts';
import type { NamedTensors } from './safetensors.ts';
import {
  firstPlan,
  pair,
  pairLayer,
  sizes,
  TensorMismatch,
  type ExpectedLayer,
  type StoredTensor,
  type TensorPlan,
} from './tensor-plan.ts';

/**
 * Reads the weights of the expected layers from an HDF5 file of Keras, bare weights or a whole saved model. Layers that are
 * not expected (a classifier) are left alone. Two layouts are known:
 *
 * - Keras 1 and 2, and `.h5` of Keras 3: groups by layer, named in `layer_names`, tensors named in each group's
 *   `weight_names`. Matched by layer; by the names of tensors, for layers inside containers; else, since automatic names
 *   count on from session to session, in order as Keras itself does.
 * - Keras 3's `.weights.h5`: see `keras3Plans`.
 *
 * Every shape is checked before a number is read.
 *
 * @returns tensors named `<layer>/<weight>`
 * @throws TensorMismatch; Error with the problem in words
 */
export async function readKerasH5(bytes: Uint8Array, expected: readonly ExpectedLayer[]): Promise<NamedTensors> {
  const file = await openHdf5(bytes);
  try {
    const plan = firstPlan(legacyPlans(file, expected) ?? keras3Plans(file, expected) ?? raise());
    const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const [name, { stored, shape }] of plan)
      tensors.set(name, {
        shape,
        data: file.floats(
          stored.path,
          shape.reduce((a, b) => a * b, 1),
        ),
      });
    return tensors;
  } finally {
    file.close();
  }
}

interface StoredLayer {
  name: string;
  tensors: StoredTensor[];
}

/** The ways to read the older layout; null when the file has another. */
function legacyPlans(file: Hdf5File, expected: readonly ExpectedLayer[]): ((plan: TensorPlan) => void)[] | null {
  const isBare = file.texts('', 'layer_names') ?? file.texts('', 'layer_names0');
  const root = !isBare && file.has('model_weights') ? 'model_weights' : '';
  const names = longTexts(file, root, 'layer_names');
  if (!names) return null;
  const wanted = new Set(expected.map(({ name }) => name));
  const isThere = new Set(names);
  // One that is named but absent is only told when its numbers are needed: a file may name what it left out.
  const layers = names
    .filter((name) => wanted.has(name) || file.has(root === '' ? name : `${root}/${name}`))
    .map((name) => readLayer(file, root === '' ? name : `${root}/${name}`, name));
  const flat = layers.flatMap(({ tensors }) => tensors);
  const perLayer = expected.flatMap(({ name, weights }) =>
    weights.map((weight) => ({
      name: `${name}/${weight.name}`,
      shape: weight.shape,
      statistic: isStatistic(weight.name),
    })),
  );
  const statisticsLast = [...perLayer.filter((w) => !w.statistic), ...perLayer.filter((w) => w.statistic)];
  return [
    (plan) => byLayer(plan, expected, layers, isThere),
    (plan) => byTensorName(plan, expected, flat),
    (plan) => inOrder(plan, perLayer, flat),
    (plan) => inOrder(plan, statisticsLast, flat), // of a model inside a model Keras lists what can train first
  ];
}

function readLayer(file: Hdf5File, group: string, name: string): StoredLayer {
  const tensors = (longTexts(file, group, 'weight_names') ?? []).map((stored) => {
    const path = `${group}/${stored}`;
    return { name: stored, path, shape: file.shape(path) };
  });
  return { name, tensors };
}

function byLayer(
  plan: TensorPlan,
  expected: readonly ExpectedLayer[],
  layers: readonly StoredLayer[],
  isThere: ReadonlySet<string>,
): void {
  const found = new Map(layers.map((layer) => [layer.name, layer]));
  for (const layer of expected) {
    if (!isThere.has(layer.name))
      throw new TensorMismatch(layer.name, `${layer.weights.length} tensors`, 'no such layer', true);
    pairLayer(plan, layer, storedOrder(layer, found.get(layer.name)!.tensors));
  }
}

/** By `<layer>/<weight>` at the end of each tensor's name, whatever group it lies in. */
function byTensorName(plan: TensorPlan, expected: readonly ExpectedLayer[], flat: readonly StoredTensor[]): void {
  const found = new Map<string, StoredTensor | 'several'>();
  for (const tensor of flat) {
    const key = tensor.name.replace(/:\d+$/, '').split('/').slice(-2).join('/');
    found.set(key, found.has(key) ? 'several' : tensor);
  }
  for (const layer of expected)
    for (const { name, shape } of layer.weights) {
      const stored = [name, ...otherNames(name)].map((each) => found.get(`${layer.name}/${each}`)).find(Boolean);
      if (!stored || stored === 'several')
        throw new TensorMismatch(
          `${layer.name}/${name}`,
          sizes(shape),
          stored ? 'several of that name' : 'nothing',
          true,
        );
      pair(plan, `${layer.name}/${name}`, shape, stored);
    }
}

/** One by one, as Keras loads by topology; what follows the last is a classifier's. */
function inOrder(
  plan: TensorPlan,
  weights: readonly { name: string; shape: readonly number[] }[],
  flat: readonly StoredTensor[],
): void {
  weights.forEach(({ name, shape }, index) => {
    const stored = flat[index];
    if (!stored)
      throw new TensorMismatch(
        name,
        sizes(shape),
        `the end of the file after ${flat.length} tensors`,
        flat.length === 0,
      );
    pair(plan, name, shape, stored);
  });
}

/** Stored tensors in the order of the expected ones: by name where names tell, else as stored (`block1_conv1_W_1:0`), as Keras does. */
function storedOrder(layer: ExpectedLayer, stored: readonly StoredTensor[]): readonly StoredTensor[] {
  const lastPart = (path: string) => path.split('/').at(-1)!.replace(/:\d+$/, '');
  const byName = layer.weights.map(({ name }) => stored.find((tensor) => lastPart(tensor.name) === name));
  return byName.length === stored.length && byName.every((tensor) => tensor !== undefined) ? byName : stored;
}

/** What else Keras calls a weight of TensorFlow.js. */
const otherNames = (name: string): string[] => (name === 'depthwise_kernel' ? ['kernel'] : []);

/** A weight that does not train: moving statistics, and what Normalization knows of its data. */
const isStatistic = (name: string): boolean => /^(moving_)?(mean|variance)$|^count$/.test(name);

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

function raise(): never {
  throw new Error('no layer_names and no layers/…/vars: not a weight file as Keras writes it');
}
