import { appendFileSync, readdirSync, truncateSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary.ts';
import { evictFeatures, FeatureSpace, type FeatureSpaceKey } from './feature-cache.ts';

const key: FeatureSpaceKey = {
  backboneId: 'tiny',
  weightsSha256: 'w',
  inputSize: [8, 8],
  preprocessing: 'p',
  decoder: 'd',
  lowering: '1',
  precision: 'float32',
  kind: 'pooled',
};
const hash = (i: number) => i.toString(16).padStart(64, '0');
const row = (i: number) => Float32Array.from([i, i + 0.5, -i]);

async function filled(folder: string, from: number, to: number): Promise<FeatureSpace> {
  const space = await FeatureSpace.open(folder, key, 3);
  const writer = space.writer();
  for (let i = from; i < to; i++) writer.append(hash(i), row(i));
  writer.flush();
  return space;
}
const read = (space: FeatureSpace, i: number) => {
  const out = new Float32Array(3);
  space.read(hash(i), out, 0);
  return [...out];
};

describe('FeatureSpace', () => {
  it('gives back what was written, at once and after it is opened again', async () => {
    const folder = await temporaryFolder();
    const first = await filled(folder, 0, 10);
    expect(read(first, 7)).toEqual([7, 7.5, -7]);
    first.close();
    const again = await FeatureSpace.open(folder, key, 3);
    expect(read(again, 3)).toEqual([3, 3.5, -3]);
    expect(again.has(hash(10))).toBe(false);
    again.close();
  });
  it('holds the rows of two writers at once', async () => {
    const folder = await temporaryFolder();
    const [a, b] = [await filled(folder, 0, 5), await filled(folder, 5, 9)];
    a.close();
    b.close();
    const both = await FeatureSpace.open(folder, key, 3);
    expect(read(both, 1)).toEqual([1, 1.5, -1]);
    expect(read(both, 8)).toEqual([8, 8.5, -8]);
    both.close();
  });
  it('does not see a row whose numbers a crash cut off, nor a torn line of the index', async () => {
    const folder = await temporaryFolder();
    const space = await filled(folder, 0, 4);
    space.close();
    const files = readdirSync(space.folder);
    truncateSync(
      path.join(
        space.folder,
        files.find((name) => name.endsWith('.f32'))!,
      ),
      3 * 12 + 5,
    );
    appendFileSync(
      path.join(
        space.folder,
        files.find((name) => name.endsWith('.index'))!,
      ),
      hash(99).slice(0, 20),
    );
    const again = await FeatureSpace.open(folder, key, 3);
    expect([0, 1, 2, 3].map((i) => again.has(hash(i)))).toEqual([true, true, true, false]);
    again.close();
  });
  it('keeps spaces apart by every part of their key', async () => {
    const folder = await temporaryFolder();
    (await filled(folder, 0, 1)).close();
    const other = await FeatureSpace.open(folder, { ...key, weightsSha256: 'other' }, 3);
    expect(other.has(hash(0))).toBe(false);
    other.close();
  });
});

describe('evictFeatures', () => {
  it('drops the space used longest ago, and never one in use', async () => {
    const folder = await temporaryFolder();
    const spaces = [];
    for (const [i, weightsSha256] of ['old', 'used', 'new'].entries()) {
      const space = await FeatureSpace.open(folder, { ...key, weightsSha256 }, 3);
      const writer = space.writer();
      for (let r = 0; r < 100; r++) writer.append(hash(r), row(r));
      writer.flush();
      space.close();
      utimesSync(path.join(space.folder, 'space.json'), new Date(1e12 + i), new Date(1e12 + i * 1e6));
      spaces.push(space.folder);
    }
    expect(await evictFeatures(folder, 1, [spaces[1]!])).toEqual([spaces[0], spaces[2]]);
    expect(readdirSync(path.join(folder, 'features'))).toEqual([path.basename(spaces[1]!)]);
  });
});
