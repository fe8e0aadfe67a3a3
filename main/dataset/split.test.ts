import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import type { Split } from '../../contract/dataset.ts';
import { datasetHealth } from './health.ts';
import type { Manifest, ManifestImage } from './manifest.ts';
import { createRandom } from './seeded.ts';
import { drawSplit, resolveSplits } from './split.ts';

const image = (
  path: string,
  className: string,
  split: Split | null = null,
  sha256: string | null = null,
): ManifestImage => ({ path, className, split, sizeBytes: 1, mtimeMs: 0, sha256, facts: null });
const images = (className: string, count: number, split: Split | null = null): ManifestImage[] =>
  Array.from({ length: count }, (_, i) => image(`${split ?? ''}/${className}/${i}.jpg`, className, split));
const manifest = (layout: Manifest['layout'], list: ManifestImage[], extra: Partial<Manifest> = {}): Manifest => ({
  formatVersion: 1,
  broken: [],
  source: null,
  labels: null,
  left: [],
  nearDuplicates: [],
  featureDuplicates: [],
  comparedContents: null,
  archiveSha256: null,
  isHere: true,
  datasetId: 'd',
  name: 'pets',
  kind: 'folder',
  root: '/pets',
  createdAt: '',
  layout,
  classNames: [...new Set(list.map((i) => i.className))].sort(),
  images: list,
  skipped: [],
  complete: true,
  ...extra,
});
const none = { validationFraction: null, testFraction: null, seed: 1 };
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'fine';
  } catch (error) {
    if (error instanceof GraftError) return (error as GraftError).code;
    throw error;
  }
};

describe('drawSplit', () => {
  const anyDataset = fc.record({
    sizes: fc.array(fc.integer({ min: 3, max: 40 }), { minLength: 2, maxLength: 5 }),
    seed: fc.integer({ min: 0, max: 0xffffffff }),
    validationFraction: fc.double({ min: 0.01, max: 0.45, noNaN: true }),
    testFraction: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 0.45, noNaN: true })),
  });
  const listOf = (sizes: number[]): ManifestImage[] => sizes.flatMap((size, c) => images(`class${c}`, size));

  it('puts every class in every part, however small the fraction, and loses no picture', () => {
    fc.assert(
      fc.property(anyDataset, ({ sizes, ...fractions }) => {
        const drawn = drawSplit(listOf(sizes), fractions);
        expect(drawn).toHaveLength(listOf(sizes).length);
        for (let c = 0; c < sizes.length; c++) {
          const parts = new Set(drawn.filter((i) => i.className === `class${c}`).map((i) => i.split));
          expect(parts.size).toBe(fractions.testFraction > 0 ? 3 : 2);
        }
      }),
    );
  });
  it('gives the same parts for the same seed, whatever the order of the pictures', () => {
    fc.assert(
      fc.property(anyDataset, ({ sizes, ...fractions }) => {
        const list = listOf(sizes);
        expect(drawSplit(createRandom(fractions.seed, 'order').shuffle([...list]), fractions)).toEqual(
          drawSplit(list, fractions),
        );
      }),
    );
  });
  it('gives other parts for another seed', () => {
    const fractions = { validationFraction: 0.2, testFraction: 0.2 };
    expect(drawSplit(images('a', 40), { ...fractions, seed: 1 })).not.toEqual(
      drawSplit(images('a', 40), { ...fractions, seed: 2 }),
    );
  });
  it('never lets exact duplicates straddle parts, also across classes', () => {
    const sha = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b'), sha), { minLength: 8, maxLength: 60 }),
        fc.integer({ min: 0, max: 999 }),
        (list, seed) => {
          const input = list.map(([className, s], i) => image(`${className}/${i}.jpg`, className, null, `sha${s}`));
          let drawn;
          try {
            drawn = drawSplit(input, { validationFraction: 0.2, testFraction: 0.2, seed });
          } catch (error) {
            expect((error as GraftError).code).toBe('class-too-small');
            return;
          }
          const parts = new Map<string, Set<string>>();
          for (const i of drawn) parts.set(i.sha256!, (parts.get(i.sha256!) ?? new Set()).add(i.split));
          for (const found of parts.values()) expect(found.size).toBe(1);
          for (const className of new Set(drawn.map((i) => i.className)))
            expect(new Set(drawn.filter((i) => i.className === className).map((i) => i.split)).size).toBe(3);
        },
      ),
      { numRuns: 300 },
    );
  });
  it('rounds to the fraction of each class', () => {
    const drawn = drawSplit(images('a', 137), { validationFraction: 0.2, testFraction: 0.2, seed: 1 });
    expect(drawn.filter((i) => i.split === 'test')).toHaveLength(27);
    expect(drawn.filter((i) => i.split === 'validation')).toHaveLength(27);
  });
  it('says which class is too small', () => {
    expect(() =>
      drawSplit([...images('a', 5), ...images('b', 2)], { validationFraction: 0.2, testFraction: 0.2, seed: 1 }),
    ).toThrow(new GraftError('class-too-small', { className: 'b', numImages: 2, minImages: 3 }));
  });
});

