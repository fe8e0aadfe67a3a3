import type { FolderFile } from './transport.ts';

/**
 * A short text that is the same for the same files: their paths, sizes and times, in whichever order a browser lists them.
 * It tells uploads of one person apart, and keeps nobody out: no cryptography, which a page without https does not have.
 */
export function fingerprintOf(files: readonly FolderFile[]): string {
  let sum = 0;
  let product = 1;
  for (const { path, file } of files) {
    const about = JSON.stringify([path, file?.size ?? null, file?.lastModified ?? null]);
    // Both are the same in any order.
    sum = (sum + hashOf(about, 0x811c9dc5)) >>> 0;
    product = Math.imul(product, hashOf(about, 0x1b873593) | 1) >>> 0;
  }
  return [files.length, sum, product].map((number) => number.toString(36)).join('-');
}

/** FNV-1a of 32 bits over UTF-16 code units, with its bits mixed at the end. @see http://www.isthe.com/chongo/tech/comp/fnv */
function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 15)) >>> 0;
}
