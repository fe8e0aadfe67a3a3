import { ImageProblem } from './image-problem.ts';

/** Pixels as they lie in memory: row by row from the top, [height, width, channels]. */
export interface RawPicture {
  pixels: Uint8Array;
  height: number;
  width: number;
  /** RGB or RGBA, alpha not premultiplied. */
  channels: 3 | 4;
}

interface Layout {
  width: number;
  height: number;
  isTopDown: boolean;
  bitCount: number;
  compression: number;
  dataOffset: number;
  /** RGB triples. */
  palette: Uint8Array;
  /** red, green, blue, alpha; only for 16 and 32 bits. */
  masks: readonly [number, number, number, number];
}

const BI_RGB = 0;
const BI_RLE8 = 1;
const BI_RLE4 = 2;
const BI_BITFIELDS = 3;
const BI_ALPHABITFIELDS = 6;

/**
 * Decodes a Windows or OS/2 bitmap: 1, 4, 8, 16, 24 and 32 bits, RLE4 and RLE8, bit fields, bottom-up and top-down.
 * The prebuilt libvips reads none.
 *
 * @param maxPixels more are refused before anything is allocated.
 * @throws ImageProblem corrupt, truncated, too-large, unsupported-format
 * @see https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
 */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): RawPicture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const layout = readLayout(view, bytes, maxPixels);
  if (layout.compression === BI_RLE8 || layout.compression === BI_RLE4) return decodeRle(bytes, layout);
  return decodeRows(view, bytes, layout);
}

function corrupt(detail: string): never {
  throw new ImageProblem('corrupt', `BMP: ${detail}`);
}
function truncated(): never {
  throw new ImageProblem('truncated', 'BMP: the file ends before the picture does');
}

function readLayout(view: DataView, bytes: Uint8Array, maxPixels: number): Layout {
  const { byteLength } = view;
  if (byteLength < 26) truncated();
  const headerSize = view.getUint32(14, true);
  const isCore = headerSize === 12;
  if (!isCore && (headerSize < 16 || headerSize > 65536)) corrupt(`header of ${headerSize} bytes`);
  if (14 + headerSize > byteLength) truncated();
  const has = (offset: number): boolean => headerSize >= offset + 4; // offset from the header's start
  const field = (offset: number): number => (has(offset) ? view.getUint32(14 + offset, true) : 0);

  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const bitCount = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? BI_RGB : field(16);
  if (width <= 0 || height === 0) corrupt(`size ${width}x${signedHeight}`);
  if (width * height > maxPixels) throw new ImageProblem('too-large', `BMP: ${width}x${height} pixels`);
  if (![1, 2, 4, 8, 16, 24, 32].includes(bitCount)) corrupt(`${bitCount} bits a pixel`);
  const isRle = (compression === BI_RLE8 && bitCount === 8) || (compression === BI_RLE4 && bitCount === 4);
  const hasFields =
    (compression === BI_BITFIELDS || compression === BI_ALPHABITFIELDS) && (bitCount === 16 || bitCount === 32);
  if (compression !== BI_RGB && !isRle && !hasFields) {
    throw new ImageProblem('unsupported-format', `BMP: compression ${compression} with ${bitCount} bits`);
  }
  if (isRle && signedHeight < 0) corrupt('a top-down picture cannot be run-length encoded');

  let afterHeader = 14 + headerSize;
  let masks: Layout['masks'] = bitCount === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
  if (hasFields) {
    if (headerSize === 40) {
      const numMasks = compression === BI_ALPHABITFIELDS ? 4 : 3;
      if (afterHeader + 4 * numMasks > byteLength) truncated();
      const mask = (i: number): number => (i < numMasks ? view.getUint32(afterHeader + 4 * i, true) : 0);
      masks = [mask(0), mask(1), mask(2), mask(3)];
      afterHeader += 4 * numMasks;
    } else {
      masks = [field(40), field(44), field(48), field(52)];
    }
  }

  const entrySize = isCore ? 3 : 4;
  const dataOffset = view.getUint32(10, true);
  let palette = new Uint8Array(0);
  if (bitCount <= 8) {
    const maxEntries = 2 ** bitCount;
    const declared = field(32) || maxEntries;
    if (declared > 65536) corrupt(`palette of ${declared} colours`);
    const room = dataOffset > afterHeader ? Math.floor((dataOffset - afterHeader) / entrySize) : maxEntries;
    const numEntries = Math.min(declared, maxEntries, room);
    if (afterHeader + numEntries * entrySize > byteLength) truncated();
    palette = new Uint8Array(maxEntries * 3); // an index outside the palette is black
    for (let i = 0; i < numEntries; i++) {
      const at = afterHeader + i * entrySize;
      palette[3 * i] = bytes[at + 2]!;
      palette[3 * i + 1] = bytes[at + 1]!;
      palette[3 * i + 2] = bytes[at]!;
    }
  }
  if (dataOffset < afterHeader - (isCore ? 0 : 12) || dataOffset > byteLength) {
    if (dataOffset > byteLength) truncated();
    corrupt(`pixels at byte ${dataOffset}, inside the header`);
  }
  return { width, height, isTopDown: signedHeight < 0, bitCount, compression, dataOffset, palette, masks };
}

