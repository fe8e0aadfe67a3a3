/** Everything in a TAR lies in blocks of this many bytes. */
export const tarBlockBytes = 512;

/** One header as it stands; names are bytes, since their encoding is anybody's guess. */
export interface TarHeader {
  name: Buffer;
  /** The type flag: `0` a file, `5` a folder, `L` and `x` words about the next header. */
  type: string;
  sizeBytes: number;
  /** Seconds since 1970; 0 when the field makes no sense. */
  mtimeS: number;
}

/** What a pax header says about the next file, of what matters here. */
export interface PaxRecords {
  path?: string;
  sizeBytes?: number;
  mtimeS?: number;
  /** The content is a map of holes and pieces, not the file. */
  isSparse?: boolean;
}

/**
 * Reads one header of the kinds v7, ustar and GNU.
 *
 * @param block 512 bytes
 * @returns `end` for a block of zeros, `corrupt` for a wrong checksum or a size that cannot be
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
 */
export function parseTarHeader(block: Buffer): TarHeader | 'end' | 'corrupt' {
  const stored = parseNumber(block.subarray(148, 156));
  let unsigned = 0;
  let signed = 0; // of some old programs
  let isZero = true;
  for (let i = 0; i < tarBlockBytes; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : block[i]!;
    if (block[i] !== 0) isZero = false;
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  if (isZero) return 'end';
  if (stored === null || (stored !== unsigned && stored !== signed)) return 'corrupt';
  const sizeBytes = parseNumber(block.subarray(124, 136));
  if (sizeBytes === null) return 'corrupt';
  const flag = block[156]!;
  let name = untilZero(block.subarray(0, 100));
  // GNU's magic is `ustar ` with other fields where ustar has the beginning of a long name.
  if (block.toString('latin1', 257, 263) === 'ustar\0' && block[345] !== 0)
    name = Buffer.concat([untilZero(block.subarray(345, 500)), Buffer.from('/'), name]);
  return {
    name,
    type: flag === 0 ? '0' : String.fromCharCode(flag),
    sizeBytes,
    mtimeS: parseNumber(block.subarray(136, 148)) ?? 0,
  };
}

/** The bytes before the first zero, as C reads a string. */
export function untilZero(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** The records of a pax header; null when they are not well-formed. */
export function parsePax(content: Buffer): PaxRecords | null {
  const records: PaxRecords = {};
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const digits = content.toString('latin1', at, Math.min(space, at + 10));
    const end = at + Number(digits);
    if (space < 0 || !/^[1-9][0-9]*$/.test(digits) || end <= space || content[end - 1] !== 0x0a) return null;
    const equals = content.indexOf(0x3d, space);
    if (equals < 0 || equals >= end) return null;
    const key = content.toString('utf8', space + 1, equals);
    const value = content.toString('utf8', equals + 1, end - 1);
    if (key === 'path') records.path = value;
    else if (key === 'mtime') records.mtimeS = Number(value);
    else if (key.startsWith('GNU.sparse.')) records.isSparse = true;
    else if (key === 'size') {
      records.sizeBytes = Number(value);
      if (!/^[0-9]+$/.test(value) || !Number.isSafeInteger(records.sizeBytes)) return null;
    }
    at = end;
  }
  return records;
}

/** Octal digits, or base 256 when the first bit is set; null when it is neither, negative or beyond 2^53. */
function parseNumber(field: Buffer): number | null {
  if ((field[0]! & 0x80) !== 0) {
    if (field[0] !== 0x80) return null; // 0xff begins a negative number; others are beyond 2^53
    let value = 0;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    return Number.isSafeInteger(value) ? value : null;
  }
  const text = field
    .toString('latin1')
    .replace(/^ +/, '')
    .replace(/[\0 ].*$/s, '');
  return /^[0-7]*$/.test(text) ? parseInt(text || '0', 8) : null;
}
