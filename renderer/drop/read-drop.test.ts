import { describe, expect, it } from 'vitest';
import { dataSetsOf, readDrop, readFolderInput } from './read-drop.ts';

const batchOf100 = 100; // what Chromium's readEntries gives at most

function fileEntry(name: string): FileSystemEntry {
  return {
    name,
    isFile: true,
    isDirectory: false,
    file: (found: (file: File) => void) => found(new File(['x'], name)),
  } as never;
}
function folderEntry(name: string, children: FileSystemEntry[]): FileSystemEntry {
  const createReader = () => {
    const left = [...children];
    return { readEntries: (found: (some: FileSystemEntry[]) => void) => found(left.splice(0, batchOf100)) };
  };
  return { name, isFile: false, isDirectory: true, createReader } as never;
}
const fails = (name: string, why: string) => (_: unknown, failed: (error: Error) => void) =>
  failed(new DOMException(name, why));

/** A folder that the browser may not read. */
const lockedFolder = (name: string): FileSystemEntry =>
  ({ ...folderEntry(name, []), createReader: () => ({ readEntries: fails(name, 'NotReadableError') }) }) as never;

/** Items that are emptied after the first await, as a browser's are. */
function itemsOf(entries: FileSystemEntry[]): DataTransferItemList {
  const items = entries.map((entry) => ({ kind: 'file', getAsFile: () => null, webkitGetAsEntry: () => entry }));
  void Promise.resolve().then(() => (items.length = 0));
  return items as never;
}
const many = (count: number, className: string) =>
  Array.from({ length: count }, (_, index) => fileEntry(`${className}.${index}.jpg`));

describe('readDrop', () => {
  it('reads every file of a folder, though they come a hundred at a time', async () => {
    const drop = await readDrop(
      itemsOf([folderEntry('pets', [folderEntry('cats', many(250, 'cat')), folderEntry('dogs', many(3, 'dog'))])]),
    );
    expect(drop.files).toHaveLength(253);
  });

  it('names the data set after the one folder, and keeps that name out of the paths', async () => {
    const drop = await readDrop(itemsOf([folderEntry('pets', [folderEntry('cats', many(1, 'cat'))])]));
    expect(drop.folderName).toBe('pets');
    expect(drop.files.map((file) => file.path)).toEqual(['cats/cat.0.jpg']);
  });

  it('takes several folders as classes', async () => {
    const drop = await readDrop(itemsOf([folderEntry('cats', many(1, 'cat')), folderEntry('dogs', many(1, 'dog'))]));
    expect(drop.folderName).toBeNull();
    expect(drop.files.map((file) => file.path)).toEqual(['cats/cat.0.jpg', 'dogs/dog.0.jpg']);
  });

  it('leaves out what file managers put into folders', async () => {
    const drop = await readDrop(
      itemsOf([
        folderEntry('pets', [fileEntry('.DS_Store'), fileEntry('Thumbs.db'), folderEntry('cats', many(1, 'cat'))]),
      ]),
    );
    expect(drop.files).toHaveLength(1);
  });

  it('gives what comes from two places under one name two names', async () => {
    const drop = await readDrop(
      itemsOf([
        folderEntry('cats', many(1, 'cat')),
        folderEntry('cats', many(1, 'cat')),
        folderEntry('cats (2)', many(1, 'cat')),
        fileEntry('labels.csv'),
        fileEntry('labels.csv'),
      ]),
    );
    expect(drop.files.map(({ path }) => path)).toEqual([
      'cats/cat.0.jpg',
      'cats (3)/cat.0.jpg',
      'cats (2)/cat.0.jpg',
      'labels.csv',
      'labels (2).csv',
    ]);
  });

  it('names a file, or a folder, that cannot be read, and reads the others', async () => {
    const gone = { ...fileEntry('gone.jpg'), file: fails('gone.jpg', 'NotFoundError') };
    const locked = lockedFolder('locked');
    const drop = await readDrop(itemsOf([folderEntry('pets', [gone, locked, folderEntry('cats', many(1, 'cat'))])]));
    expect(drop.files.map(({ path, file }) => [path, file?.name ?? null])).toEqual([
      ['gone.jpg', null],
      ['locked', null],
      ['cats/cat.0.jpg', 'cat.0.jpg'],
    ]);
  });

  it('tells an archive from a folder', async () => {
    expect(await readDrop(itemsOf([fileEntry('pets.zip')]))).toMatchObject({ hasArchive: true, numFolders: 0 });
  });
});

describe('readFolderInput', () => {
  it('gives the paths inside the chosen folder', () => {
    const file = Object.assign(new File(['x'], 'a.jpg'), {});
    Object.defineProperty(file, 'webkitRelativePath', { value: 'pets/cats/a.jpg' });
    const drop = readFolderInput([file]);
    expect(drop.folderName).toBe('pets');
    expect(drop.files[0]?.path).toBe('cats/a.jpg');
  });
});

describe('dataSetsOf', () => {
  const pets = folderEntry('pets', [folderEntry('cats', many(2, 'cat')), folderEntry('dogs', many(1, 'dog'))]);
  const trash = folderEntry('trash', [folderEntry('train', [folderEntry('glass', many(3, 'glass'))])]);
  const named = async (entries: FileSystemEntry[]) =>
    dataSetsOf(await readDrop(itemsOf(entries))).map(({ folderName, files }) => [folderName, files[0]?.path]);

  it('takes folders that each hold folders of pictures for data sets of their own', async () => {
    expect(await named([pets, trash])).toEqual([
      ['pets', 'cats/cat.0.jpg'],
      ['trash', 'train/glass/glass.0.jpg'],
    ]);
  });

  it('keeps two data sets of one name apart, whatever is in them', async () => {
    expect(await named([pets, pets])).toEqual([
      ['pets', 'cats/cat.0.jpg'],
      ['pets (2)', 'cats/cat.0.jpg'],
    ]);
  });

  it('takes classes, and parts, for one data set', async () => {
    const parts = ['train', 'test'].map((name) => folderEntry(name, [folderEntry('cats', many(1, 'cat'))]));
    expect(await named([folderEntry('cats', many(1, 'cat')), folderEntry('dogs', many(1, 'dog'))])).toHaveLength(1);
    expect(await named(parts)).toEqual([[null, 'train/cats/cat.0.jpg']]);
    expect(await named([pets])).toEqual([['pets', 'cats/cat.0.jpg']]);
    expect(await named([pets, folderEntry('cats', many(1, 'cat'))])).toHaveLength(1);
  });

  it('lets what cannot be read beside them decide nothing, and tells it with the first', async () => {
    const dropped = dataSetsOf(await readDrop(itemsOf([lockedFolder('locked'), pets, trash])));
    expect(dropped.map(({ folderName }) => folderName)).toEqual(['pets', 'trash']);
    expect(dropped[0]!.files.at(-1)).toEqual({ path: 'locked', file: null });
    expect(dropped[1]!.files.every(({ file }) => file !== null)).toBe(true);
  });

  it('lets no list or text beside the folders of one change what they are', async () => {
    const listed = folderEntry('shoes', [fileEntry('README.md'), folderEntry('boots', many(2, 'boot'))]);
    expect((await named([pets, listed])).map(([name]) => name)).toEqual(['pets', 'shoes']);
  });
});
