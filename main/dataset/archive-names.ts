import { isUtf8 } from 'node:buffer';
import { getFileNameLowLevel, type ExtraField } from 'yauzl';
import { hasArchiveName } from './archive-kind.ts';
import { decodeCp949 } from './cp949.ts';
import { isPlainName, MAX_DEPTH, MAX_PATH_LENGTH } from './upload-path.ts';
import { isIgnored } from './walk.ts';

/** Why something in an archive was not unpacked, though the rest was. */
export type LeftReason = 'name' | 'collision' | 'archive' | 'kind';

/** What becomes of an entry by its name alone. */
export type NameVerdict =
  | { kind: 'take'; path: string; isFolder: boolean }
  /** The system's own business, or the top folder itself. */
  | { kind: 'pass' }
  | { kind: 'leave'; reason: LeftReason }
  /** No honest program writes this name. */
  | { kind: 'refuse'; problem: 'outside' | 'bad-name' };

const utf8Flag = 0x800;

/**
 * The name of an entry in a ZIP: UTF-8 where the archive says so, by its flag or its extra field. Where it says nothing,
 * UTF-8 if it is, else Korean as Windows packs it, else the IBM PC's code page, which takes any bytes.
 */
export function decodeZipName(raw: Buffer, flags: number, extraFields: ExtraField[]): string {
  const declared = getFileNameLowLevel(flags, raw, extraFields, true);
  if ((flags & utf8Flag) !== 0 || declared !== ibmPc(raw)) return declared;
  return decodeName(raw);
}

/** A name of which only the bytes are known: UTF-8, Korean (CP949) or the IBM PC's code page (CP437). */
export function decodeName(raw: Buffer): string {
  if (raw.every((byte) => byte < 0x80)) return raw.toString('latin1');
  return isUtf8(raw) ? raw.toString() : (decodeCp949(raw) ?? ibmPc(raw));
}

const ibmPc = (raw: Buffer): string => getFileNameLowLevel(0, raw, [], true);

/**
 * Judges a name inside an archive. Backslashes separate, as old Windows programs write them and as they would do there;
 * one `./` in front is what `tar -c .` writes.
 */
export function judgeName(name: string): NameVerdict {
  const given = name.replaceAll('\\', '/');
  if (given.includes('\0')) return { kind: 'refuse', problem: 'bad-name' };
  if (given.startsWith('/') || /^[a-z]:/i.test(given) || /(^|\/)\.\.(\/|$)/.test(given))
    return { kind: 'refuse', problem: 'outside' };
  const inner = given.replace(/^\.\//, '');
  if (inner === '' || inner === '.') return given === '' ? { kind: 'leave', reason: 'name' } : { kind: 'pass' };
  const isFolder = inner.endsWith('/');
  const path = isFolder ? inner.slice(0, -1) : inner;
  if (path.length > MAX_PATH_LENGTH) return { kind: 'leave', reason: 'name' };
  const segments = path.split('/');
  if (segments.some((segment) => segment !== '.' && isIgnored(segment))) return { kind: 'pass' };
  if (segments.length > MAX_DEPTH || !segments.every(isPlainName)) return { kind: 'leave', reason: 'name' };
  if (!isFolder && hasArchiveName(path)) return { kind: 'leave', reason: 'archive' };
  return { kind: 'take', path, isFolder };
}
