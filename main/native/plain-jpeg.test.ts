import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../dataset/seeded.ts';
import { noisePixels, rawImage } from '../testing/images.ts';
import { exif, segment, withSegment } from '../testing/jpeg-segments.ts';
import { readPlainJpeg } from './plain-jpeg.ts';

const image = rawImage(noisePixels(24, 40, 1), 24, 40);
/** Of a profile what describes it. */
const profile = (description: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(description.length + 1);
  return segment(
    0xe2,
    Buffer.concat([Buffer.from('ICC_PROFILE\0\u0001\u0001 … desc\0\0\0\0'), length, Buffer.from(`${description}\0\0`)]),
  );
};
/** Says in the header of its scan that there is one component in it. */
const oneOfThree = (jpeg: Buffer): Buffer => {
  const bytes = Buffer.from(jpeg);
  bytes[bytes.indexOf(Buffer.from([0xff, 0xda])) + 4] = 1;
  return bytes;
};

describe('readPlainJpeg', async () => {
  const jpeg = await image.clone().jpeg().toBuffer();
  const found = { height: 24, width: 40, orientation: 1 };

  it('tells the size of colour and of grey', async () => {
    expect(readPlainJpeg(jpeg)).toEqual(found);
    expect(readPlainJpeg(await image.clone().toColourspace('b-w').jpeg().toBuffer())).toEqual(found);
  });

  it('tells how EXIF turns it, in both orders of bytes', async () => {
    for (const orientation of [1, 3, 6, 8]) {
      for (const order of ['II', 'MM'] as const) {
        const turned = withSegment(jpeg, exif(order, 0x0112, 3, orientation));
        expect(readPlainJpeg(turned)?.orientation).toBe(orientation);
        expect((await sharp(turned).metadata()).orientation).toBe(orientation); // it is EXIF
      }
    }
    expect(readPlainJpeg(withSegment(jpeg, exif('II', 0x010f, 3, 6)))?.orientation).toBe(1); // another tag
  });

  it('passes comments, other APP segments, fill bytes, and the profile of sRGB', () => {
    const passed = [
      segment(0xfe, 'a comment'),
      segment(0xed, 'Photoshop 3.0'),
      segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0<x/>'),
      profile('sRGB IEC61966-2.1'),
      Buffer.from([0xff, 0xff]),
    ];
    expect(readPlainJpeg(withSegment(jpeg, ...passed))).toEqual(found);
  });

  it('leaves to others what is not plain', async () => {
    const cases: [string, Buffer][] = [
      ['progressive', await image.clone().jpeg({ progressive: true }).toBuffer()],
      ['CMYK', await image.clone().toColourspace('cmyk').jpeg().toBuffer()],
      ['other colours', await image.clone().jpeg().withIccProfile('p3').toBuffer()],
      ['colours named after sRGB', withSegment(jpeg, profile('sRGB IEC61966-2.1 (Linear RGB Profile)'))],
      ['more segments than files have', withSegment(jpeg, ...Array.from({ length: 1000 }, () => segment(0xfe, '')))],
      ['a scan of one of three components', oneOfThree(jpeg)],
      ['EXIF twice', withSegment(jpeg, exif('II', 0x0112, 3, 1), exif('II', 0x0112, 3, 6))],
      ['an orientation that is none', withSegment(jpeg, exif('II', 0x0112, 3, 9))],
      ['an orientation of another type', withSegment(jpeg, exif('MM', 0x0112, 4, 6))],
      ['EXIF that is none', withSegment(jpeg, segment(0xe1, 'Exif\0\0no TIFF at all'))],
      ['two frames', withSegment(jpeg, segment(0xc0, Buffer.from([8, 0, 9, 0, 9, 3])))],
      ['a marker that does not belong', withSegment(jpeg, segment(0x01, ''))],
      ['a PNG', await image.clone().png().toBuffer()],
      ['nothing', Buffer.alloc(0)],
    ];
    for (const [what, bytes] of cases) expect([what, readPlainJpeg(bytes)]).toEqual([what, null]);
    const wide = Buffer.from(jpeg);
    const frame = wide.indexOf(Buffer.from([0xff, 0xc0]));
    wide[frame + 4] = 12;
    expect(readPlainJpeg(wide)).toBeNull();
  });

  it('never throws, and never believes a header that is cut', () => {
    const whole = withSegment(jpeg, exif('MM', 0x0112, 3, 6));
    const scan = whole.indexOf(Buffer.from([0xff, 0xda]));
    for (let length = 0; length < scan + 4; length++) expect(readPlainJpeg(whole.subarray(0, length))).toBeNull();
    const random = createRandom(5, 'plain-jpeg');
    for (let i = 0; i < 5000; i++) {
      const bytes = Buffer.from(whole.subarray(0, scan + 14));
      for (let k = 0; k < 4; k++) bytes[2 + random.int(bytes.length - 2)] = random.int(256);
      expect(() => readPlainJpeg(bytes)).not.toThrow();
    }
  });
});