describe('resolveSplits', () => {
  const both = (count: number, split: Split | null): ManifestImage[] => [
    ...images('a', count, split),
    ...images('b', count, split),
  ];
  const counts = (list: { split: string }[]): number[] =>
    ['train', 'validation', 'test'].map((s) => list.filter((i) => i.split === s).length);

  it('draws 0.2 each where the folders give no split', () =>
    expect(counts(resolveSplits(manifest('classes', both(10, null)), none))).toEqual([12, 4, 4]));
  it('draws nothing where the folders give train and validation', () => {
    expect(counts(resolveSplits(manifest('splits', [...both(5, 'train'), ...both(2, 'validation')]), none))).toEqual([
      10, 4, 0,
    ]);
  });
  it('draws validation from train where the folders give none', () => {
    expect(counts(resolveSplits(manifest('splits', [...both(10, 'train'), ...both(3, 'test')]), none))).toEqual([
      16, 4, 6,
    ]);
  });
  it('provokes every error of a data set', () => {
    const given = manifest('splits', [...both(5, 'train'), ...both(2, 'validation')]);
    expect(codeOf(() => resolveSplits(given, { ...none, validationFraction: 0.3 }))).toBe('split-given');
    expect(
      codeOf(() =>
        resolveSplits(manifest('classes', both(9, null)), { ...none, validationFraction: 0.6, testFraction: 0.4 }),
      ),
    ).toBe('fractions-too-large');
    expect(codeOf(() => resolveSplits(manifest('classes', images('a', 9)), none))).toBe('one-class');
    expect(codeOf(() => resolveSplits(manifest('classes', images('a', 9), { classNames: ['a', 'b'] }), none))).toBe(
      'empty-class',
    );
    expect(
      codeOf(() => resolveSplits(manifest('splits', [...both(5, 'train'), ...images('c', 2, 'test')]), none)),
    ).toBe('class-missing-in-train');
    expect(codeOf(() => resolveSplits(manifest('classes', []), none))).toBe('no-images');
    expect(
      codeOf(() => resolveSplits(manifest('classes', [], { skipped: [{ path: 'a/1.jpg', reason: 'corrupt' }] }), none)),
    ).toBe('no-usable-images');
  });
});

describe('datasetHealth', () => {
  const codes = (m: Manifest): string[] => datasetHealth(m).warnings.map((warning) => warning.code);
  it('is silent about a sound data set and counts what would be drawn', () => {
    const health = datasetHealth(manifest('classes', [...images('a', 20), ...images('b', 20)]));
    expect(health.warnings).toEqual([]);
    expect(health.classes[0]).toEqual({ name: 'a', numImages: 20, train: 12, validation: 4, test: 4 });
  });
  it('names one class, empty classes, small ones, gaps and imbalance', () => {
    expect(codes(manifest('classes', images('a', 9)))).toEqual(['one-class']);
    expect(codes(manifest('classes', [...images('a', 9), ...images('b', 9)], { classNames: ['a', 'b', 'c'] }))).toEqual(
      ['empty-class'],
    );
    expect(codes(manifest('classes', [...images('a', 4), ...images('b', 2)]))).toEqual(['class-too-small']);
    expect(
      codes(
        manifest('splits', [...images('a', 14, 'train'), ...images('b', 14, 'train'), ...images('a', 1, 'validation')]),
      ),
    ).toEqual(['class-missing-in-split']);
    expect(codes(manifest('classes', [...images('a', 90), ...images('b', 20)]))).toEqual(['imbalanced']);
    expect(codes(manifest('classes', [...images('a', 12), ...images('b', 12)]))).toEqual(['few-images']);
    expect(codes(manifest('classes', []))).toEqual(['no-images']);
  });
});
