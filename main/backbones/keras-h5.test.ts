import h5wasm from 'h5wasm';
import { describe, expect, it } from 'vitest';
import { readKerasH5 } from './keras-h5.ts';
import type { ExpectedLayer } from './tensor-plan.ts';

type H5 = InstanceType<typeof h5wasm.File>;

async function make(fill: (file: H5) => void): Promise<Uint8Array> {
  const { FS } = (await h5wasm.ready) as unknown as {
    FS: { readFile(name: string): Uint8Array; unlink(name: string): void };
  };
  const file = new h5wasm.File('made.h5', 'w');
  fill(file);
  file.close();
  const bytes = FS.readFile('made.h5');
  FS.unlink('made.h5');
  return bytes;
}

/** Writes one layer as old Keras did: numbers `first`, 1, 2, … in each tensor, plus ten for each tensor before. */
function addLayer(parent: Pick<H5, 'create_group'>, layer: string, tensors: [string, number[]][], first = 0): void {
  const group = parent.create_group(layer);
  if (tensors.length > 0)
    group.create_attribute(
      'weight_names',
      tensors.map(([name]) => name),
    );
  tensors.forEach(([name, shape], index) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i + 10 * index);
    const parts = name.split('/');
    const folder = parts
      .slice(0, -1)
      .reduce(
        (owner, part) => (owner.keys().includes(part) ? (owner.get(part) as typeof group) : owner.create_group(part)),
        group,
      );
    folder.create_dataset({ name: parts.at(-1)!, data, shape });
  });
}

const expected: ExpectedLayer[] = [
  {
    name: 'block1_conv1',
    weights: [
      { name: 'kernel', shape: [2, 2] },
      { name: 'bias', shape: [2] },
    ],
  },
];
const kernel = { shape: [2, 2], data: Float32Array.of(0, 1, 2, 3) };
const bias = { shape: [2], data: Float32Array.of(10, 11) };

