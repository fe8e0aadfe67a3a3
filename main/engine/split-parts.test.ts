import { describe, expect, it } from 'vitest';
import type { Split } from '../../contract/dataset.ts';
import type { ManifestImage } from '../dataset/manifest.ts';
import { splitAfter, taughtBy } from './split-parts.ts';

const picture = (path: string, split: Split | null = null) => ({ path, className: path[0]!, split }) as ManifestImage;
const before = (path: string, split: Split) => ({ path, className: path[0]!, split, sha256: path });
const parent = {
  formatVersion: 1 as const,
  datasetId: 'd',
  images: [before('a/1', 'train'), before('a/2', 'validation'), before('a/3', 'test'), before('b/1', 'train')],
  learnt: [] as string[],
};

function splitsOf(images: ManifestImage[], contentOf = (path: string) => path, after = parent, drawn?: Split) {
  const manifest = { name: 'pets', classNames: ['a', 'b'], images };
  const sha256ByPath = new Map(images.map(({ path }) => [path, contentOf(path)]));
  return Object.fromEntries(
    splitAfter(after, manifest, sha256ByPath, drawn && (() => drawn)).map(({ path, split }) => [path, split]),
  );
}

describe('splitAfter', () => {
  const same = ['a/1', 'a/2', 'a/3', 'b/1'].map((path) => picture(path));
  it('keeps every picture where it was, and trains on new ones', () => {
    expect(splitsOf([...same, picture('b/2')])).toEqual({
      'a/1': 'train',
      'a/2': 'validation',
      'a/3': 'test',
      'b/1': 'train',
      'b/2': 'train',
    });
  });
  it('tests on no picture that was learnt from, moved, renamed or not', () => {
    const moved = [picture('a/1', 'test'), ...same.slice(1), picture('a/9', 'test')];
    const contentOf = (path: string) => (path === 'a/9' ? 'b/1' : path);
    expect(splitsOf(moved, contentOf)).toMatchObject({ 'a/1': 'train', 'a/9': 'train' });
  });
  it('tests on no copy of what was learnt from, though the run before validated with the copy', () => {
    const copied = { ...parent, images: [...parent.images, { ...before('a/8', 'validation'), sha256: 'a/1' }] };
    const contentOf = (path: string) => (path === 'a/7' || path === 'a/8' ? 'a/1' : path);
    expect(splitsOf([...same, picture('a/7', 'test'), picture('a/8')], contentOf, copied)).toMatchObject({
      'a/7': 'train',
      'a/8': 'train',
    });
  });
  it('tests on nothing that a run before the one before learnt from', () => {
    const after = { ...parent, learnt: ['b/7', 'a/3'] };
    const images = [...same, picture('b/7', 'test'), picture('b/8', 'test')];
    expect(splitsOf(images, undefined, after)).toMatchObject({ 'b/7': 'train', 'a/3': 'train', 'b/8': 'test' });
    expect(taughtBy(after)).toEqual(new Set(['a/1', 'a/3', 'b/1', 'b/7']));
  });
  it('knows the pictures again in another data set, and puts new ones where they were drawn', () => {
    const contentOf = (path: string) => path.replace('cats/', '');
    const elsewhere = ['a/1', 'a/2', 'a/3', 'b/1', 'b/9'].map((path) => ({
      ...picture(`cats/${path}`),
      className: path[0]!,
    }));
    expect(splitsOf(elsewhere, contentOf, parent, 'test')).toEqual({
      'cats/a/1': 'train',
      'cats/a/2': 'validation',
      'cats/a/3': 'test',
      'cats/b/1': 'train',
      'cats/b/9': 'test',
    });
  });
  it('takes the parts that the data set gives for all others', () => {
    const given = [...same, picture('b/5', 'test'), picture('b/6', 'validation')];
    expect(splitsOf(given)).toMatchObject({ 'b/5': 'test', 'b/6': 'validation' });
  });
  it('says so when a class has nothing left to learn from, or nothing is left to validate with', () => {
    expect(() => splitsOf(same.slice(0, 3))).toThrow(expect.objectContaining({ code: 'class-missing-in-train' }));
    expect(() => splitsOf([same[0]!, same[3]!])).toThrow(expect.objectContaining({ code: 'no-split' }));
  });
});
