import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import h5wasm from 'h5wasm';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formulaPicture } from '../../tools/reference/formulas.ts';
import { tf } from '../native/tf.ts';
import { preprocessPixels } from './preprocessing.ts';
import { findBackbone } from './registry.ts';
import { readSafetensors } from './safetensors.ts';
import type { LoadedBackbone } from './spec.ts';
import { importWeights, loadBackbone, verifyWeights, weightsState, type WeightPlaces } from './weights.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const assets = path.join(repository, 'assets');
const shared = process.env['GRAFT_SHARED'] ?? path.resolve(repository, '../shared');
const weightFile = (name: string) => path.join(shared, 'data/weights', name);
const small = 'mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5';
const hasShared = existsSync(weightFile(small));
if (!hasShared)
  process.stdout.write(`Skipping the tests with real weight files and photographs: ${shared} is not here.\n`);

const lite0 = findBackbone('efficientnet-lite0');
const mobilenet = findBackbone('mobilenet-v2-0.35');

let places: WeightPlaces;
beforeEach(async () => {
  places = { home: await mkdtemp(path.join(os.tmpdir(), 'graft-weights-')), assets };
});
afterEach(() => rm(places.home, { recursive: true, force: true }));

interface Features {
  pooled: number[];
  mapValues: number[];
}
function features(
  { model, spec, inputSize: [height, width] }: LoadedBackbone,
  pixels: Uint8Array,
): { pooled: Float32Array; mapValues: number[] } {
  return tf.tidy(() => {
    const input = tf.tensor4d(preprocessPixels(pixels, spec.preprocessing), [1, height, width, 3]);
    const maps = model.predict(input) as tf.Tensor4D; // [1, height / 32, width / 32, channels]
    const values = maps.dataSync<'float32'>();
    const step = Math.floor(values.length / 16);
    return {
      pooled: maps.mean([1, 2]).dataSync<'float32'>(),
      mapValues: Array.from({ length: 16 }, (_, i) => values[i * step]!),
    };
  });
}
function largestDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  return expected.reduce((largest, value, index) => Math.max(largest, Math.abs(actual[index]! - value)), 0);
}
/** The larger difference of pooled features and of map values. */
function difference(found: ReturnType<typeof features>, expected: Features): number {
  return Math.max(
    largestDifference(found.pooled, expected.pooled),
    largestDifference(found.mapValues, expected.mapValues),
  );
}

describe('embedded EfficientNet-Lite0', () => {
  const reference = JSON.parse(
    readFileSync(path.join(repository, 'tools/reference/efficientnet_lite0.json'), 'utf8'),
  ) as {
    pictures: (Features & { index: number; inputSize: [number, number] })[];
    photographs: (Features & { file: string; pixelsSha256: string })[];
  };

  it('is here and unharmed, with its licence', async () => {
    expect(await weightsState(lite0, places)).toMatchObject({
      state: 'embedded',
      sha256: lite0.weights.embedded!.sha256,
    });
    expect(await verifyWeights(lite0, places)).toEqual({ sha256: lite0.weights.embedded!.sha256 });
    expect(existsSync(path.join(assets, 'efficientnet-lite0.LICENSE'))).toBe(true);
  });

  it('computes the features of the PyTorch original on pictures made by formula, at two sizes', async () => {
    for (const expected of reference.pictures) {
      const loaded = await loadBackbone(lite0, expected.inputSize, places);
      expect(
        difference(features(loaded, formulaPicture(expected.index, ...expected.inputSize)), expected),
      ).toBeLessThan(1e-4);
      loaded.model.dispose();
    }
  });

  it.skipIf(!hasShared)('computes the features of the PyTorch original on photographs', async () => {
    const loaded = await loadBackbone(lite0, [224, 224], places);
    for (const expected of reference.photographs) {
      const pixels = await nearest(path.join(shared, 'data/cats_and_dogs', expected.file), 224);
      const samePixels = createHash('sha256').update(pixels).digest('hex') === expected.pixelsSha256;
      const tolerance = samePixels ? 1e-4 : 0.5; // a decoder may round colours otherwise
      expect(difference(features(loaded, pixels), expected)).toBeLessThan(tolerance);
      if (!samePixels) process.stdout.write(`${expected.file}: decoded to other pixels than Pillow's\n`);
    }
    loaded.model.dispose();
  });

  it('is refused when a byte has changed', async () => {
    const damaged = readFileSync(path.join(assets, 'efficientnet-lite0.safetensors'));
    damaged[damaged.length - 5]! ^= 1;
    await writeFile(path.join(places.home, 'efficientnet-lite0.safetensors'), damaged);
    const elsewhere = { home: places.home, assets: places.home };
    await expect(loadBackbone(lite0, [64, 64], elsewhere)).rejects.toMatchObject({ code: 'weights-damaged' });
    await expect(verifyWeights(lite0, elsewhere)).rejects.toMatchObject({
      code: 'weights-damaged',
      params: { expected: lite0.weights.embedded!.sha256 },
    });
  });

  it('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    (await loadBackbone(lite0, [64, 64], places)).model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes no size below its smallest', async () => {
    await expect(loadBackbone(lite0, [64, 31], places)).rejects.toMatchObject({
      code: 'input-size-too-small',
      params: { inputSize: 31, minInputSize: 32 },
    });
  });
});

