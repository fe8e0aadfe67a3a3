/** The formats that Graft reads. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'bmp' | 'tiff' | 'avif';
/** What a file is by its first bytes: a format that Graft reads, another known image format, or no image. */
export type Sniffed =
  { kind: 'image'; format: ImageFormat } | { kind: 'unsupported'; format: string } | { kind: 'not-an-image' };

/** Bytes that `sniffFormat` wants to see; fewer will do for a shorter file. */
export const headerBytes = 512;

const avifBrands = new Set(['avif', 'avis']);
const heifBrands = new Set([
  'heic',
  'heix',
  'heim',
  'heis',
  'hevc',
  'hevx',
  'hevm',
  'hevs',
  'mif1',
  'msf1',
  'mif2',
  'miaf',
]);
const image = (format: ImageFormat): Sniffed => ({ kind: 'image', format });
const unsupported = (format: string): Sniffed => ({ kind: 'unsupported', format });

/**
 * Tells what a file is by its magic bytes alone; names and extensions are never asked.
 *
 * @param header the file's first bytes, at best `headerBytes` of them.
 */
export function sniffFormat(header: Uint8Array): Sniffed {
  const text = (from: number, to: number): string => String.fromCharCode(...header.subarray(from, to));
  const starts = (...bytes: number[]): boolean =>
    header.length >= bytes.length && bytes.every((byte, i) => header[i] === byte);
  const word = (at: number): number => (header[at] ?? 0) + ((header[at + 1] ?? 0) << 8);

  if (starts(0xff, 0xd8, 0xff)) return image('jpeg');
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return image('png');
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return image('webp');
  if (text(0, 6) === 'GIF87a' || text(0, 6) === 'GIF89a') return image('gif');
  if (text(0, 2) === 'BM' && header.length >= 18 && [12, 16, 40, 52, 56, 64, 108, 124].includes(word(14)))
    return image('bmp');
  if (
    starts(0x49, 0x49, 0x2a, 0) ||
    starts(0x4d, 0x4d, 0, 0x2a) ||
    starts(0x49, 0x49, 0x2b, 0) ||
    starts(0x4d, 0x4d, 0, 0x2b)
  )
    return image('tiff');
  if (text(4, 8) === 'ftyp') {
    const end = Math.min(header.length, Math.max(16, ((header[2] ?? 0) << 8) + (header[3] ?? 0)));
    const brands = [text(8, 12)];
    for (let at = 16; at + 4 <= end; at += 4) brands.push(text(at, at + 4));
    if (brands.some((brand) => avifBrands.has(brand))) return image('avif');
    return brands.some((brand) => heifBrands.has(brand)) ? unsupported('heic') : { kind: 'not-an-image' };
  }
  if (text(4, 8) === 'jP  ' || starts(0xff, 0x4f, 0xff, 0x51)) return unsupported('jpeg-2000');
  if (starts(0xff, 0x0a) || text(4, 8) === 'JXL ') return unsupported('jpeg-xl');
  if (text(0, 4) === '8BPS') return unsupported('psd');
  if (header.length >= 6 && (starts(0, 0, 1, 0) || starts(0, 0, 2, 0)) && (header[5] ?? 0) === 0)
    return unsupported('ico');
  if (/^P[1-7][\s#]/.test(text(0, 3))) return unsupported('netpbm');
  if (starts(0x76, 0x2f, 0x31, 0x01)) return unsupported('exr');
  if (text(0, 10) === '#?RADIANCE' || text(0, 6) === '#?RGBE') return unsupported('hdr');
  if (text(0, 4) === 'DDS ') return unsupported('dds');
  if (text(0, 4) === 'qoif') return unsupported('qoi');
  if (text(0, 4) === 'SIMP' && text(0, 9) === 'SIMPLE  =') return unsupported('fits');
  if (/<svg[\s>]/i.test(text(0, headerBytes))) return unsupported('svg');
  return { kind: 'not-an-image' };
}
