import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { tf } from './tf.ts';

describe('tf', () => {
  it('computes on libtensorflow', () => {
    expect(tf.getBackend()).toBe('tensorflow');
    expect(tf.tidy(() => tf.scalar(2).add(3).dataSync<'float32'>()[0])).toBe(5);
  });

  it('has what its kernels call and newer versions of Node lack', () => {
    const util = createRequire(import.meta.url)('node:util') as {
      isNullOrUndefined(value: unknown): boolean;
      isArray(value: unknown): boolean;
    };
    expect([util.isNullOrUndefined(null), util.isNullOrUndefined(0), util.isArray([])]).toEqual([true, false, true]);
  });

  it('says that TensorFlow is missing where it cannot be loaded', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'graft-no-tensorflow-'));
    const outfile = path.join(folder, 'tf.mjs'); // nothing is installed beside it
    await build({
      entryPoints: [fileURLToPath(new URL('./tf.ts', import.meta.url))],
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile,
    });
    await expect(import(pathToFileURL(outfile).href)).rejects.toMatchObject({
      code: 'tensorflow-missing',
      params: { problem: expect.stringContaining('tfjs-node') as string },
    });
    await rm(folder, { recursive: true });
  });
});