/** Decodes and resizes by `row * height // size`, as tools/reference/efficientnet_lite0.py. */
async function nearest(file: string, size: number): Promise<Uint8Array> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let c = 0; c < 3; c++)
        pixels[(y * size + x) * 3 + c] =
          data[(Math.floor((y * info.height) / size) * info.width + Math.floor((x * info.width) / size)) * 3 + c]!;
  return pixels;
}

describe('weights that are not here', () => {
  it('are said to be missing, with the official file and its address', async () => {
    const official = mobilenet.weights.official!;
    expect(await weightsState(mobilenet, places)).toEqual({
      state: 'missing',
      sha256: null,
      officialFile: official.file,
      officialUrl: official.url,
    });
    await expect(loadBackbone(mobilenet, [64, 64], places)).rejects.toMatchObject({
      code: 'weights-missing',
      params: { backboneId: mobilenet.id, officialFile: official.file, officialUrl: official.url },
    });
  });
});

describe.skipIf(!hasShared)('importWeights', () => {
  it('takes in the file of Keras and computes what TensorFlow computes with it', async () => {
    const oracle = JSON.parse(readFileSync(path.join(shared, 'data/oracle/expected.json'), 'utf8')) as {
      gap_features: Record<string, Record<string, { sum: number; l2: number; argmax: number; first8: number[] }>>;
    };
    const pixels = await nearest(path.join(shared, 'data/oracle/images/burger-224.png'), 224); // needs no resizing
    for (const [id, key, file] of [
      ['mobilenet-v2-0.35', 'MobileNetV2_0.35_224', small],
      ['mobilenet-v2-1.0', 'MobileNetV2_1.0_224', small.replace('0.35', '1.0')],
    ] as const) {
      const spec = findBackbone(id);
      const record = await importWeights(spec, weightFile(file), places);
      expect(record).toMatchObject({
        sourceFile: file,
        sourceSha256: createHash('sha256')
          .update(readFileSync(weightFile(file)))
          .digest('hex'),
      });
      const loaded = await loadBackbone(spec, [224, 224], places);
      expect(loaded.weightsSha256).toBe(record.sha256);
      const { pooled } = features(loaded, pixels);
      const expected = oracle.gap_features['burger-224.png']![key]!;
      expect(largestDifference(pooled, expected.first8)).toBeLessThan(1e-4);
      expect(pooled.indexOf(Math.max(...pooled))).toBe(expected.argmax);
      expect(Math.abs(pooled.reduce((a, b) => a + b) - expected.sum)).toBeLessThan(0.01);
      expect(Math.abs(Math.hypot(...pooled) - expected.l2)).toBeLessThan(1e-3);
      loaded.model.dispose();
    }
  });

  it('keeps the weights whole beside a record that names the file but not its folder', async () => {
    await importWeights(mobilenet, weightFile(small), places);
    expect((await readdir(path.join(places.home, 'weights'))).sort()).toEqual([
      `${mobilenet.id}.json`,
      `${mobilenet.id}.safetensors`,
    ]);
    expect(readFileSync(path.join(places.home, 'weights', `${mobilenet.id}.json`), 'utf8')).not.toContain(
      path.dirname(weightFile(small)),
    );
    expect(await weightsState(mobilenet, places)).toMatchObject({ state: 'imported' }); // Keras publishes no checksum for it
    await expect(verifyWeights(mobilenet, places)).resolves.toBeTruthy();
  });

  it('takes a file with its classifier, whose layers it leaves out', async () => {
    const spec = findBackbone('mobilenet-v2-1.0');
    const withTop = await importWeights(
      spec,
      readFileSync(weightFile('mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5')),
      places,
      'with-top.h5',
    );
    const withoutTop = await importWeights(spec, weightFile(small.replace('0.35', '1.0')), places);
    expect(withTop.sourceFile).toBe('with-top.h5');
    expect(withTop.sha256).toBe(withoutTop.sha256);
  });

  it('takes its own kind of file again', async () => {
    const first = await importWeights(mobilenet, weightFile(small), places);
    const file = path.join(places.home, 'weights', `${mobilenet.id}.safetensors`);
    const copy = path.join(places.home, 'copy.safetensors');
    await cp(file, copy);
    expect((await importWeights(mobilenet, copy, places)).sha256).toBe(first.sha256);
    expect(readSafetensors(readFileSync(file)).size).toBe(260);
  });

  it('knows the official file by its checksum', async () => {
    const bytes = readFileSync(weightFile(small));
    const spec = {
      ...mobilenet,
      weights: {
        ...mobilenet.weights,
        official: { ...mobilenet.weights.official!, md5: createHash('md5').update(bytes).digest('hex') },
      },
    };
    expect(await importWeights(spec, bytes, places)).toMatchObject({ official: true });
    expect(await weightsState(spec, places)).toMatchObject({
      state: 'official',
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
  });

  it('names layer and shapes when the file is of another width', async () => {
    await expect(importWeights(findBackbone('mobilenet-v2-1.0'), weightFile(small), places)).rejects.toMatchObject({
      code: 'weights-mismatch',
      params: { path: weightFile(small), layer: 'Conv1/kernel', expected: '[3, 3, 3, 32]', found: '[3, 3, 3, 16]' },
    });
    await expect(importWeights(findBackbone('vgg16'), weightFile(small), places)).rejects.toMatchObject({
      code: 'weights-mismatch',
      params: {
        layer: 'block1_conv1/kernel',
        expected: '[3, 3, 3, 64]',
        found: '[3, 3, 3, 16] (Conv1/kernel:0)',
      },
    });
    expect(existsSync(path.join(places.home, 'weights'))).toBe(false);
  });

  it('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await importWeights(mobilenet, weightFile(small), places);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('counts as missing when the record was lost, and as damaged when a byte has changed', async () => {
    await importWeights(mobilenet, weightFile(small), places);
    const file = path.join(places.home, 'weights', `${mobilenet.id}.safetensors`);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(file, bytes);
    await expect(loadBackbone(mobilenet, [64, 64], places)).rejects.toMatchObject({ code: 'weights-damaged' });
    await rm(file.replace('.safetensors', '.json'));
    expect(await weightsState(mobilenet, places)).toMatchObject({ state: 'missing' });
  });
});

describe('importWeights on files that are no weights', () => {
  it.each([
    ['text', Buffer.from('{"a": 1}')],
    ['nothing', Buffer.alloc(0)],
    ['a cut-off HDF5 file', Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0])],
  ])('refuses %s', async (_, bytes) => {
    await expect(importWeights(mobilenet, bytes, places)).rejects.toMatchObject({ code: 'weights-not-readable' });
  });

  it('refuses a path that is not there, and a folder', async () => {
    await expect(importWeights(mobilenet, path.join(places.home, 'none.h5'), places)).rejects.toMatchObject({
      code: 'path-not-found',
    });
    await expect(importWeights(mobilenet, places.home, places)).rejects.toMatchObject({
      code: 'weights-not-readable',
      params: { problem: 'not a file' },
    });
  });

  it('refuses a layer that is a link to another file', async () => {
    const { FS } = (await h5wasm.ready) as unknown as {
      FS: { readFile(name: string): Uint8Array; unlink(name: string): void };
    };
    const file = new h5wasm.File('linked.h5', 'w');
    file.create_attribute('layer_names', ['Conv1']);
    file.create_external_link('/etc/passwd', '/Conv1', 'Conv1');
    file.close();
    const bytes = FS.readFile('linked.h5');
    FS.unlink('linked.h5');
    const refused = importWeights(mobilenet, bytes, places, 'linked.h5');
    await expect(refused).rejects.toMatchObject({
      code: 'weights-not-readable',
      params: { path: 'linked.h5', problem: expect.stringContaining('Conv1 is an external link') as string },
    });
  });
});
