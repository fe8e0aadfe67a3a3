import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { repository } from './server.ts';

/** Real photographs, split in folders, where this machine has them. */
export function photographs(): string | null {
  const shared = process.env['GRAFT_SHARED'] ?? path.resolve(repository, '..', 'shared');
  const folder = path.join(shared, 'data', 'cats_and_dogs');
  return existsSync(folder) ? folder : null;
}

/** Copies the first pictures of each class of each split. @returns how many there are */
export async function copySome(from: string, to: string, perClass: Readonly<Record<string, number>>): Promise<number> {
  let numCopied = 0;
  for (const [split, wanted] of Object.entries(perClass)) {
    for (const className of await readdir(path.join(from, split))) {
      const folder = path.join(to, split, className);
      await mkdir(folder, { recursive: true });
      const names = (await readdir(path.join(from, split, className))).sort().slice(0, wanted);
      await Promise.all(
        names.map((name) => copyFile(path.join(from, split, className, name), path.join(folder, name))),
      );
      numCopied += names.length;
    }
  }
  return numCopied;
}

/** Writes files, making their folders. */
export async function writeAll(folder: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

/** Draws a PNG of one colour, 64 × 64. @param shade 0..255; another shade is another picture */
export function drawPng(shade: number): Buffer {
  return pngOf(64, () => [shade, shade, shade]);
}

/** Draws a square PNG. @param colour RGB 0..255 of a place, [row, column] in pixels */
export function pngOf(
  side: number,
  colour: (row: number, column: number) => readonly [number, number, number],
): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(side);
  const header = Buffer.concat([size, size, Buffer.from([8, 2, 0, 0, 0])]); // 8 bits, RGB
  const rows = Array.from({ length: side }, (_row, row) => {
    const pixels = Array.from({ length: side }, (_column, column) => colour(row, column));
    return Buffer.from([0, ...pixels.flat()]);
  });
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const data = deflateSync(Buffer.concat(rows));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, check]);
}

/** Node 20 has no zlib.crc32. @see https://www.w3.org/TR/png/#5CRC-algorithm */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
