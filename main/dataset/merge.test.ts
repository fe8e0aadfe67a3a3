import { describe, expect, it } from 'vitest';
import type { SkippedFile } from '../../contract/dataset.ts';
import type { Manifest } from './manifest.ts';
import { isToTryAgain, merge, withVerdicts } from './merge.ts';

const facts = { height: 2, width: 3, conversions: [], sharpness: 1, brightness: 0.5 };
const image = (path: string, sha256: string | null, mtimeMs = 2) => ({
  path,
  className: 'cats',
  split: null,
  sizeBytes: 1,
  mtimeMs,
  sha256,
  facts: sha256 === null ? null : facts,
});
const manifestOf = (images: Manifest['images']): Manifest => ({
  formatVersion: 1,
  broken: [],
  source: null,
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
  labels: null,
  layout: 'classes',
  classNames: ['cats'],
  images,
  skipped: [],
  complete: true,
});
const listing = (images: Manifest['images']) => ({
  labels: null,
  layout: 'classes' as const,
  classNames: ['cats'],
  images,
  skipped: [],
});
const unreadable = (path: string): SkippedFile => ({ path, reason: 'unreadable', detail: 'EIO' });
const corrupt = (path: string): SkippedFile => ({ path, reason: 'corrupt', detail: '' });

describe('a file that could not be read', () => {
  const listed = [image('0.jpg', null), image('1.jpg', null), image('2.jpg', null)];
  const told = withVerdicts(manifestOf(listed), [['2.jpg', 'c2']], [unreadable('0.jpg'), corrupt('1.jpg')]);

  it('is told as skipped, and is tried again when the folder is listed again; one that is broken is not', () => {
    expect(told.images.map(({ path }) => path)).toEqual(['2.jpg']);
    expect(told.skipped).toEqual([unreadable('0.jpg'), corrupt('1.jpg')]);
    const again = merge(told, listing(listed));
    expect(again.images.map(({ path }) => path)).toEqual(['0.jpg', '2.jpg']);
    expect(again.skipped).toEqual([corrupt('1.jpg')]);
    expect(again.complete).toBe(false);
  });

  it('is tried again where an older Graft took it for broken', () => {
    const older = { ...told, broken: [...told.broken, { ...unreadable('0.jpg'), sizeBytes: 1, mtimeMs: 2 }] };
    expect(merge(older, listing(listed)).images.map(({ path }) => path)).toEqual(['0.jpg', '2.jpg']);
  });

  it('comes back when it is a copy of Graft’s own that can be read again', () => {
    const own = image('.graft-added/1-cat.jpg', 'a1');
    const lost = merge(withVerdicts(manifestOf([own]), [], [unreadable(own.path)]), listing([]));
    expect(lost.images).toEqual([]);
    expect(lost.broken.filter(isToTryAgain)).toHaveLength(1);
    const found = withVerdicts(lost, [[own.path, 'a1']], [], [[own.path, facts]], lost.broken);
    expect(found).toMatchObject({ images: [{ path: own.path, sha256: 'a1', facts }], skipped: [], broken: [] });
  });
});

describe('withVerdicts', () => {
  const seen = [image('0.jpg', null), image('1.jpg', null), image('2.jpg', null)];

  it('leaves out what was found about a file that was replaced meanwhile', () => {
    const now = manifestOf([image('0.jpg', 'new0', 9), image('1.jpg', 'new1', 9), image('2.jpg', null)]);
    const found = withVerdicts(now, [['0.jpg', 'old0'], ['2.jpg', 'c2']], [corrupt('1.jpg')], [], seen); // prettier-ignore
    expect(found.images.map(({ path, sha256 }) => [path, sha256])).toEqual([
      ['0.jpg', 'new0'],
      ['1.jpg', 'new1'],
      ['2.jpg', 'c2'],
    ]);
    expect([found.skipped, found.broken]).toEqual([[], []]);
  });

  it('lets facts follow the hash where a file was replaced with its size and time kept', () => {
    const known = manifestOf([image('0.jpg', 'a'), image('1.jpg', 'b'), image('2.jpg', 'c')]);
    const found = withVerdicts(known, [['0.jpg', 'a'], ['1.jpg', 'new']], []); // prettier-ignore
    expect(found.images.map(({ sha256, facts: told }) => [sha256, told])).toEqual([
      ['a', facts],
      ['new', null],
      ['c', facts],
    ]);
    expect([found.complete, withVerdicts(known, [['0.jpg', 'a']], []).complete]).toEqual([false, true]);
    const decoded = { ...facts, width: 9 };
    expect(withVerdicts(found, [['1.jpg', 'new']], [], [['1.jpg', decoded]]).images[1]).toMatchObject({
      sha256: 'new',
      facts: decoded,
    });
  });

  it('keeps a newer list of skipped files, and adds to it', () => {
    const now = { ...manifestOf([image('2.jpg', null)]), skipped: [corrupt('new.jpg')] };
    const found = withVerdicts(now, [], [corrupt('gone.jpg'), corrupt('2.jpg')], [], seen);
    expect(found.skipped).toEqual([corrupt('new.jpg'), corrupt('2.jpg')]);
  });
});
