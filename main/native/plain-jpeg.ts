/** What the header of a JPEG says that needs nothing but decoding: three numbers a pixel or one, in sRGB, upright or turned. */
export interface PlainJpeg {
  /** As they lie in the file. */
  height: number;
  width: number;
  /** How EXIF turns it: 1 (upright) to 8. */
  orientation: number;
}

const exifName = 'Exif\0\0';
const iccName = 'ICC_PROFILE\0';
/** How the profile describes itself that most editors and cameras write for what is meant without one: the whole of it. */
const srgb = 'desc\0\0\0\0\0\0\0\u0012sRGB IEC61966-2.1\0';
/** Files have a few dozen segments at most. */
const maxSegments = 1000;

/**
 * Reads the header of a JPEG up to its first scan.
 *
 * @param bytes the whole file.
 * @returns null for whatever is not plain (progressive, several scans, 12 bits, CMYK, other colours than sRGB) or not as the standard says:
 *   that is for a decoder which knows more.
 * @see ITU-T T.81, annex B; Exif 2.32, section 4.5; ICC.1:2022, annex B.4
 */
export function readPlainJpeg(bytes: Buffer): PlainJpeg | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  let frame: Frame | null = null;
  let exif: Buffer | null = null;
  let numSegments = 0;
  for (let at = 2; at + 4 <= bytes.length && numSegments < maxSegments; numSegments++) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    const body = bytes.subarray(at + 4, end);
    if (end > bytes.length || end < at + 4) return null;
    at = end;
    if (marker === 0xda) {
      // One scan holds all, and libjpeg refuses a second: of many, each goes over the whole picture, and a small file takes hours.
      if (!frame || body[0] !== frame.numComponents) return null;
      const orientation = exif === null ? 1 : orientationOf(exif.subarray(exifName.length));
      return orientation === null ? null : { height: frame.height, width: frame.width, orientation };
    }
    if (marker === 0xe1 && isNamed(body, exifName)) {
      if (exif) return null;
      exif = body;
    } else if (marker === 0xe2 && isNamed(body, iccName)) {
      if (!body.includes(srgb, 0, 'latin1')) return null;
    } else if (isFrame(marker)) {
      if (frame || marker > 0xc1) return null;
      frame = frameOf(body);
      if (!frame) return null;
    } else if (!mayBePassed(marker)) return null;
  }
  return null;
}

/** SOF0 to SOF15, which share their numbers with three others. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** Tables (DHT, DQT, DRI), APP0 to APP15 and comments. */
const mayBePassed = (marker: number): boolean =>
  marker === 0xc4 || marker === 0xdb || marker === 0xdd || (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe;
const isNamed = (body: Buffer, name: string): boolean => body.subarray(0, name.length).toString('latin1') === name;

interface Frame extends Omit<PlainJpeg, 'orientation'> {
  numComponents: number;
}

/** Of a frame of 8 bits with one number a pixel (grey) or three. */
function frameOf(body: Buffer): Frame | null {
  if (body.length < 6) return null;
  const [bits, height, width, numComponents] = [body[0], body.readUInt16BE(1), body.readUInt16BE(3), body[5]!];
  if (bits !== 8 || height === 0 || width === 0 || (numComponents !== 1 && numComponents !== 3)) return null;
  return { height, width, numComponents };
}

/** @returns null when the bytes are not what EXIF should be. */
function orientationOf(tiff: Buffer): number | null {
  if (tiff.length < 8) return null;
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return null;
  const isLittle = order === 'II';
  const short = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (short(2) !== 42 || directory + 2 > tiff.length) return null;
  const numEntries = short(directory);
  if (directory + 2 + 12 * numEntries > tiff.length) return null;
  for (let entry = directory + 2; entry < directory + 2 + 12 * numEntries; entry += 12) {
    if (short(entry) !== 0x0112) continue;
    const [type, value] = [short(entry + 2), short(entry + 8)];
    return type === 3 && value >= 1 && value <= 8 ? value : null;
  }
  return 1;
}
