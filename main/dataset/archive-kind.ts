import { gunzipSync, constants } from 'node:zlib';
import { parseTarHeader, tarBlockBytes } from './tar-header.ts';

/** The kinds of archives that Graft unpacks. */
export type ArchiveKind = 'zip' | 'tar' | 'tar.gz';

/** Bytes that `archiveKind` wants to see; fewer will do for a shorter file. */
export const archiveHeaderBytes = 4096;

const gzipTrailerBytes = 8;

/** Names of what else would have to be unpacked; a name is enough where nothing is unpacked anyway. */
const archiveName = /\.(zip|zipx|tar|tgz|tbz2?|txz|gz|bz2|xz|zst|lz4|lzma|7z|rar|cab|iso|dmg|jar|egg|alz)$/i;

/**
 * Tells an archive by its first bytes; names and extensions are never asked.
 *
 * @param header the file's first bytes, at best `archiveHeaderBytes` of them: of gzip, the beginning is inflated to look
 * whether a TAR is inside.
 */
export function archiveKind(header: Uint8Array): ArchiveKind | null {
  if (isZip(header)) return 'zip';
  if (isGzip(header)) return isTar(beginning(header)) ? 'tar.gz' : null;
  return isTar(header) ? 'tar' : null;
}

/** Whether a file is an archive or packed by gzip, by its first bytes; looks into nothing. */
export function isPacked(header: Uint8Array): boolean {
  return isZip(header) || isGzip(header) || isTar(header);
}

function starts(header: Uint8Array, ...bytes: number[]): boolean {
  return bytes.every((byte, i) => header[i] === byte);
}

/** A file, an empty archive, or the mark of one that was to be split and was not. */
function isZip(header: Uint8Array): boolean {
  return starts(header, 0x50, 0x4b, 3, 4) || starts(header, 0x50, 0x4b, 5, 6) || starts(header, 0x50, 0x4b, 7, 8);
}

function isGzip(header: Uint8Array): boolean {
  return starts(header, 0x1f, 0x8b, 8);
}

/** Whether a name is one of an archive or a packed file. */
export function hasArchiveName(name: string): boolean {
  return archiveName.test(name);
}

/** A first block with a right checksum; one of zeros is an archive of nothing, and any file of zeros. */
function isTar(bytes: Uint8Array): boolean {
  if (bytes.length < tarBlockBytes) return false;
  const header = parseTarHeader(Buffer.from(bytes.buffer, bytes.byteOffset, tarBlockBytes));
  return typeof header === 'object';
}

/** What the first bytes of a gzip file give, at most 4 MB: deflate makes a thousand of one at best. */
function beginning(header: Uint8Array): Uint8Array {
  // Of a short file the checksum at its end is there too; whether it is right is found when all is unpacked.
  const bytes = header.subarray(0, Math.min(header.length, archiveHeaderBytes) - gzipTrailerBytes);
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 ** 23 });
  } catch {
    return new Uint8Array(); // not gzip behind its first three bytes
  }
}
