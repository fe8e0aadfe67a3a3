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

/** Writes one layer as old Keras did: numbers 0, 1, 2, … in each tensor, plus ten for each tensor before. */
function addLayer(parent: Pick<H5, 'create_group'>, layer: string, tensors: [string, number[]][]): void {
  const group = parent.create_group(layer);
  if (tensors.length > 0)
    group.create_attribute(
      'weight_names',
      tensors.map(([name]) => name),
    );
  tensors.forEach(([name, shape], index) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 10 * index);
    const parts = name.split('/');
    const folder = parts.slice(0, -1).reduce((owner, part) => owner.create_group(part), group);
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

  it('refuses other HDF5 files', async () => {
    await expect(readKerasH5(await make((file) => file.create_group('x')), expected)).rejects.toThrow('no layer_names and no layers');
  });
});
