import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBackbone } from '../backbones/registry.ts';
import type { LoadedBackbone } from '../backbones/spec.ts';
import { loadBackbone } from '../backbones/weights.ts';
import { tf } from '../native/tf.ts';
import { createFrozenPart, openFrozenPartFromCache, type FrozenPart } from './frozen-part.ts';

const assets = fileURLToPath(new URL('../../assets/', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'graft-frozen-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The same pictures at every call: a smooth gradient with a checkered half, in [n, size, size, 3]. */
function pictures(n: number, size: number): Uint8Array {
  return Uint8Array.from({ length: n * size * size * 3 }, (_, index) => {
    const pixel = Math.floor(index / 3);
    const [row, column] = [Math.floor(pixel / size) % size, pixel % size];
    return row < size / 2 ? (row * 3 + column * 2 + index) % 256 : ((row >> 2) + (column >> 2)) % 2 === 0 ? 20 : 230;
  });
}

/** Weights from a formula: kernels of the size that keeps activations alive (He), statistics away from 0 and 1. */
async function withFormulaWeights(id: string, size: number): Promise<LoadedBackbone> {
  const spec = findBackbone(id);
  const model = await spec.build([size, size]);
  model.layers.forEach((layer, index) => {
    layer.setWeights(
      layer.weights.map(({ originalName, shape }, number) => {
        const name = originalName.split('/').pop();
        const dims = shape as number[];
        const seed = index * 10 + number + 1;
        if (name === 'kernel' || name === 'depthwise_kernel') {
          const numIn = dims[0]! * dims[1]! * (name === 'kernel' ? dims[2]! : 1);
          return tf.randomNormal(dims, 0, Math.sqrt(2 / numIn), 'float32', seed);
        }
        return name === 'moving_variance' || name === 'gamma'
          ? tf.randomUniform(dims, 0.8, 1.2, 'float32', seed)
          : tf.randomUniform(dims, -0.1, 0.1, 'float32', seed);
      }),
    );
  });
  return { spec, model, inputSize: [size, size], weightsSha256: 'formula' };
}

/** Largest difference as a part of the largest value. */
function difference(found: Float32Array, expected: Float32Array): number {
  expect(found.length).toBe(expected.length);
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0);
  return expected.reduce((max, value, index) => Math.max(max, Math.abs(value - found[index]!)), 0) / largest;
}

const both = { pooled: true, maps: true };
const backbones: [string, number, () => Promise<LoadedBackbone>][] = [
  [
    'efficientnet-lite0',
    224,
    () => loadBackbone(findBackbone('efficientnet-lite0'), [224, 224], { home: folder, assets }),
  ],
  ['mobilenet-v2-0.35', 96, () => withFormulaWeights('mobilenet-v2-0.35', 96)],
  ['vgg16', 64, () => withFormulaWeights('vgg16', 64)],
];

describe('createFrozenPart', () => {
  it.each(backbones)('gives the features of %s at %i px that TensorFlow.js gives', async (id, size, load) => {
    const loaded = await load();
    const pixels = pictures(2, size);
    const onnx = await createFrozenPart(loaded, both, undefined, 'onnx');
    const tfjs = await createFrozenPart(loaded, both, undefined, 'tfjs');
    const [found, expected] = [await onnx.run(pixels, 2), await tfjs.run(pixels, 2)];
    expect(difference(found.maps!, expected.maps!)).toBeLessThan(1e-4);
    expect(difference(found.pooled!, expected.pooled!)).toBeLessThan(1e-4);
    await onnx.dispose();
    await tfjs.dispose();
    loaded.model.dispose();
  });

  describe('with one small backbone', () => {
    let loaded: LoadedBackbone;
    beforeAll(async () => {
      loaded = await withFormulaWeights('mobilenet-v2-0.35', 64);
    });
    afterAll(() => loaded.model.dispose());

    it.each(['onnx', 'tfjs'] as const)('gives only what was asked for, with %s', async (engine) => {
      const pooled = await createFrozenPart(loaded, { pooled: true, maps: false }, undefined, engine);
      const maps = await createFrozenPart(loaded, { pooled: false, maps: true }, undefined, engine);
      expect(Object.keys(await pooled.run(pictures(1, 64), 1))).toEqual(['pooled']);
      expect(Object.keys(await maps.run(pictures(1, 64), 1))).toEqual(['maps']);
      await pooled.dispose();
      await maps.dispose();
    });

    it.each(['onnx', 'tfjs'] as const)(
      'gives a picture the same features alone and in a batch, with %s',
      async (engine) => {
        const part = await createFrozenPart(loaded, both, undefined, engine);
        const pixels = pictures(3, 64);
        const together = await part.run(pixels, 3);
        const alone = await part.run(pixels.slice(64 * 64 * 3, 2 * 64 * 64 * 3), 1);
        expect(difference(alone.pooled!, together.pooled!.slice(1280, 2560))).toBeLessThan(1e-5);
        await part.dispose();
      },
    );

    it('leaks no tensor with TensorFlow.js', async () => {
      const part = await createFrozenPart(loaded, both, undefined, 'tfjs');
      const before = tf.memory().numTensors;
      await part.run(pictures(2, 64), 2);
      expect(tf.memory().numTensors).toBe(before);
    });

    it('opens from the cache with the same numbers', async () => {
      const cacheFolder = await mkdtemp(path.join(folder, 'cache-'));
      expect(await openFrozenPartFromCache(loaded, both, cacheFolder, 'onnx')).toBeNull();
      const made = await createFrozenPart(loaded, both, cacheFolder, 'onnx');
      const opened = (await openFrozenPartFromCache(loaded, both, cacheFolder, 'onnx')) as FrozenPart;
      expect(await opened.run(pictures(1, 64), 1)).toEqual(await made.run(pictures(1, 64), 1));
      await made.dispose();
      await opened.dispose();
    });

    it('opens nothing from the cache for other weights, sizes or preprocessing', async () => {
      const cacheFolder = await mkdtemp(path.join(folder, 'cache-'));
      await (await createFrozenPart(loaded, both, cacheFolder, 'onnx')).dispose();
      const { spec, inputSize, weightsSha256 } = loaded;
      const others = [
        openFrozenPartFromCache({ spec, inputSize, weightsSha256: 'other' }, both, cacheFolder, 'onnx'),
        openFrozenPartFromCache({ spec, inputSize: [96, 96], weightsSha256 }, both, cacheFolder, 'onnx'),
        openFrozenPartFromCache({ ...loaded, spec: findBackbone('vgg16') }, both, cacheFolder, 'onnx'),
      ];
      expect(await Promise.all(others)).toEqual([null, null, null]);
    });

    it.each(['pooled', 'maps'] as const)(
      'opens from the cache what gives %s alone, whatever it was made for',
      async (output) => {
        const cacheFolder = await mkdtemp(path.join(folder, 'cache-'));
        const made = await createFrozenPart(loaded, both, cacheFolder, 'onnx');
        const want = { pooled: output === 'pooled', maps: output === 'maps' };
        const opened = (await openFrozenPartFromCache(loaded, want, cacheFolder, 'onnx')) as FrozenPart;
        const [all, one] = [await made.run(pictures(1, 64), 1), await opened.run(pictures(1, 64), 1)];
        expect(one).toEqual({ [output]: all[output] });
        await made.dispose();
        await opened.dispose();
      },
    );

    it.each([
      ['cut short', (file: string) => truncate(file, 1000)],
      ['empty', (file: string) => truncate(file, 0)],
      [
        'changed in one bit',
        async (file: string) => {
          const bytes = await readFile(file);
          bytes[bytes.length >> 1]! ^= 1;
          await writeFile(file, bytes);
        },
      ],
    ])('makes a cached graph anew that is %s', async (_, damage) => {
      const cacheFolder = await mkdtemp(path.join(folder, 'cache-'));
      await (await createFrozenPart(loaded, both, cacheFolder, 'onnx')).dispose();
      const [name] = await readdir(path.join(cacheFolder, 'onnx'));
      await damage(path.join(cacheFolder, 'onnx', name!));
      expect(await openFrozenPartFromCache(loaded, both, cacheFolder, 'onnx')).toBeNull();
      await (await createFrozenPart(loaded, both, cacheFolder, 'onnx')).dispose();
      const again = (await openFrozenPartFromCache(loaded, both, cacheFolder, 'onnx')) as FrozenPart;
      expect(again.engine).toBe('onnx');
      await again.dispose();
    });
  });
});
