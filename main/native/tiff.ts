/** Tags that decoding the pixels needs. @see TIFF 6.0, sections 8, 15 and 22 */
const tags = {
  bitsPerSample: 258,
  stripOffsets: 273,
  stripByteCounts: 279,
  colourMap: 320,
  tileOffsets: 324,
  tileByteCounts: 325,
  jpegTables: 347,
} as const;
const neededTags: readonly number[] = Object.values(tags);
/** Bytes of one value, by the number of its type. */
const typeBytes: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  13: 4,
  16: 8,
};

/** Where the values of a tag lie, in bytes from the start of the file. */
interface Values {
  at: number;
  count: number;
  bytesEach: number;
}

/**
 * Tells how long a TIFF has to be for the pixels of its first picture to be whole, by its own account. libtiff fills in what
 * is missing behind a JPEG inside, so that a cut file decodes to a picture without a word.
 *
 * @param bytes a file that begins as a TIFF or a BigTIFF does; anything may follow.
 * @returns bytes from the start; `Infinity` where a list of places is itself beyond the end.
 */
export function tiffEnd(bytes: Buffer): number {
  const isLittle = bytes[0] === 0x49;
  const isBig = bytes[2] === 0x2b || bytes[3] === 0x2b;
  const number = (at: number, size: number): number => {
    if (at + size > bytes.length) return Infinity;
    if (size === 8) return Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    if (size > 4) return Infinity;
    return isLittle ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
  };
  const word = isBig ? 8 : 4;
  const directory = number(isBig ? 8 : 4, word);
  const numTagBytes = isBig ? 8 : 2;
  const numTags = number(directory, numTagBytes);
  const entryBytes = 4 + 2 * word;
  const start = directory + numTagBytes;
  if (start + numTags * entryBytes > bytes.length) return Infinity;

  const found = new Map<number, Values>();
  let end = 0;
  for (let entry = start; entry < start + numTags * entryBytes; entry += entryBytes) {
    const tag = number(entry, 2);
    const bytesEach = typeBytes[number(entry + 2, 2)];
    if (!neededTags.includes(tag) || bytesEach === undefined) continue;
    const count = number(entry + 4, word);
    const place = entry + 4 + word;
    const at = count * bytesEach <= word ? place : number(place, word);
    found.set(tag, { at, count, bytesEach });
    end = Math.max(end, at + count * bytesEach);
  }
  if (end > bytes.length) return end;
  for (const [offsets, lengths] of [
    [found.get(tags.stripOffsets), found.get(tags.stripByteCounts)],
    [found.get(tags.tileOffsets), found.get(tags.tileByteCounts)],
  ]) {
    if (!offsets || !lengths) continue;
    for (let i = 0; i < Math.min(offsets.count, lengths.count); i++) {
      const value = ({ at, bytesEach }: Values): number => number(at + i * bytesEach, bytesEach);
      end = Math.max(end, value(offsets) + value(lengths));
    }
  }
  return end;
}
