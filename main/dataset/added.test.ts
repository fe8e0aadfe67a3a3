import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAdded, pictureFile, withAdded } from './added.ts';
import type { Manifest } from './manifest.ts';
import { merge, withVerdicts } from './merge.ts';

const image = (name: string) => ({
  path: name,
  className: 'cats',
  split: null,
  sizeBytes: 1,
  mtimeMs: 2,
  sha256: 'a1',
  facts: null,
});
const own = image('.graft-added/1-cat.jpg');
const manifest: Manifest = {
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
  images: [image('cats/0.jpg')],
  skipped: [],
  complete: true,
};
const filled = withAdded(manifest, '/home/added', [own]);
const scan = { labels: null, layout: 'classes' as const, classNames: ['cats'], images: manifest.images, skipped: [] };

describe('pictureFile', () => {
  it('finds a picture in the folder, and an added one in Graft’s own place', () => {
    expect(pictureFile(filled, 'cats/0.jpg')).toBe(path.join('/pets', 'cats/0.jpg'));
    expect(pictureFile(filled, own.path)).toBe(path.join('/home/added', '1-cat.jpg'));
    expect(isAdded(own)).toBe(true);
    expect(isAdded(image('cats/.graft-added/x.jpg'))).toBe(false);
  });
});

describe('merge', () => {
  it('keeps added pictures, which no listing has, with what is known of them', () => {
    expect(merge(filled, scan).images).toEqual([image('cats/0.jpg'), own]);
    expect(merge(merge(filled, scan), { ...scan, images: [] }).images).toEqual([own]);
  });

  it('keeps the reason why an added picture is not used', () => {
    const bad = { path: own.path, reason: 'unreadable' as const };
    const told = merge(withVerdicts(filled, [], [bad]), scan);
    expect(told.images).toEqual([image('cats/0.jpg')]);
    expect(told.skipped).toEqual([bad]);
    expect(merge(told, scan)).toEqual(told);
  });

  it('keeps the classes that a data set was created with, empty as its folder is', () => {
    const created = { ...manifest, ownClassNames: ['owls', 'cats'] };
    const empty = { labels: null, layout: 'unknown' as const, classNames: [], images: [], skipped: [] };
    expect(merge(created, empty)).toMatchObject({ layout: 'classes', classNames: ['cats', 'owls'] });
    expect(merge(manifest, empty)).toMatchObject({ labels: null, layout: 'unknown', classNames: [] });
  });
});
