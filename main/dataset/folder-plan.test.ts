import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Split } from '../../contract/dataset.ts';
import { planFolders } from './folder-plan.ts';

const image = (path: string, className: string, split: Split = 'train') => ({ path, className, split });

describe('planFolders', () => {
  it('puts each picture into its part and class, under its own name', () => {
    const { files, folders, numRenamedFiles } = planFolders(
      [image('x/1.jpg', 'cats'), image('y/deep/2.jpg', 'dogs', 'test')],
      ['birds', 'cats', 'dogs'],
    );
    expect(files).toEqual([
      { from: 'x/1.jpg', to: 'train/cats/1.jpg' },
      { from: 'y/deep/2.jpg', to: 'test/dogs/2.jpg' },
    ]);
    expect(folders).toEqual(['train/birds', 'train/cats', 'train/dogs']);
    expect(numRenamedFiles).toBe(0);
  });

  it('gives a number to a name that is taken, in whatever case', () => {
    const { files, numRenamedFiles } = planFolders(
      ['a/1.jpg', 'b/1.jpg', 'c/1.JPG', 'd/1 (2).jpg'].map((path) => image(path, 'cats')),
      ['cats'],
    );
    expect(files.map(({ to }) => to.slice('train/cats/'.length))).toEqual([
      '1.jpg',
      '1 (2).jpg',
      '1 (3).JPG',
      '1 (2) (2).jpg',
    ]);
    expect(numRenamedFiles).toBe(3);
  });

  it('makes folders of class names that cannot be one, and keeps those that can', () => {
    const { folderNames } = planFolders([], ['Cats', 'a:b', 'a?b', 'a_b', 'cats', 'con']);
    expect(Object.fromEntries(folderNames)).toEqual({
      Cats: 'Cats',
      cats: 'cats (2)',
      a_b: 'a_b',
      'a:b': 'a_b (2)',
      'a?b': 'a_b (3)',
      con: '_con',
    });
  });

  it('never puts two pictures in one place, on systems that tell no case either, nor two classes', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '.', ' ', ':', 'é', 'e\u0301', '(2)', ' (2)'), minLength: 1, maxLength: 4 }); // prettier-ignore
    const anyImage = fc.record({
      path: fc.tuple(name, name).map(([folder, file]) => `${folder}/${file}`),
      className: name,
      split: fc.constantFrom(...Split.options),
    });
    fc.assert(
      fc.property(fc.uniqueArray(anyImage, { selector: ({ path }) => path, maxLength: 60 }), (images) => {
        const plan = planFolders(images, [...new Set(images.map(({ className }) => className))]);
        const places = plan.files.map(({ to }) => to.normalize('NFC').toLowerCase());
        expect(new Set(places).size).toBe(images.length);
        const folders = [...plan.folderNames.values()].map((folder) => folder.normalize('NFC').toLowerCase());
        expect(new Set(folders).size).toBe(folders.length);
      }),
      { numRuns: 500 },
    );
  });

  it('is quick where a hundred thousand files have one name', () => {
    const images = Array.from({ length: 100_000 }, (_, i) => image(`${i}/1.jpg`, 'cats'));
    const start = performance.now();
    expect(planFolders(images, ['cats']).numRenamedFiles).toBe(99_999);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
