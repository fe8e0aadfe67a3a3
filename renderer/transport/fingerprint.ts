import type { FolderFile } from './transport.ts';

/** Files of a folder that are looked into, and bytes of each: names, sizes and times are the same where a tool has set them. */
const NUM_SAMPLES = 16;
const SAMPLE_BYTES = 4096;
/** Of an archive, at both ends: at the end of a ZIP is its list with the checksums of all that it holds. */
const ARCHIVE_SAMPLE_BYTES = 65_536;

/**
 * A short text that is the same for the same files: their paths, sizes and times, in whichever order a browser lists them,
 * and how some of them begin. It tells uploads of one person apart, and keeps nobody out: no cryptography, which a page
 * without https does not have.
 */
export async function fingerprintOf(files: readonly FolderFile[]): Promise<string> {
  let sum = 0;
  let product = 1;
  // Both are the same in any order.
  const mix = (about: string): void => {
    sum = (sum + hashOf(about, 0x811c9dc5)) >>> 0;
    product = Math.imul(product, hashOf(about, 0x1b873593) | 1) >>> 0;
  };
  for (const { path, file } of files) mix(JSON.stringify([path, file?.size ?? null, file?.lastModified ?? null]));
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const numSamples = Math.min(NUM_SAMPLES, sorted.length);
  for (let n = 0; n < numSamples; n++) {
    const { path, file } = sorted[Math.floor((n * sorted.length) / numSamples)]!;
    if (file !== null) mix(JSON.stringify([path, await textOf(file.slice(0, SAMPLE_BYTES))]));
  }
  return [files.length, sum, product].map((number) => number.toString(36)).join('-');
}

/** A short text that is the same for the same bytes, as far as both ends of them tell. */
export async function fingerprintOfBytes(file: Blob): Promise<string> {
  const ends = [file.slice(0, ARCHIVE_SAMPLE_BYTES), file.slice(-ARCHIVE_SAMPLE_BYTES)];
  const text = JSON.stringify(await Promise.all(ends.map(textOf)));
  return [hashOf(text, 0x811c9dc5), hashOf(text, 0x1b873593)].map((number) => number.toString(36)).join('-');
}

/** Bytes as characters, one each; null where the browser cannot read them. */
async function textOf(bytes: Blob): Promise<string | null> {
  try {
    return new TextDecoder('latin1').decode(await bytes.arrayBuffer());
  } catch {
    return null; // NotReadableError, NotFoundError: the upload finds it out as well
  }
}

/** FNV-1a of 32 bits over UTF-16 code units, with its bits mixed at the end. @see http://www.isthe.com/chongo/tech/comp/fnv */
function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 15)) >>> 0;
}
