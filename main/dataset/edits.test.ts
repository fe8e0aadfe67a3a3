import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Split } from '../../contract/dataset.ts';
import { applyEdits, noEdits, withEdit, type EditHistory, type StoredEdit } from './edits.ts';
import type { Manifest } from './manifest.ts';

const classes = ['cats', 'dogs', 'owls'];
const paths = classes.flatMap((name) => [0, 1, 2].map((i) => `${name}/${i}.jpg`));
const scanned: Manifest = {
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
  layout: 'classes',
  classNames: classes,
  images: paths.map((path) => ({
    path,
    className: path.split('/')[0]!,
    split: null,
    sizeBytes: 1,
    mtimeMs: 0,
    sha256: null,
    facts: null,
  })),
  skipped: [],
  complete: true,
};
const edited = (...edits: StoredEdit[]) => applyEdits(scanned, { formatVersion: 1, edits, numDone: edits.length });
const classOf = (manifest: Manifest) => Object.fromEntries(manifest.images.map((i) => [i.path, i.className]));
const splitOf = (manifest: Manifest) => Object.fromEntries(manifest.images.map((i) => [i.path, i.split]));

const somePaths = fc.subarray(paths, { minLength: 1 });
const anyClass = fc.constantFrom(...classes, 'foxes');
const anySplit = fc.constantFrom<Split>('train', 'validation', 'test');
const assignment = fc.record({ validation: fc.subarray(paths), test: fc.subarray(paths) });
const anyEdit: fc.Arbitrary<StoredEdit> = fc.oneof(
  fc.record({ kind: fc.constant('relabel' as const), paths: somePaths, className: anyClass }),
  fc.record({ kind: fc.constant('exclude' as const), paths: somePaths }),
  fc.record({ kind: fc.constant('include' as const), paths: somePaths }),
  fc.record({
    kind: fc.constant('move' as const),
    paths: somePaths,
    split: anySplit,
    before: fc.option(assignment),
  }),
  fc.record({ kind: fc.constant('split' as const), assignment }),
  fc.record({ kind: fc.constant('add-class' as const), className: anyClass }),
  fc.record({ kind: fc.constant('rename-class' as const), from: anyClass, to: anyClass }),
  fc.record({ kind: fc.constant('remove-class' as const), className: anyClass }),
);

const added = (name: string) => ({ ...scanned.images[0]!, path: `.graft-added/${name}`, className: 'owls' });
const withTwo: Manifest = { ...scanned, images: [...scanned.images, added('1-a.jpg'), added('2-b.jpg')] };
const add = (...names: string[]): StoredEdit => ({
  kind: 'add-images',
  paths: names.map((name) => `.graft-added/${name}`),
  className: 'dogs',
});

describe('applyEdits with added pictures', () => {
  const after = (manifest: Manifest, ...edits: StoredEdit[]) =>
    applyEdits(manifest, { formatVersion: 1, edits, numDone: edits.length });
  const ofAdded = (manifest: Manifest) =>
    manifest.images
      .filter(({ path }) => path.startsWith('.graft-added/'))
      .map(({ className, split }) => [className, split]);

  it('has them only while the edit holds that adds them, in the class where they were dropped', () => {
    expect(applyEdits(withTwo, noEdits).manifest).toEqual(scanned);
    expect(after(withTwo, { kind: 'add-class', className: 'foxes' }).manifest.images).toEqual(scanned.images);
    expect(ofAdded(after(withTwo, add('1-a.jpg')).manifest)).toEqual([['dogs', null]]);
    const both = withEdit(withEdit(noEdits, add('1-a.jpg')), add('2-b.jpg'));
    expect(ofAdded(applyEdits(withTwo, both).manifest)).toHaveLength(2);
    expect(ofAdded(applyEdits(withTwo, { ...both, numDone: 1 }).manifest)).toHaveLength(1);
  });

  it('makes the class where it is new, and follows what becomes of it', () => {
    const renamed = after(withTwo, { ...add('1-a.jpg'), className: 'foxes' } as StoredEdit, {
      kind: 'rename-class',
      from: 'foxes',
      to: 'wolves',
    });
    expect(renamed.manifest.classNames).toEqual(['cats', 'dogs', 'owls', 'wolves']);
    expect(ofAdded(renamed.manifest)).toEqual([['wolves', null]]);
    const gone = after(withTwo, add('1-a.jpg'), { kind: 'remove-class', className: 'dogs' });
    expect(gone.excluded.map(({ path }) => path)).toContain('.graft-added/1-a.jpg');
  });

  it('puts them into train where the split is fixed, by the folders or by an edit', () => {
    const inFolders: Manifest = {
      ...withTwo,
      layout: 'splits',
      images: withTwo.images.map((image) => ({ ...image, split: 'test' })),
    };
    expect(ofAdded(after(inFolders, add('1-a.jpg')).manifest)).toEqual([['dogs', 'train']]);
    const split: StoredEdit = { kind: 'split', assignment: { validation: [paths[0]!], test: [paths[1]!] } };
    expect(ofAdded(after(withTwo, split, add('1-a.jpg')).manifest)).toEqual([['dogs', 'train']]);
    const drawn: StoredEdit = { kind: 'split', assignment: { validation: ['.graft-added/1-a.jpg'], test: [] } };
    expect(ofAdded(after(withTwo, add('1-a.jpg'), drawn).manifest)).toEqual([['dogs', 'validation']]);
  });
});

