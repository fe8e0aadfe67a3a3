import { describe, expect, it } from 'vitest';
import { Manifest, type ManifestImage } from '../dataset/manifest.ts';
import { resolveEdit } from './dataset-edits.ts';
import { entryOf } from './dataset-entry.ts';
import { viewOf } from './dataset-view.ts';

const image = (index: number, split: ManifestImage['split'], sha256: string): ManifestImage => ({
  path: `${split}/${index % 2 === 0 ? 'cats' : 'dogs'}/${index}.jpg`,
  className: index % 2 === 0 ? 'cats' : 'dogs',
  split,
  sizeBytes: 1,
  mtimeMs: 1,
  sha256,
  facts: null,
});

describe('resolveEdit of a fold', () => {
  it('leaves copies on the side of what they are copies of, also of what is tested', () => {
    const manifest = Manifest.parse({
      formatVersion: 1,
      datasetId: 'd',
      name: 'pets',
      kind: 'folder',
      root: '/pets',
      createdAt: '2026-11-23T10:00:00Z',
      layout: 'splits',
      classNames: ['cats', 'dogs'],
      images: [
        ...Array.from({ length: 8 }, (_, index) => image(index, 'test', `content ${index}`)),
        ...Array.from({ length: 40 }, (_, index) => image(index, 'train', `content ${index}`)), // eight are copies
        ...Array.from({ length: 8 }, (_, index) => image(index, 'validation', `other ${index}`)),
      ],
      skipped: [],
      complete: true,
    });
    const edit = resolveEdit(viewOf(entryOf(manifest, 'ready')), { kind: 'draw-fold', numFolds: 4, fold: 0, seed: 1 });
    if (edit.kind !== 'split') throw new Error(edit.kind);
    const { test, validation } = edit.assignment;
    expect(test).toHaveLength(16);
    const contents = new Map(manifest.images.map(({ path, sha256 }) => [path, sha256]));
    const [tested, validated] = [test, validation].map((paths) => new Set(paths.map((path) => contents.get(path))));
    const rest = manifest.images.filter(({ path }) => !test.includes(path) && !validation.includes(path));
    for (const { sha256 } of rest) expect([tested!.has(sha256), validated!.has(sha256)]).toEqual([false, false]);
  });
});
