import { isUtf8 } from 'node:buffer';
import { decodeCp949 } from './cp949.ts';

/**
 * Reads the bytes of a text as its writer meant them: UTF-8 or UTF-16 by its mark or by looking, else Korean as Excel on
 * Windows saves it.
 *
 * @returns null when they are none of these
 */
export function decodeText(bytes: Buffer): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decoded('utf-16le', bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decoded('utf-16be', bytes);
  // A text begins with a letter of ASCII or a quote: what is beside its zero says the order.
  if (bytes.length > 1 && bytes[0] === 0 && bytes[1] !== 0) return decoded('utf-16be', bytes);
  if (bytes.length > 1 && bytes[0] !== 0 && bytes[1] === 0) return decoded('utf-16le', bytes);
  return isUtf8(bytes) ? decoded('utf-8', bytes) : decodeCp949(bytes);
}

/** Without its mark. */
function decoded(encoding: string, bytes: Buffer): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
