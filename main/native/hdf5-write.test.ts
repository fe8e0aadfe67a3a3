import { describe, expect, it } from 'vitest';
import { openHdf5 } from './hdf5.ts';
import { hdf5Pieces, type Hdf5Dataset, type Hdf5Group } from './hdf5-write.ts';

const bytesOf = (numbers: ArrayBufferView) =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength).slice();
const floats = (shape: number[], ...values: number[]): Hdf5Dataset => ({
  shape,
  type: 'float32',
  bytes: () => bytesOf(Float32Array.from(values)),
});
const group = (members: Record<string, Hdf5Group | Hdf5Dataset>, attributes: Hdf5Group['attributes'] = {}) => ({
  attributes,
  members: new Map(Object.entries(members)),
});
const written = (root: Hdf5Group) => {
  const { sizeBytes, pieces } = hdf5Pieces(root);
  const bytes = Buffer.concat([...pieces]);
  expect(bytes.length).toBe(sizeBytes);
  return new Uint8Array(bytes);
};

describe('hdf5Pieces', () => {
  it('writes what HDF5’s own library reads: groups, texts, shapes and numbers', async () => {
    const half: Hdf5Dataset = { shape: [3], type: 'float16', bytes: () => bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x3800)) }; // prettier-ignore
    const count: Hdf5Dataset = { shape: [], type: 'int64', bytes: () => bytesOf(BigInt64Array.of(-7n)) };
    const layer = group(
      { 'kernel:0': floats([1, 2, 3], 1, 2, 3, 4, 5, 6), half, count },
      { weight_names: ['a', 'ночь'] },
    );
    const root = group({ 층: layer, empty: group({}, { weight_names: [] }) }, { backend: 'tensorflow', note: '' });
    const file = await openHdf5(written(root));
    expect(file.names('')).toEqual(['empty', '층']);
    expect(file.texts('', 'backend')).toEqual(['tensorflow']);
    expect(file.texts('', 'note')).toEqual(['']);
    expect(file.texts('층', 'weight_names')).toEqual(['a', 'ночь']);
    expect(file.texts('empty', 'weight_names')).toEqual([]);
    expect(file.shape('층/kernel:0')).toEqual([1, 2, 3]);
    expect(file.floats('층/kernel:0', 6)).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(file.floats('층/half', 3)).toEqual(Float32Array.of(1, -2, 0.5));
    expect([file.shape('층/count'), file.floats('층/count', 1)]).toEqual([[], Float32Array.of(-7)]);
    file.close();
  });

  it('writes a thousand groups and a text of megabytes', async () => {
    const members = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [
        `layer_${index}`,
        group({ w: floats([1], index) }, { name: `n${index}` }),
      ]),
    );
    const text = '{"층":1}'.repeat(300_000);
    const file = await openHdf5(written(group(members, { model_config: text })));
    expect(file.texts('', 'model_config')).toEqual([text]);
    expect(file.floats('layer_999/w', 1)).toEqual(Float32Array.of(999));
    expect(file.texts('layer_500', 'name')).toEqual(['n500']);
    file.close();
  });

  it('writes the same bytes for the same content', () => {
    const root = group({ w: floats([2], 1, 2) }, { a: 'b' });
    expect(written(root)).toEqual(written(root));
  });

  it('refuses a list of texts that does not fit into a header, and numbers that are not what was said', () => {
    const names = Array.from({ length: 1000 }, () => 'x'.repeat(100));
    expect(() => hdf5Pieces(group({}, { names }))).toThrow('does not fit into a header');
    expect(() => written(group({ w: floats([3], 1, 2) }))).toThrow('8 bytes for [3]');
  });
});
