import { inflateSync } from 'node:zlib';
import h5wasm from 'h5wasm';
import { describe, expect, it } from 'vitest';
import { openHdf5 } from './hdf5.ts';

/** Made with h5py 3, deflated: data sets whose numbers lie in /etc/hostname (`a`) and /dev/random (`z`). */
const externalStorage =
  'eNrr9HBx4+WS4mIAAQ4OBhYGAQZk8B8KfrCh8mHyCVCaEUp3QOkVTDBxRrCcBFRcEGo+urqQIFdXkOr/aABmTwYLhEZ13SgYKcDD1TEAREdA+bD0dIIJVV0ilK5CS5cOZNrLyMAGMYMRxofYzMgIEYAmSzjNDJQHyQgqyEPFFBjEORjE66HyrAwcYHkmJiawAewMGmA+IzSvGEAN4kBzByzdc0DtZ2aE5RD0HBFBl3iQQAvfABZUdfqpJcn6GfnFJXmJualAfrCfvwsjAxPcXwrM+O2B+WoD62jaH8j0eIBtaKbHB2xo6TEltUy/KDEvJT8XzAcAzIJPRw==';
/** Made with h5py 3, deflated: a virtual data set `v` over another file. */
const virtual =
  'eNrr9HBx4+WS4mLm4GCAgf9QwCAB4RtAxR07O9n9PVyCmBQidrBkI+MKJiFkjTDAxcTAyMDAxsMApBjLDsPM92CgGpj0R6wX7CRFdCcxMDKKMDAwMTIyskDVwmhmEQZGQQV5KF+BQZyDQbweyGIFupaZm4MPqJKZARoajCBiC8OQBBLtSRwMo2AUjIJRMApGATbg7uzvA67kBJAqPCCwgymACeSXZKQW6WWYMlQwMCMJgwATqFIFiTExQrUwAivXiMwvWgg1C/hHw3oUjIJRMApGwSgYBaNgFIyCUTAKRsEoGCgAAGrFOQM=';
const inflate = (text: string) => inflateSync(Buffer.from(text, 'base64'));

/** Writes an HDF5 file in memory. */
async function make(fill: (file: InstanceType<typeof h5wasm.File>) => void): Promise<Uint8Array> {
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

describe('openHdf5', () => {
  it('reads names, texts, shapes and numbers', async () => {
    const bytes = await make((file) => {
      const group = file.create_group('layer');
      group.create_attribute('weight_names', ['kernel:0', 'bias:0']);
      group.create_attribute('backend', 'tensorflow');
      group.create_dataset({ name: 'kernel:0', data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] });
      group.create_dataset({ name: 'doubles', data: Float64Array.of(1.5, 2.5) });
      group.create_dataset({ name: 'integers', data: Int32Array.of(1, -2) });
      group.create_dataset({ name: 'count', data: BigInt64Array.of(1_281_167n) });
    });
    const file = await openHdf5(bytes);
    expect(file.names('')).toEqual(['layer']);
    expect(file.names('layer')).toEqual(['count', 'doubles', 'integers', 'kernel:0']);
    expect(file.texts('layer', 'weight_names')).toEqual(['kernel:0', 'bias:0']);
    expect(file.texts('layer', 'backend')).toEqual(['tensorflow']);
    expect(file.texts('layer', 'nothing')).toBeNull();
    expect(file.shape('layer/kernel:0')).toEqual([2, 3]);
    expect(file.floats('layer/kernel:0', 6)).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(file.floats('layer/doubles', 6)).toEqual(Float32Array.of(1.5, 2.5));
    expect(file.floats('layer/integers', 6)).toEqual(Float32Array.of(1, -2));
    expect(file.floats('layer/count', 6)).toEqual(Float32Array.of(1_281_167));
    expect([file.isGroup('layer'), file.isGroup('layer/count'), file.isGroup('other')]).toEqual([true, false, false]);
    expect([
      file.has('layer/kernel:0'),
      file.has('layer/other'),
      file.has('layer/kernel:0/deeper'),
      file.has('../layer'),
    ]).toEqual([true, false, false, false]);
    file.close();
  });

  it('follows no soft and no external link', async () => {
    const bytes = await make((file) => {
      file.create_group('real').create_dataset({ name: 'd', data: Float32Array.of(1) });
      file.create_soft_link('/real', 'soft');
      file.create_external_link('/etc/passwd', '/x', 'external');
    });
    const file = await openHdf5(bytes);
    expect(() => file.floats('soft/d', 1)).toThrow('soft is a soft link');
    expect(() => file.shape('external')).toThrow('external is an external link');
    expect(() => file.has('external/x')).toThrow('external is an external link');
    file.close();
  });

  it('reads no numbers that lie in other files', async () => {
    const stored = await openHdf5(inflate(externalStorage));
    expect(() => stored.floats('a', 4)).toThrow('a: cannot be read');
    expect(() => stored.floats('z', 4)).toThrow('z: cannot be read');
    stored.close();
    const file = await openHdf5(inflate(virtual));
    expect(() => file.floats('v', 4)).toThrow('v: is a virtual data set');
    file.close();
  });

  it('refuses more numbers than expected before it reads any', async () => {
    const bytes = await make((file) => {
      file
        .create_dataset({
          name: 'bomb',
          data: Float32Array.of(1),
          shape: [1, 1],
          maxshape: [null, null],
          chunks: [1024, 1024],
          compression: 9,
        })
        .resize([1 << 20, 1 << 20]);
      file.create_dataset({ name: 'texts', data: ['a'] });
    });
    const file = await openHdf5(bytes);
    expect(file.shape('bomb')).toEqual([1 << 20, 1 << 20]);
    expect(() => file.floats('bomb', 10)).toThrow('at most 10 expected');
    expect(() => file.floats('texts', 10)).toThrow('not float16, float32');
    file.close();
  });

  it('refuses what is no HDF5 file, and one that is cut off', async () => {
    const whole = await make((file) => file.create_dataset({ name: 'd', data: new Float32Array(1000) }));
    await expect(openHdf5(Buffer.from('hello'))).rejects.toThrow('not an HDF5 file');
    await expect(openHdf5(whole.subarray(0, whole.length / 2))).rejects.toThrow('cut off');
  });
});
