/** One marker with what belongs to it. */
export const segment = (marker: number, body: Buffer | string): Buffer => {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from([0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 255]), bytes]);
};
/** A JPEG with more segments, right behind the start of the file. */
export const withSegment = (jpeg: Buffer, ...segments: Buffer[]): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
/** EXIF with one entry. */
export const exif = (order: 'II' | 'MM', tag: number, type: number, value: number): Buffer => {
  const tiff = Buffer.alloc(26);
  const short = (at: number, number: number) =>
    order === 'II' ? tiff.writeUInt16LE(number, at) : tiff.writeUInt16BE(number, at);
  tiff.write(order, 'latin1');
  short(2, 42);
  short(order === 'II' ? 4 : 6, 8);
  for (const [at, number] of [
    [8, 1],
    [10, tag],
    [12, type],
    [order === 'II' ? 14 : 16, 1],
    [18, value],
  ] as const)
    short(at, number);
  return segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), tiff]));
};