describe('applyEdits', () => {
  it('leaves a data set without edits as it is', () => {
    expect(applyEdits(scanned, noEdits)).toEqual({ manifest: scanned, excluded: [] });
  });

  it('relabels, also into a class that is new, and keeps a class that is left empty', () => {
    const { manifest } = edited({
      kind: 'relabel',
      paths: ['cats/0.jpg', 'cats/1.jpg', 'cats/2.jpg'],
      className: 'foxes',
    });
    expect(classOf(manifest)['cats/0.jpg']).toBe('foxes');
    expect(manifest.classNames).toEqual(['cats', 'dogs', 'foxes', 'owls']);
  });

  it('excludes and takes back in', () => {
    const out: StoredEdit = { kind: 'exclude', paths: ['cats/0.jpg', 'dogs/0.jpg'] };
    const { manifest, excluded } = edited(out, { kind: 'include', paths: ['dogs/0.jpg'] });
    expect(excluded.map(({ path }) => path)).toEqual(['cats/0.jpg']);
    expect(manifest.images).toHaveLength(8);
  });

  it('merges a class into another when renamed to its name', () => {
    const { manifest } = edited({ kind: 'rename-class', from: 'owls', to: 'cats' });
    expect(manifest.classNames).toEqual(['cats', 'dogs']);
    expect(manifest.images.filter(({ className }) => className === 'cats')).toHaveLength(6);
  });

  it('removes a class with its pictures, and brings it back with a picture that is taken back in', () => {
    const removal: StoredEdit = { kind: 'remove-class', className: 'owls' };
    expect(edited(removal).manifest.classNames).toEqual(['cats', 'dogs']);
    expect(edited(removal).excluded).toHaveLength(3);
    const { manifest } = edited(removal, { kind: 'include', paths: ['owls/1.jpg'] });
    expect(manifest.classNames).toEqual(classes);
    expect(manifest.images).toHaveLength(7);
  });

  it('fixes a split: named pictures in their parts, all others train, and moves on top of it', () => {
    const before = { validation: ['cats/0.jpg'], test: ['dogs/0.jpg'] };
    const { manifest } = edited({ kind: 'move', paths: ['cats/1.jpg'], split: 'test', before });
    expect(manifest.layout).toBe('splits');
    const splits = splitOf(manifest);
    expect([splits['cats/0.jpg'], splits['dogs/0.jpg'], splits['cats/1.jpg'], splits['owls/0.jpg']]).toEqual([
      'validation',
      'test',
      'test',
      'train',
    ]);
  });

  it('passes over pictures that are gone and takes new ones as their folders say', () => {
    const later = { ...scanned, images: [...scanned.images.slice(1), { ...scanned.images[0]!, path: 'cats/9.jpg' }] };
    const edits: StoredEdit[] = [{ kind: 'relabel', paths: ['cats/0.jpg', 'cats/1.jpg'], className: 'dogs' }];
    const { manifest } = applyEdits(later, { formatVersion: 1, edits, numDone: 1 });
    expect(classOf(manifest)).toMatchObject({ 'cats/1.jpg': 'dogs', 'cats/9.jpg': 'cats' });
  });

  it('any number of edits and as many steps back are the beginning, and as many forward the same end', () => {
    fc.assert(
      fc.property(fc.array(anyEdit, { minLength: 1, maxLength: 120 }), (edits) => {
        let history: EditHistory = noEdits;
        const states = [applyEdits(scanned, history)];
        for (const edit of edits) states.push(applyEdits(scanned, (history = withEdit(history, edit))));
        for (let numDone = edits.length; numDone >= 0; numDone--)
          expect(applyEdits(scanned, { ...history, numDone })).toEqual(states[numDone]);
        const { manifest, excluded } = states.at(-1)!;
        expect([...manifest.images, ...excluded].map(({ path }) => path).sort()).toEqual([...paths].sort());
      }),
      { numRuns: Number(process.env['GRAFT_PROPERTY_RUNS'] ?? 100) },
    );
  });

  it('forgets what was undone when something else is done', () => {
    const one: StoredEdit = { kind: 'add-class', className: 'one' };
    const other: StoredEdit = { kind: 'add-class', className: 'other' };
    const history = withEdit({ ...withEdit(withEdit(noEdits, one), one), numDone: 1 }, other);
    expect(history).toEqual({ formatVersion: 1, edits: [one, other], numDone: 2 });
  });
});
