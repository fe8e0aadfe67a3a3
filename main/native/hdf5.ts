import h5wasm, { type Dataset, type File, type Group } from 'h5wasm';
import { fromFloat16 } from './float16.ts';

/** Sizes beyond these are no weight files; they bound what a hostile one can make us do. */
/** What Node reads at once; the largest backbone has 1.4 GB. */
export const maxFileBytes = 2 ** 31 - 1;
const maxStrings = 100_000;
/** More are read in pieces: the library's own memory grows to the largest read and never shrinks. */
const maxValuesAtOnce = 2 ** 23;
const numberTypes = { integer: 0, float: 1 } as const; // H5T_INTEGER, H5T_FLOAT
const objectTypes = { group: 0, dataset: 1 } as const;

/**
 * An HDF5 file read from memory, with nothing outside it in reach: links and data that lie elsewhere are refused.
 * Every method throws an Error that says the problem in a few words.
 */
export interface Hdf5File {
  /** Is there a group or data set of this name? Soft and external links are refused, not followed. */
  has(path: string): boolean;
  /** Is this a group? Links are refused as in `has`. */
  isGroup(path: string): boolean;
  /** Names in a group. */
  names(path: string): string[];
  /** An attribute that is a text or a list of texts; null when there is none. */
  texts(path: string, attribute: string): string[] | null;
  /** Shape of a data set, without reading it. */
  shape(path: string): number[];
  /** Numbers of an integer, float16, float32 or float64 data set as float32. @param maxValues more than these are refused unread */
  floats(path: string, maxValues: number): Float32Array;
  close(): void;
}

/** Opens an HDF5 file that is already in memory, and reads from those bytes without a copy. The caller closes it. @throws Error when it is none */
export async function openHdf5(bytes: Uint8Array): Promise<Hdf5File> {
  if (bytes.length > maxFileBytes) throw new Error(`larger than ${maxFileBytes} bytes`);
  const library = await (ready ??= prepare());
  const name = `/file-${numOpened++}.h5`;
  library.FS.writeFile(name, bytes, { canOwn: true }); // eslint-disable-line no-restricted-syntax -- a file system in memory
  const unlink = () => library.FS.unlink(name);
  let file: File;
  try {
    file = new h5wasm.File(name, 'r');
  } catch (cause) {
    unlink();
    throw new Error('not an HDF5 file, or cut off', { cause });
  }
  return new MemoryFile(file, unlink);
}

interface Library {
  FS: { writeFile(path: string, data: Uint8Array, options: { canOwn: boolean }): void; unlink(path: string): void };
  /** Without it a failed read leaves the numbers as they were in memory, and says nothing. */
  activate_throwing_error_handler(): number;
  /** Reads into the library's own memory. */
  get_dataset_data(file: bigint, path: string, count: null, offset: null, strides: null, place: bigint): void;
  HEAPU8: Uint8Array;
  _malloc(numBytes: number): number;
  _free(place: number): void;
}
let library: Library | undefined;
let ready: Promise<Library> | undefined;
let numOpened = 0;

async function prepare(): Promise<Library> {
  library = (await h5wasm.ready) as unknown as Library;
  library.activate_throwing_error_handler();
  // Data sets can name files that hold their numbers (external storage). In this file system only devices exist: remove them.
  for (const device of ['null', 'tty', 'tty1', 'random', 'urandom']) {
    try {
      library.FS.unlink(`/dev/${device}`);
    } catch {
      // this build has no such device
    }
  }
  return library;
}

class MemoryFile implements Hdf5File {
  readonly #file: File;
  readonly #unlink: () => void;
  readonly #types = new Map<string, number | null>([['', objectTypes.group]]);
  readonly #names = new Map<string, Set<string>>();
  constructor(file: File, unlink: () => void) {
    this.#file = file;
    this.#unlink = unlink;
  }

  has(path: string): boolean {
    return this.#typeOf(path) !== null;
  }

  isGroup(path: string): boolean {
    return this.#typeOf(path) === objectTypes.group;
  }