/** One channel of a bit field: value = table[(pixel & mask) >>> shift], scaled to 0..255. */
function channelOf(mask: number): { mask: number; shift: number; max: number } {
  if (mask === 0) return { mask: 0, shift: 0, max: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  return { mask, shift, max: mask >>> shift };
}

function decodeRows(view: DataView, bytes: Uint8Array, layout: Layout): RawPicture {
  const { width, height, isTopDown, bitCount, dataOffset, palette, masks } = layout;
  const rowBytes = Math.floor((width * bitCount + 31) / 32) * 4;
  const usedBytes = Math.ceil((width * bitCount) / 8); // the last row's padding may be missing
  if (dataOffset + rowBytes * (height - 1) + usedBytes > bytes.length) truncated();
  const hasAlpha = masks[3] !== 0 && bitCount >= 16 && bitCount !== 24;
  const channels = hasAlpha ? 4 : 3;
  const pixels = new Uint8Array(width * height * channels); // [height, width, channels]
  const fields = masks.map(channelOf);
  for (let y = 0; y < height; y++) {
    const row = dataOffset + rowBytes * (isTopDown ? y : height - 1 - y);
    let out = y * width * channels;
    if (bitCount <= 8) {
      const perByte = 8 / bitCount;
      const indexMask = 2 ** bitCount - 1;
      for (let x = 0; x < width; x++, out += 3) {
        const shift = 8 - bitCount * ((x % perByte) + 1);
        const index = ((bytes[row + Math.floor(x / perByte)]! >> shift) & indexMask) * 3;
        pixels[out] = palette[index]!;
        pixels[out + 1] = palette[index + 1]!;
        pixels[out + 2] = palette[index + 2]!;
      }
    } else if (bitCount === 24) {
      for (let x = 0, at = row; x < width; x++, at += 3, out += 3) {
        pixels[out] = bytes[at + 2]!;
        pixels[out + 1] = bytes[at + 1]!;
        pixels[out + 2] = bytes[at]!;
      }
    } else {
      for (let x = 0; x < width; x++, out += channels) {
        const value = bitCount === 16 ? view.getUint16(row + 2 * x, true) : view.getUint32(row + 4 * x, true);
        for (let c = 0; c < channels; c++) {
          const { mask, shift, max } = fields[c]!;
          pixels[out + c] = max === 0 ? 0 : Math.round((((value & mask) >>> shift) * 255) / max);
        }
      }
    }
  }
  return { pixels, height, width, channels };
}

function decodeRle(bytes: Uint8Array, layout: Layout): RawPicture {
  const { width, height, palette, dataOffset, bitCount } = layout;
  // Two bytes give 255 pixels at most; far fewer bytes than pixels is a bomb, not a picture.
  if (width * height > 65536 + bytes.length * 256) corrupt('far too few runs for its size');
  const pixels = new Uint8Array(width * height * 3);
  // What the runs leave out is colour 0.
  if (palette[0] || palette[1] || palette[2]) Buffer.from(pixels.buffer).fill(palette.subarray(0, 3));
  const isRle4 = bitCount === 4;
  let at = dataOffset;
  let x = 0;
  let y = 0;
  const put = (index: number): void => {
    if (x >= width || y >= height) corrupt('a run leaves the picture');
    pixels.set(palette.subarray(index * 3, index * 3 + 3), ((height - 1 - y) * width + x) * 3);
    x++;
  };
  while (true) {
    if (at + 2 > bytes.length) {
      // Some writers leave out the end mark after the last row.
      if (y >= height || (y === height - 1 && x === width)) break;
      truncated();
    }
    const count = bytes[at]!;
    const value = bytes[at + 1]!;
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(isRle4 ? (i % 2 === 0 ? value >> 4 : value & 15) : value);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      if (at + 2 > bytes.length) truncated();
      x += bytes[at]!;
      y += bytes[at + 1]!;
      at += 2;
    } else {
      const numBytes = isRle4 ? Math.ceil(value / 2) : value;
      if (at + numBytes > bytes.length) truncated();
      for (let i = 0; i < value; i++) {
        if (isRle4) put(i % 2 === 0 ? bytes[at + (i >> 1)]! >> 4 : bytes[at + (i >> 1)]! & 15);
        else put(bytes[at + i]!);
      }
      at += numBytes + (numBytes % 2); // padded to words
    }
  }
  return { pixels, height, width, channels: 3 };
}
