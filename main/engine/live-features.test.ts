import { createHash } from 'node:crypto';
import { appendFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Recipe } from '../../contract/run.ts';
import { findBackbone } from '../backbones/registry.ts';
import { projectFolder } from '../testing/backend.ts';
import { writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { openLiveFeatures } from './live-features.ts';
import { planRun } from './run-plan.ts';
import type { SplitImage } from './split-parts.ts';

/** Two pictures whose features are computed as they are asked for. */
async function live() {
  const root = await temporaryFolder();
  await writeImageTree(root, { cats: 1, dogs: 1 });
  const home = await temporaryFolder();
  const places = { home, assets: path.join(projectFolder, 'assets'), cacheFolder: path.join(home, 'cache') };
  const recipe = Recipe.parse({ trainable: { from: 'top_conv' }, inputSize: 64 });
  const plan = await planRun(findBackbone('efficientnet-lite0'), [64, 64], recipe, null, places);
  const features = await openLiveFeatures(plan, recipe, places, { root });
  onTestFinished(() => features.dispose());
  const images: SplitImage[] = [];
  for (const className of ['cats', 'dogs']) {
    const name = `${className}/1.jpg`;
    const sha256 = createHash('sha256')
      .update(await readFile(path.join(root, name)))
      .digest('hex');
    images.push({ path: name, className, split: 'train', sha256 } as SplitImage);
  }
  const { features: set } = features.partOf(images, 'train', ['cats', 'dogs']);
  const read = async (index: number) => {
    const out = set.rowLengths.map((length) => new Float32Array(length));
    await set.gather([index], out);
    return out;
  };
  return { root, read };
}

describe('openLiveFeatures', () => {
  it('gives the tensors of the cut, and names a picture that is another or gone since the run began', async () => {
    const { root, read } = await live();
    const [first] = await read(0);
    expect(first!.some((value) => value !== 0)).toBe(true);
    expect((await read(0))[0]).toEqual(first);
    await appendFile(path.join(root, 'cats/1.jpg'), 'x');
    await expect(read(0)).rejects.toMatchObject({ code: 'image-not-readable', params: { name: 'cats/1.jpg' } });
    await rm(path.join(root, 'dogs/1.jpg'));
    await expect(read(1)).rejects.toMatchObject({ code: 'image-not-readable', params: { name: 'dogs/1.jpg' } });
  });
});
