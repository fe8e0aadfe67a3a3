import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

interface Entry {
  name: string;
  bytes: Buffer;
}

/** Reads a ZIP whose entries are stored, not packed, as Graft writes them. @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3 */
export function entriesOfZip(zip: Buffer): Entry[] {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = zip.readUInt32LE(end + 16);
  return Array.from({ length: zip.readUInt16LE(end + 10) }, () => {
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    const begin = zip.readUInt32LE(at + 42);
    const content = begin + 30 + zip.readUInt16LE(begin + 26) + zip.readUInt16LE(begin + 28);
    const bytes = zip.subarray(content, content + zip.readUInt32LE(at + 20));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
    return { name, bytes };
  });
}

/** Unpacks such a ZIP into a folder. */
export async function unpack(zip: Buffer, folder: string): Promise<void> {
  for (const { name, bytes } of entriesOfZip(zip)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), bytes);
  }
}
