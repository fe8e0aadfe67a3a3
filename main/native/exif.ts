import readTags from 'exif-reader';
import type { ImageDetails } from '../../contract/dataset.ts'; // eslint-disable-line graft/import-zones -- a type; the fields are the contract's

/**
 * Reads what people look for in the EXIF of a photograph. Cameras and editors write much that is wrong: a field that is not
 * what it should be is null, and bytes that are no EXIF give null.
 *
 * @param bytes as sharp's metadata gives them.
 */
export function readExif(bytes: Buffer): ImageDetails['exif'] {
  let tags: ReturnType<typeof readTags>;
  try {
    tags = readTags(bytes);
  } catch {
    return null; // damaged: the picture itself may be fine
  }
  const { Image: image, Photo: photo, GPSInfo: gps } = tags;
  const make = textOf(image?.Make);
  const model = textOf(image?.Model);
  const hasMake = make !== null && model?.toLowerCase().startsWith(make.toLowerCase()) !== true;
  const camera = [hasMake ? make : null, model].filter((part) => part !== null).join(' ');
  return {
    camera: camera === '' ? null : camera,
    lens: textOf(photo?.LensModel),
    takenAt: dateOf(photo?.DateTimeOriginal) ?? dateOf(image?.DateTime),
    exposureSeconds: numberOf(photo?.ExposureTime),
    fNumber: numberOf(photo?.FNumber),
    iso: numberOf(Array.isArray(photo?.ISOSpeedRatings) ? photo.ISOSpeedRatings[0] : photo?.ISOSpeedRatings),
    focalLengthMm: numberOf(photo?.FocalLength),
    hasLocation: Array.isArray(gps?.GPSLatitude) && gps.GPSLatitude.length > 0,
  };
}

const maxLength = 100;
function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  // Cameras pad with NUL, and nobody reads the others.
  const text = value.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return text === '' ? null : text.slice(0, maxLength);
}
const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null;
const dateOf = (value: unknown): string | null =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString().slice(0, 19) : null;
