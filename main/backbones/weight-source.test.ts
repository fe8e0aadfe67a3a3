import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary.ts';
import { findBackbone } from './registry.ts';
import { fetchWeights, officialSource, typedSource } from './weight-source.ts';

const vgg = findBackbone('vgg16');
const official = vgg.weights.official!;

describe('officialSource', () => {
  it('is the official address with its checksum, where no mirror is set', () => {
    const wanted = { ...official, trust: 'official' };
    expect(officialSource(vgg, undefined)).toEqual({ kind: 'web', wanted });
    expect(officialSource(vgg, '')).toEqual({ kind: 'web', wanted });
  });

  it('is the file of that name in a mirror, with the same checksum', () => {
    expect(officialSource(vgg, 'http://mirror.local:8000/keras/')).toMatchObject({
      kind: 'web',
      wanted: { url: `http://mirror.local:8000/keras/${official.file}`, md5: official.md5, trust: 'mirror' },
    });
    expect(officialSource(vgg, '/srv/weights')).toMatchObject({
      kind: 'folder',
      file: path.resolve('/srv/weights', official.file),
    });
  });

  it('says when there is none', () => {
    const spec = { ...vgg, weights: { origin: '' } };
    expect(() => officialSource(spec, undefined)).toThrow(
      expect.objectContaining({ code: 'weights-no-address', params: { backboneId: 'vgg16' } }) as Error,
    );
  });
});

describe('typedSource', () => {
  it('takes any name and keeps it harmless; the official address keeps its checksum', () => {
    expect(typedSource(vgg, 'https://example.org/a/..%2f..%2fmine.h5?x=1')).toEqual({
      kind: 'web',
      wanted: { url: 'https://example.org/a/..%2f..%2fmine.h5?x=1', file: 'vgg16-.._2f.._2fmine.h5', trust: 'typed' },
    });
    expect(typedSource(vgg, official.url).wanted.md5).toBe(official.md5);
  });
});

describe('fetchWeights from a mirror’s folder', () => {
  it('checks the file, and leaves it where it is', async () => {
    const mirror = await temporaryFolder();
    const file = path.join(mirror, official.file);
    const md5 = createHash('md5').update('weights').digest('hex');
    const spec = { ...vgg, weights: { ...vgg.weights, official: { ...official, md5, sha256: undefined } } };
    await expect(fetchWeights(officialSource(vgg, mirror), mirror)).rejects.toMatchObject({
      code: 'download-failed',
      params: { url: file },
    });
    writeFileSync(file, 'weights');
    await expect(fetchWeights(officialSource(vgg, mirror), mirror)).rejects.toMatchObject({ code: 'checksum-differs' });
    const seen: [number, number | null][] = [];
    const fetched = await fetchWeights(officialSource(spec, mirror), mirror, {
      onProgress: (...progress) => seen.push(progress),
    });
    expect(seen).toEqual([
      [0, 7],
      [7, 7],
    ]);
    await fetched.discard();
    expect(existsSync(fetched.file)).toBe(true);
  });
});
