import type { FolderFile } from '../transport/transport.ts';

/** What was dropped, read whole. */
export interface Drop {
  /** Name for the data set: the folder's, or null where no single folder was dropped. */
  folderName: string | null;
  /** Every file inside the folders, with its path; loose files by their name alone. */
  files: FolderFile[];
  numFolders: number;
  hasArchive: boolean;
}

/** Files that file managers leave in folders and nobody means. */
const strayNames = new Set(['thumbs.db', 'desktop.ini', '__macosx']);
const isStray = (name: string): boolean => name.startsWith('.') || strayNames.has(name.toLowerCase());
export const isArchive = (name: string): boolean => /\.(zip|tar|tgz|tar\.gz|7z|rar)$/i.test(name);
export const isLabelList = (name: string): boolean => /^[^/]*\.(csv|tsv|json|ndjson|jsonl)$/i.test(name);
export const isPicture = (name: string): boolean => /\.(jpe?g|png|webp|gif|tiff?|avif|bmp|heic)$/i.test(name);

/** One dropped thing, whichever interface the browser gave it by. */
interface Dropped {
  readonly name: string;
  /** Null for a folder. */
  file: (() => Promise<File>) | null;
  children: () => AsyncIterable<Dropped>;
}

/**
 * Reads what was dropped on the window. Takes hold of every item before the first await, since the browser empties the
 * list at the end of the event.
 */
export async function readDrop(items: DataTransferItemList): Promise<Drop> {
  const held = [...items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({ handle: handleOf(item), entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const dropped: Dropped[] = [];
  for (const { handle, entry, file } of held) {
    // A handle can be refused (another origin's frame, automation); the entry then says the same.
    const real = (await handle?.catch(() => null)) ?? null;
    if (real !== null) dropped.push(fromHandle(real));
    else if (entry !== null) dropped.push(fromEntry(entry));
    else if (file !== null) dropped.push(fromFile(file));
  }
  return collect(dropped);
}

const splitNames = /^(train|val|valid|validation|test)$/i;

/**
 * What was dropped, as the data sets that it is: several folders are one each where all of them hold nothing but folders of
 * pictures, else they are the classes, or the parts, of one.
 */
export function dataSetsOf(drop: Drop): Drop[] {
  const byFolder = new Map<string, FolderFile[]>();
  const unreadable: FolderFile[] = [];
  for (const { path, file } of drop.files) {
    const [top = '', ...below] = path.split('/');
    if (file === null && below.length === 0) {
      unreadable.push({ path, file }); // of itself it does not tell what the others are
      continue;
    }
    const isLoosePicture = below.length < 2 && isPicture(path); // then the folder is a class itself
    if (drop.folderName !== null || below.length === 0 || isLoosePicture || splitNames.test(top)) return [drop];
    const files = byFolder.get(top) ?? [];
    files.push({ path: below.join('/'), file });
    byFolder.set(top, files);
  }
  if (byFolder.size < 2) return [drop];
  return [...byFolder].map(([folderName, files], index) => ({
    folderName,
    files: index === 0 ? [...files, ...unreadable] : files, // told with the first
    numFolders: 1,
    hasArchive: false,
  }));
}

/** The files of an `<input webkitdirectory>`: one folder, its name first in every path. */
export function readFolderInput(files: Iterable<File>): Drop {
  const all = [...files].map((file) => ({ file, parts: (file.webkitRelativePath || file.name).split('/') }));
  const kept = all.filter(({ parts }) => !parts.some(isStray));
  return {
    folderName: all[0]?.parts[0] ?? null,
    files: kept.map(({ file, parts }) => ({ file, path: parts.slice(1).join('/') })),
    numFolders: 1,
    hasArchive: false,
  };
}

async function collect(all: readonly Dropped[]): Promise<Drop> {
  const dropped = underOwnNames(all);
  const folders = dropped.filter((one) => one.file === null);
  const only = folders.length === 1 && dropped.length === 1 ? folders[0] : undefined;
  const files: FolderFile[] = [];
  // The one folder's own name is the data set's, not a class; of several folders each name is a class.
  if (only !== undefined) await walk(only.children(), '', files);
  else await walk(listed(dropped), '', files);
  return {
    folderName: only?.name ?? null,
    files,
    numFolders: folders.length,
    hasArchive: dropped.some((one) => one.file !== null && isArchive(one.name)),
  };
}

/**
 * What comes from several places may have one name. The second then gets another, as in a file manager: neither takes the
 * other's place, nor do two folders become one unasked.
 */
function underOwnNames(dropped: readonly Dropped[]): Dropped[] {
  const taken = new Set(dropped.map(({ name }) => name));
  const isUsed = new Set<string>();
  return dropped.map((one) => {
    let { name } = one;
    const [, stem = name, ending = ''] = (one.file !== null && /^(.+?)((?:\.tar)?\.[^.]+)$/.exec(name)) || [];
    for (let n = 2; isUsed.has(name) || (name !== one.name && taken.has(name)); n++) name = `${stem} (${n})${ending}`;
    isUsed.add(name);
    return name === one.name ? one : { ...one, name };
  });
}

/** Reads all below. A file or folder that cannot be read keeps no other out: it is named, for its verdict. */
async function walk(items: AsyncIterable<Dropped>, prefix: string, into: FolderFile[]): Promise<void> {
  for await (const item of items) {
    if (isStray(item.name)) continue;
    const path = prefix + item.name;
    if (item.file !== null) into.push({ path, file: await orNull(item.file()) });
    else if ((await orNull(walk(item.children(), `${path}/`, into))) === null) into.push({ path, file: null });
  }
}

/** What a browser gives; null where it cannot. */
async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof DOMException) return null; // NotFoundError, NotReadableError, NotAllowedError
    throw error;
  }
}

async function* listed(items: readonly Dropped[]): AsyncGenerator<Dropped> {
  yield* items;
}

/** Not in TypeScript's DOM library, and not in Firefox and Safari. */
function handleOf(item: DataTransferItem): Promise<FileSystemHandle | null> | null {
  const withHandle = item as DataTransferItem & { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> };
  return withHandle.getAsFileSystemHandle?.() ?? null;
}

function fromHandle(handle: FileSystemHandle): Dropped {
  const isFile = handle.kind === 'file';
  return {
    name: handle.name,
    file: isFile ? () => (handle as FileSystemFileHandle).getFile() : null,
    async *children() {
      const folder = handle as FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };
      for await (const child of folder.values()) yield fromHandle(child);
    },
  };
}

function fromEntry(entry: FileSystemEntry): Dropped {
  return {
    name: entry.name,
    file: entry.isFile
      ? () => new Promise((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
      : null,
    async *children() {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      // A call gives at most 100 entries; an empty answer is the end.
      for (;;) {
        const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
        if (some.length === 0) return;
        for (const child of some) yield fromEntry(child);
      }
    },
  };
}

function fromFile(file: File): Dropped {
  return { name: file.name, file: () => Promise.resolve(file), children: () => listed([]) };
}