  names(path: string): string[] {
    return plainly(path, () => {
      if (this.#typeOf(path) !== objectTypes.group) throw new Error('no such group');
      return [...this.#namesIn(path)];
    });
  }

  texts(path: string, attribute: string): string[] | null {
    return plainly(`${path}@${attribute}`, () => {
      const owner = this.#typeOf(path) === objectTypes.dataset ? this.#dataset(path) : this.#group(path);
      const found = owner.attrs[attribute];
      if (!found) return null;
      if ((found.shape ?? []).reduce((product, size) => product * size, 1) > maxStrings)
        throw new Error('too many texts');
      const value = found.value;
      const list: unknown[] = Array.isArray(value)
        ? value
        : ArrayBuffer.isView(value) && found.shape?.[0] === 0
          ? []
          : [value];
      if (!list.every((item) => typeof item === 'string')) throw new Error('not a text');
      return list;
    });
  }

  shape(path: string): number[] {
    return plainly(path, () => this.#dataset(path).shape ?? []);
  }

  floats(path: string, maxValues: number): Float32Array {
    return plainly(path, () => {
      const dataset = this.#dataset(path);
      const { type, size } = dataset.metadata;
      const numValues = (dataset.shape ?? []).reduce((product, length) => product * length, 1);
      const isNumber =
        type === numberTypes.integer ? size <= 8 : type === numberTypes.float && [2, 4, 8].includes(size);
      if (!isNumber) throw new Error('not float16, float32, float64 or whole numbers');
      if (numValues > maxValues) throw new Error(`${numValues} numbers, at most ${maxValues} expected`);
      if (type === numberTypes.float && size === 2) return this.#halves(dataset, numValues);
      if (size === 4 && type === numberTypes.float && numValues > maxValuesAtOnce && !dataset.metadata.chunks)
        return inPieces(dataset, numValues);
      const value = dataset.value;
      if (typeof value === 'number' || typeof value === 'bigint') return Float32Array.of(Number(value)); // a scalar
      if (value instanceof Float32Array) return value;
      if (value instanceof BigInt64Array || value instanceof BigUint64Array)
        return Float32Array.from(value as BigInt64Array, Number);
      if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Float32Array.from(value as Float64Array);
      throw new Error('numbers could not be read');
    });
  }

  close(): void {
    this.#file.close();
    this.#unlink();
  }

  #group(path: string): Group {
    if (path === '') return this.#file;
    if (this.#typeOf(path) !== objectTypes.group) throw new Error('no such group');
    return this.#file.get(path) as Group;
  }

  #dataset(path: string): Dataset {
    if (this.#typeOf(path) !== objectTypes.dataset) throw new Error('no such data set');
    const dataset = this.#file.get(path) as Dataset;
    if (dataset.metadata.virtual_sources) throw new Error('is a virtual data set');
    return dataset;
  }

  /** The library reads float16 but has no array for them. */
  #halves(dataset: Dataset, numValues: number): Float32Array {
    if (!(dataset.metadata as { littleEndian?: boolean }).littleEndian) throw new Error('big-endian float16');
    const place = library!._malloc(numValues * 2);
    if (place === 0) throw new Error('too large');
    try {
      library!.get_dataset_data(dataset.file_id, dataset.path, null, null, null, BigInt(place));
      return fromFloat16(new Uint16Array(library!.HEAPU8.slice(place, place + numValues * 2).buffer));
    } finally {
      library!._free(place);
    }
  }

  /** Type of an object; null when there is none. Looks at every step of the way, so that no link is followed. */
  #typeOf(path: string): number | null {
    const known = this.#types.get(path);
    if (known !== undefined) return known;
    const slash = path.lastIndexOf('/');
    const parent = path.slice(0, Math.max(0, slash));
    const type =
      this.#typeOf(parent) === objectTypes.group && this.#namesIn(parent).has(path.slice(slash + 1))
        ? this.#plainType(path)
        : null;
    this.#types.set(path, type);
    return type;
  }

  #plainType(path: string): number {
    if (this.#file.get_link(path) !== null) throw new Error(`${path} is a soft link`);
    const type = this.#file.get_type(path);
    if (type !== objectTypes.group && type !== objectTypes.dataset) throw new Error(`${path} is an external link`);
    return type;
  }

  #namesIn(path: string): Set<string> {
    let names = this.#names.get(path);
    if (!names)
      this.#names.set(path, (names = new Set((path === '' ? this.#file : (this.#file.get(path) as Group)).keys())));
    return names;
  }
}

/** Reads float32 that lie in one stretch some rows at a time. */
function inPieces(dataset: Dataset, numValues: number): Float32Array {
  const [numRows, ...row] = dataset.shape!;
  const rowValues = numValues / numRows!;
  const rowsAtOnce = Math.max(1, Math.floor(maxValuesAtOnce / rowValues));
  const whole = new Float32Array(numValues);
  for (let first = 0; first < numRows!; first += rowsAtOnce) {
    const rows: [number, number] = [first, Math.min(numRows!, first + rowsAtOnce)];
    whole.set(
      dataset.slice([rows, ...row.map((side): [number, number] => [0, side])]) as Float32Array,
      first * rowValues,
    );
  }
  return whole;
}

/** Runs, and replaces HDF5's error stack of many lines by the place and one line. */
function plainly<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${place}: ${text.startsWith('HDF5-DIAG') ? 'cannot be read' : text.split('\n')[0]}`, { cause });
  }
}
