/** Types of numbers and text in a `.npy` file, as NumPy spells them: little-endian. */
export type NpyType = '<f4' | '<i8' | `<U${number}`;

const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]); // \x93NUMPY, version 1.0
/** The header and what is before it end at a multiple of this. */
const alignment = 64;

/**
 * What a `.npy` file begins with; the values follow in row order.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function npyHeader(type: NpyType, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = magic.length + 2;
  const length = Math.ceil((before + text.length + 1) / alignment) * alignment - before;
  const header = Buffer.alloc(before + length, ' ');
  magic.copy(header);
  header.writeUInt16LE(length, magic.length);
  header.write(text, before, 'latin1');
  header.write('\n', before + length - 1, 'latin1');
  return header;
}

/** An array of a `.npy` file, its bytes made as they are asked for. */
export interface NpyArray {
  sizeBytes: number;
  pieces: () => Iterable<Uint8Array>;
}

/** A matrix of float32. @param rowOf gives each row, `numColumns` values */
export function npyFloats(numRows: number, numColumns: number, rowOf: (index: number) => Float32Array): NpyArray {
  const header = npyHeader('<f4', [numRows, numColumns]);
  return {
    sizeBytes: header.length + 4 * numRows * numColumns,
    *pieces() {
      yield header;
      for (let index = 0; index < numRows; index++) {
        const row = rowOf(index);
        yield new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
      }
    },
  };
}

/** A vector of int64. @param values whole numbers */
export function npyIntegers(values: readonly number[]): NpyArray {
  const data = BigInt64Array.from(values, BigInt);
  return inMemory(npyHeader('<i8', [values.length]), Buffer.from(data.buffer));
}

/** A vector of texts, each as long as the longest: UTF-32, filled up with zeros, which NumPy takes off. */
export function npyTexts(texts: readonly string[]): NpyArray {
  const codes = texts.map((text) => Array.from(text, (character) => wellFormed(character.codePointAt(0)!)));
  const longest = codes.reduce((most, { length }) => Math.max(most, length), 1);
  const header = npyHeader(`<U${longest}`, [texts.length]);
  return {
    sizeBytes: header.length + 4 * longest * texts.length,
    *pieces() {
      yield header;
      for (const text of codes)
        yield new Uint8Array(Uint32Array.from({ length: longest }, (_, i) => text[i] ?? 0).buffer);
    },
  };
}

const inMemory = (header: Buffer, data: Buffer): NpyArray => ({
  sizeBytes: header.length + data.length,
  pieces: () => [header, data],
});

/** Half a surrogate pair is no character: Python refuses it. */
const wellFormed = (code: number): number => (code >= 0xd800 && code <= 0xdfff ? 0xfffd : code);

/**
 * Reads the texts of a `.npy` file.
 *
 * @throws Error when it is none of a vector of texts
 */
export function readNpyTexts(bytes: Buffer): string[] {
  const { type, shape, start } = readNpyHeader(bytes);
  const length = Number(/^<U(\d+)$/.exec(type)?.[1]);
  const [numTexts] = shape;
  if (!length || numTexts === undefined || shape.length !== 1 || bytes.length !== start + 4 * length * numTexts)
    throw new Error(`no vector of texts: ${type} ${shape.join(' x ')}`);
  return Array.from({ length: numTexts }, (_, index) => {
    const codes = Array.from({ length }, (_code, i) => bytes.readUInt32LE(start + 4 * (index * length + i)));
    return String.fromCodePoint(...codes).replace(/\0+$/, '');
  });
}

/** Reads what a `.npy` file says of itself. @returns `start`: where the values begin. @throws Error when it is none */
export function readNpyHeader(bytes: Buffer): { type: string; shape: number[]; start: number } {
  const before = magic.length + 2;
  if (bytes.length < before || !bytes.subarray(0, magic.length).equals(magic)) throw new Error('no .npy file');
  const start = before + bytes.readUInt16LE(magic.length);
  const text = bytes.toString('latin1', before, start);
  const found = /^\{'descr': '([^']+)', 'fortran_order': False, 'shape': \(([\d, ]*)\), \}\s*$/.exec(text);
  if (!found) throw new Error(`not understood: ${text.trim()}`);
  const shape = found[2]!
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  return { type: found[1]!, shape, start };
}