describe('readKerasH5', () => {
  it('finds tensors by layer, whatever their names inside, and leaves other layers alone', async () => {
    const bytes = await make((file) => {
      file.create_attribute('layer_names', ['input_1', 'block1_conv1', 'fc1']);
      addLayer(file, 'input_1', []);
      addLayer(file, 'block1_conv1', [
        ['block1_conv1_W_1:0', [2, 2]],
        ['block1_conv1_b_1:0', [2]],
      ]);
      addLayer(file, 'fc1', [['fc1_W:0', [7]]]);
    });
    expect([...(await readKerasH5(bytes, expected))]).toEqual([
      ['block1_conv1/kernel', kernel],
      ['block1_conv1/bias', bias],
    ]);
  });

  it('reads whole saved models, and lists of names that Keras cut in pieces', async () => {
    const bytes = await make((file) => {
      const root = file.create_group('model_weights');
      root.create_attribute('layer_names0', ['input_1']);
      root.create_attribute('layer_names1', ['block1_conv1']);
      addLayer(root, 'block1_conv1', [
        ['block1_conv1/kernel:0', [2, 2]],
        ['bias:0', [2]],
      ]);
    });
    expect((await readKerasH5(bytes, expected)).get('block1_conv1/kernel')).toEqual(kernel);
  });

  it('goes by the names of tensors where they say what they are', async () => {
    const bytes = await make((file) => {
      file.create_attribute('layer_names', ['block1_conv1']);
      addLayer(file, 'block1_conv1', [
        ['bias:0', [2]],
        ['kernel:0', [2, 2]],
      ]);
    });
    expect((await readKerasH5(bytes, expected)).get('block1_conv1/kernel')!.data).toEqual(
      Float32Array.of(10, 11, 12, 13),
    );
  });

  it('names the tensor whose shape differs, and what it found', async () => {
    const bytes = await make((file) => {
      file.create_attribute('layer_names', ['block1_conv1']);
      addLayer(file, 'block1_conv1', [
        ['kernel:0', [2, 3]],
        ['bias:0', [2]],
      ]);
    });
    await expect(readKerasH5(bytes, expected)).rejects.toMatchObject({
      layer: 'block1_conv1/kernel',
      expected: '[2, 2]',
      found: '[2, 3]',
    });
  });

  it('names the layer that is not there, or that has another number of tensors', async () => {
    const other = await make((file) => {
      file.create_attribute('layer_names', ['conv1']);
      addLayer(file, 'conv1', []);
    });
    await expect(readKerasH5(other, expected)).rejects.toMatchObject({ layer: 'block1_conv1', found: 'no such layer' });
    const fewer = await make((file) => {
      file.create_attribute('layer_names', ['block1_conv1']);
      addLayer(file, 'block1_conv1', [['kernel:0', [2, 2]]]);
    });
    await expect(readKerasH5(fewer, expected)).rejects.toMatchObject({
      layer: 'block1_conv1',
      expected: '2 tensors',
      found: '1 tensors',
    });
  });

  const stem: ExpectedLayer[] = [
    { name: 'conv2d', className: 'Conv2D', weights: [{ name: 'kernel', shape: [2, 2] }] },
    {
      name: 'batch_normalization',
      className: 'BatchNormalization',
      weights: ['gamma', 'moving_mean'].map((name) => ({ name, shape: [2] })),
    },
    { name: 'conv2d_1', className: 'Conv2D', weights: [{ name: 'kernel', shape: [2, 2] }] },
    {
      name: 'batch_normalization_1',
      className: 'BatchNormalization',
      weights: ['gamma', 'moving_mean'].map((name) => ({ name, shape: [2] })),
    },
  ];
  /** First number of each tensor, in the order of the model. */
  const firsts = async (bytes: Uint8Array, layers = stem) => {
    const tensors = await readKerasH5(bytes, layers);
    return layers.flatMap(({ name, weights }) =>
      weights.map((weight) => tensors.get(`${name}/${weight.name}`)!.data[0]),
    );
  };

  it('goes by order, as Keras does, where automatic names have counted on, and ignores what follows', async () => {
    const bytes = await make((file) => {
      file.create_attribute('layer_names', ['input_9', 'conv2d_7', 'bn_7', 'conv2d_8', 'bn_8', 'dense_3']);
      addLayer(file, 'input_9', []);
      addLayer(file, 'dense_3', [['dense_3/kernel:0', [9]]]);
      addLayer(file, 'conv2d_8', [['conv2d_8/kernel:0', [2, 2]]], 20);
      addLayer(file, 'conv2d_7', [['conv2d_7/kernel:0', [2, 2]]]);
      for (const [name, first] of [
        ['bn_7', 100],
        ['bn_8', 200],
      ] as const)
        addLayer(file, name, [[`${name}/g:0`, [2]], [`${name}/m:0`, [2]]], first); // prettier-ignore
    });
    expect(await firsts(bytes)).toEqual([0, 100, 110, 20, 200, 210]);
  });

  it('finds tensors by their names in the group of a container, and by order with statistics last', async () => {
    const tensors = (names: string[]): [string, number[]][] =>
      names.map((name) => [name, name.includes('kernel') ? [2, 2] : [2]]);
    const named = await make((file) => {
      file.create_attribute('layer_names', ['base', 'dense']);
      addLayer(file, 'dense', [['dense/kernel:0', [2]]]);
      const names = ['conv2d/kernel', 'batch_normalization/gamma', 'conv2d_1/kernel', 'batch_normalization_1/gamma'];
      const statistics = ['batch_normalization/moving_mean', 'batch_normalization_1/moving_mean'];
      addLayer(file, 'base', tensors([...names, ...statistics]));
    });
    expect(await firsts(named)).toEqual([0, 10, 40, 20, 30, 50]);
    const unnamed = await make((file) => {
      file.create_attribute('layer_names', ['base']);
      addLayer(file, 'base', tensors(['a/kernel', 'b/x', 'c/kernel', 'd/x', 'e/x', 'f/x']));
    });
    expect(await firsts(unnamed)).toEqual([0, 10, 40, 20, 30, 50]);
  });

  it('says where the order first differs, and with which tensor', async () => {
    const bytes = await make((file) => {
      file.create_attribute('layer_names', ['conv2d_7', 'bn_7']);
      addLayer(file, 'conv2d_7', [['conv2d_7/kernel:0', [2, 2]]]);
      addLayer(file, 'bn_7', [['bn_7/gamma:0', [3]]]);
    });
    await expect(readKerasH5(bytes, stem)).rejects.toMatchObject({
      layer: 'batch_normalization/gamma',
      expected: '[2]',
      found: '[3] (bn_7/gamma:0)',
    });
  });

  it('takes the kernel of a grouped convolution for a depthwise one: the same numbers in the same order', async () => {
    const bytes = await make((file) => {
      file.create_attribute('layer_names', ['dw']);
      addLayer(file, 'dw', [['dw/kernel:0', [3, 3, 1, 2]]]);
    });
    const layer = { name: 'dw', weights: [{ name: 'depthwise_kernel', shape: [3, 3, 2, 1] }] };
    const found = (await readKerasH5(bytes, [layer])).get('dw/depthwise_kernel')!;
    expect(found.shape).toEqual([3, 3, 2, 1]);
    expect(found.data).toEqual(Float32Array.from({ length: 18 }, (_, index) => index));
  });

  /** Writes one layer as Keras 3 does; `name` as newer files say it. */
  function addVars(
    parent: Pick<H5, 'create_group'>,
    group: string,
    shapes: number[][],
    first: number,
    name?: string,
  ): void {
    const vars = parent.create_group(group).create_group('vars');
    if (name !== undefined) vars.create_attribute('name', name);
    shapes.forEach((shape, index) => {
      const length = shape.reduce((a, b) => a * b, 1);
      vars.create_dataset({ name: String(index), data: new Float32Array(length).fill(first + index), shape });
    });
  }

  it('reads Keras 3’s layout by the names it says, wherever the layers lie', async () => {
    const bytes = await make((file) => {
      file
        .create_group('optimizer')
        .create_group('vars')
        .create_dataset({ name: '0', data: Float32Array.of(9) });
      const layers = file.create_group('layers');
      addVars(layers, 'dense', [[2]], 900, 'conv2d_5');
      const base = layers.create_group('functional').create_group('layers');
      addVars(base, 'conv2d', [[2, 2]], 1, 'conv2d_1');
      addVars(base, 'conv2d_1', [[2, 2]], 2, 'conv2d');
      addVars(base, 'batch_normalization', [[2], [2]], 10, 'batch_normalization');
      addVars(base, 'batch_normalization_1', [[2], [2]], 20, 'batch_normalization_1');
    });
    expect(await firsts(bytes)).toEqual([2, 10, 11, 1, 20, 21]);
  });

  it('reads Keras 3’s layout without names: per class, by number and not by letter', async () => {
    const many: ExpectedLayer[] = Array.from({ length: 12 }, (_, index) => ({
      name: `c${index}`,
      className: 'Conv2D',
      weights: [{ name: 'kernel', shape: [1] }],
    }));
    const bytes = await make((file) => {
      const layers = file.create_group('_layer_checkpoint_dependencies');
      many.forEach((_, index) => addVars(layers, index === 0 ? 'conv2d' : `conv2d_${index}`, [[1]], index));
      addVars(layers, 'conv2d_12', [[1]], 99);
    });
    expect(await firsts(bytes, many)).toEqual(many.map((_, index) => index));
  });

  it('uses up a container that has been begun before it goes on beside it', async () => {
    const bytes = await make((file) => {
      const layers = file.create_group('layers');
      addVars(layers, 'batch_normalization', [[2], [2]], 30);
      addVars(layers, 'conv2d', [[7]], 50);
      addVars(layers, 'conv2d_1', [[2, 2]], 20);
      const inside = layers.create_group('sequential').create_group('layers');
      addVars(inside, 'batch_normalization', [[2], [2]], 10);
      addVars(inside, 'conv2d', [[2, 2]], 1);
    });
    const shifted = [
      ...stem.slice(0, 2),
      { ...stem[2]!, name: 'x', weights: [{ name: 'kernel', shape: [7] }] },
      ...stem.slice(2),
    ];
    expect(await firsts(bytes, shifted)).toEqual([1, 10, 11, 50, 20, 30, 31]);
  });

  it('names what differs in Keras 3’s layout', async () => {
    const bytes = await make((file) => {
      const layers = file.create_group('layers');
      addVars(layers, 'conv2d', [[2, 3]], 1, 'conv2d_94');
    });
    await expect(readKerasH5(bytes, stem)).rejects.toMatchObject({
      layer: 'conv2d/kernel',
      expected: '[2, 2]',
      found: '[2, 3] (layers/conv2d/vars/0)',
    });
  });

  it('reads no deeper than any model is', async () => {
    const bytes = await make((file) => {
      let group = file.create_group('a');
      for (let depth = 0; depth < 20; depth++) group = group.create_group('a');
    });
    await expect(readKerasH5(bytes, stem)).rejects.toThrow('too deep');
  });

  it('refuses other HDF5 files', async () => {
    await expect(readKerasH5(await make((file) => file.create_group('x')), expected)).rejects.toThrow(
      'no layer_names and no layers',
    );
  });
});
