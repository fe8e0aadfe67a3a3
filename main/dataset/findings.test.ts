import { describe, expect, it } from 'vitest';
import type { ImageFacts, Split } from '../../contract/dataset.ts';
import { countFindings, findingsOf, groupsOfContents } from './findings.ts';

const picture = (path: string, sha256: string | null, split: Split = 'train', facts: ImageFacts | null = null) => ({
  path,
  className: path.split('/')[0]!,
  split,
  sha256,
  facts,
});

describe('findingsOf', () => {
  it('has nothing to say about pictures that are alone', () => {
    expect(findingsOf([picture('cats/1', 'a'), picture('dogs/1', 'b'), picture('dogs/2', null)], []).size).toBe(0);
  });

  it('names the first of equal files as the original of the others', () => {
    const findings = findingsOf([picture('cats/1', 'a'), picture('cats/2', 'a'), picture('cats/3', 'a')], []);
    expect(Object.fromEntries(findings)).toEqual({
      'cats/2': [{ kind: 'exact-duplicate', otherPath: 'cats/1' }],
      'cats/3': [{ kind: 'exact-duplicate', otherPath: 'cats/1' }],
    });
  });

  it('tells both sides of a picture in two classes and across the split', () => {
    const findings = findingsOf([picture('cats/1', 'a', 'train'), picture('dogs/1', 'a', 'test')], []);
    expect(Object.fromEntries(findings)).toEqual({
      'cats/1': [
        { kind: 'two-classes', otherPath: 'dogs/1' },
        { kind: 'leak', otherPath: 'dogs/1' },
      ],
      'dogs/1': [
        { kind: 'exact-duplicate', otherPath: 'cats/1' },
        { kind: 'two-classes', otherPath: 'cats/1' },
        { kind: 'leak', otherPath: 'cats/1' },
      ],
    });
  });

  it('calls validation and test one side: neither is learned from', () => {
    expect(countFindings(findingsOf([picture('c/1', 'a', 'validation'), picture('c/2', 'a', 'test')], []))).toEqual(
      new Map([['exact-duplicate', 1]]),
    );
  });

  it('tells near duplicates, the nearest first, and their leaks', () => {
    const images = [picture('c/1', 'a'), picture('c/2', 'b'), picture('c/3', 'c', 'test'), picture('c/4', 'c', 'test')];
    const findings = findingsOf(images, [
      ['c', 'a', 0.99],
      ['b', 'c', 0.995],
      ['c', 'gone', 0.999],
    ]);
    expect(findings.get('c/3')).toEqual([
      { kind: 'near-duplicate', otherPath: 'c/2', similarity: 0.995 },
      { kind: 'leak', otherPath: 'c/2', similarity: 0.995 },
    ]);
    expect(findings.get('c/4')!.map(({ kind }) => kind)).toEqual(['exact-duplicate', 'near-duplicate', 'leak']);
    expect(findings.get('c/1')).toEqual([{ kind: 'leak', otherPath: 'c/3', similarity: 0.99 }]);
  });

  it('tells what only features find, and that it was them, where looks have said nothing', () => {
    const images = [picture('c/1', 'a'), picture('c/2', 'b'), picture('d/3', 'c', 'test')];
    const findings = findingsOf(
      images,
      [['a', 'b', 0.98]],
      [
        ['b', 'a', 0.99],
        ['c', 'a', 0.95],
        ['c', 'gone', 0.99],
      ],
    );
    expect(findings.get('c/2')).toEqual([{ kind: 'near-duplicate', otherPath: 'c/1', similarity: 0.98 }]);
    const told = { otherPath: 'c/1', similarity: 0.95, byFeatures: true };
    expect(findings.get('d/3')).toEqual([
      { kind: 'near-duplicate', ...told },
      { kind: 'two-classes', ...told },
      { kind: 'leak', ...told },
    ]);
  });

  it('tells how a picture was converted', () => {
    const facts = { height: 1, width: 1, sharpness: 0, brightness: 0, conversions: ['turned', 'cmyk', 'alpha'] };
    expect(findingsOf([picture('c/1', 'a', 'train', facts as ImageFacts)], []).get('c/1')).toEqual([
      { kind: 'turned' },
      { kind: 'converted', conversions: ['cmyk', 'alpha'] },
    ]);
  });

  it('stays quick where thousands of files are the same', () => {
    const images = Array.from({ length: 50_000 }, (_, i) => picture(`c${i % 50}/${i}`, 'a', i % 3 ? 'train' : 'test'));
    const startedAt = performance.now();
    expect(findingsOf(images, []).size).toBe(50_000);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

describe('groupsOfContents', () => {
  it('makes one group of what is alike through a third', () => {
    const groups = groupsOfContents([
      ['a', 'b', 1],
      ['d', 'c', 1],
      ['c', 'b', 1],
      ['x', 'y', 1],
    ]);
    expect(new Set(['a', 'b', 'c', 'd'].map((content) => groups.get(content)))).toEqual(new Set(['a']));
    expect([groups.get('x'), groups.get('y'), groups.get('z')]).toEqual(['x', 'x', undefined]);
  });
});
