import {
  aligned,
  attribute,
  bytesPerNumber,
  concat,
  datasetMessages,
  fixedTextType,
  groupMessages,
  heapTextType,
  link,
  objectHeader,
  padded,
  superblock,
  superblockBytes,
  u16,
  u32,
  u64,
  u8,
  utf8,
  type Hdf5NumberType,
} from './hdf5-bytes.ts';

/** A text of any length, or a list of texts that together have less than 64 KB. */
export type Hdf5Attribute = string | readonly string[];

/** Numbers in a file to be. They are asked for when their turn to be written comes, and not kept. */
export interface Hdf5Dataset {
  shape: readonly number[];
  type: Hdf5NumberType;
  /** As many numbers as the shape says, little-endian. */
  bytes(): Uint8Array;
}

export interface Hdf5Group {
  attributes: Readonly<Record<string, Hdf5Attribute>>;
  members: ReadonlyMap<string, Hdf5Group | Hdf5Dataset>;
}

/**
 * Writes an HDF5 file piece by piece: the structure first, then the numbers of one data set after the other, so that memory
 * holds one tensor and not the file. The same content gives the same bytes, for no time is written down.
 *
 * h5wasm, which reads these files, would write them too, but keeps the whole file in memory (1.9 GB for one of 0.5 GB), takes
 * 13 seconds for it, and stamps every data set with the time.
 *
 * @throws Error when a list of texts is too long, or a data set has other than its bytes
 */
export function hdf5Pieces(root: Hdf5Group): { sizeBytes: number; pieces: Iterable<Uint8Array> } {
  const layout = new Layout(root);
  return { sizeBytes: layout.sizeBytes, pieces: piecesOf(layout) };
}

function* piecesOf(layout: Layout): Iterable<Uint8Array> {
  yield layout.structure();
  for (const dataset of layout.datasets) {
    const bytes = dataset.bytes();
    if (bytes.length !== sizeOf(dataset)) throw new Error(`${bytes.length} bytes for [${dataset.shape.join(', ')}]`);
    yield bytes;
    if (aligned(bytes.length) > bytes.length) yield new Uint8Array(aligned(bytes.length) - bytes.length);
  }
}

const sizeOf = ({ shape, type }: Hdf5Dataset): number => shape.reduce((a, b) => a * b, bytesPerNumber[type]);
const isGroup = (object: Hdf5Group | Hdf5Dataset): object is Hdf5Group => 'members' in object;

/** Where everything lies: superblock, headers, heap of texts, numbers. */
class Layout {
  readonly datasets: Hdf5Dataset[] = [];
  readonly sizeBytes: number;
  readonly #root: Hdf5Group;
  readonly #addresses = new Map<Hdf5Group | Hdf5Dataset, number>();
  readonly #dataAddresses = new Map<Hdf5Dataset, number>();
  readonly #heap = new TextHeap();
  #heapAddress = 0;

  constructor(root: Hdf5Group) {
    this.#root = root;
    let end = superblockBytes;
    for (const object of objectsIn(root)) {
      this.#addresses.set(object, end);
      end += this.#header(object).length; // addresses in it are not final, its length is
      if (!isGroup(object)) this.datasets.push(object);
    }
    this.#heapAddress = end;
    end += this.#heap.bytes().length;
    for (const dataset of this.datasets) {
      this.#dataAddresses.set(dataset, end);
      end += aligned(sizeOf(dataset));
    }
    this.sizeBytes = end;
  }

  /** Everything but the numbers. */
  structure(): Uint8Array {
    const headers = [...this.#addresses.keys()].map((object) => this.#header(object));
    return concat(superblock(this.#addresses.get(this.#root)!, this.sizeBytes), ...headers, this.#heap.bytes());
  }

  #header(object: Hdf5Group | Hdf5Dataset): Uint8Array {
    if (!isGroup(object)) {
      const address = this.#dataAddresses.get(object) ?? 0;
      return objectHeader(datasetMessages(object.type, object.shape, address, sizeOf(object)));
    }
    const attributes = Object.entries(object.attributes).map(([name, value]) =>
      typeof value === 'string'
        ? attribute(name, heapTextType(), [], this.#heap.reference(value, this.#heapAddress))
        : textList(name, value),
    );
    const links = [...object.members].map(([name, member]) => link(name, this.#addresses.get(member) ?? 0));
    return objectHeader([...groupMessages(), ...attributes, ...links]);
  }
}

/** A group, then all that lies in it. */
function* objectsIn(object: Hdf5Group | Hdf5Dataset): Iterable<Hdf5Group | Hdf5Dataset> {
  yield object;
  if (isGroup(object)) for (const member of object.members.values()) yield* objectsIn(member);
}

function textList(name: string, texts: readonly string[]): Uint8Array {
  const encoded = texts.map(utf8);
  const length = Math.max(1, ...encoded.map((bytes) => bytes.length));
  return attribute(
    name,
    fixedTextType(length),
    [texts.length],
    concat(...encoded.map((bytes) => padded(bytes, length))),
  );
}

/** Texts of any length; an attribute only points at them. */
class TextHeap {
  readonly #indexes = new Map<string, number>(); // counted from 1

  /** @param address of the heap in the file */
  reference(text: string, address: number): Uint8Array {
    const index = this.#indexes.get(text) ?? this.#indexes.size + 1;
    this.#indexes.set(text, index);
    if (index > 0xffff) throw new Error('too many texts');
    return concat(u32(utf8(text).length), u64(address), u32(index));
  }

  bytes(): Uint8Array {
    const objects = [...this.#indexes].map(([text, index]) => {
      const bytes = utf8(text);
      return concat(u16(index), u16(1), u32(0), u64(bytes.length), padded(bytes));
    });
    const content = concat(...objects);
    const sizeBytes = Math.max(4096, 16 + content.length + 16); // 4096 is the least a heap may have
    const free = sizeBytes - 16 - content.length;
    const start = concat(utf8('GCOL'), u8(1, 0, 0, 0), u64(sizeBytes));
    return padded(concat(start, content, u16(0), u16(0), u32(0), u64(free)), sizeBytes);
  }
}
