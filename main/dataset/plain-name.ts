import { isPlainName } from './upload-path.ts';
import { isIgnored } from './walk.ts';

/** Leaves room for a number. */
const maxBytes = 240;
const isPlain = (name: string): boolean => isPlainName(name) && !isIgnored(name) && !/\p{Cs}/u.test(name);

/**
 * Makes of a name one that every system takes for a file or a folder and that a scan does not pass over. A name that is
 * one already stays as it is.
 */
export function plainNameOf(name: string): string {
  if (isPlain(name)) return name;
  const replaced = name.replace(/[\u0000-\u001f\u007f\\/:*?"<>|\p{Cs}]/gu, '_');
  const extension = /.(\.\w{1,8})$/.exec(replaced)?.[1] ?? '';
  const cut = shortened(replaced.slice(0, replaced.length - extension.length), extension, maxBytes);
  const plain = cut.replace(/[. ]+$/, (end) => '_'.repeat(end.length));
  return isPlain(plain) ? plain : `_${plain}`;
}

/** A plain name with a number in front of its extension: `cat (2).jpg`. */
export function numberedName(name: string, number: number, hasExtension: boolean): string {
  const extension = (hasExtension && /.(\.\w{1,8})$/.exec(name)?.[1]) || '';
  return shortened(name.slice(0, name.length - extension.length), ` (${number})${extension}`, maxBytes + 15);
}

/** How names are compared by systems that tell no case, and by some that fold more than that. */
export const foldedName = (name: string): string => name.normalize('NFC').toUpperCase();

function shortened(start: string, end: string, most: number): string {
  if (Buffer.byteLength(start + end) <= most) return start + end;
  const characters = [...start];
  let numBytes = Buffer.byteLength(start + end);
  while (numBytes > most) numBytes -= Buffer.byteLength(characters.pop()!);
  return characters.join('') + end;
}
