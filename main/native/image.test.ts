import fs from 'node:fs';
import path from 'node:path';
import turbo from '@julusian/jpeg-turbo';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../dataset/seeded.ts';
import { encodeBmp, formats, goodPictures, noisePixels, quarters, rawImage, sharedData } from '../testing/images.ts';
import { readExif } from './exif.ts';
import { DECODER_VERSION, decodeImage, describeImage, ImageProblem, sniffFormat, thumbnail } from './image.ts';

const reasonOf = async (bytes: Buffer): Promise<string> =>
  decodeImage(bytes, [32, 32]).then(
    () => 'used',
    (error: unknown) => {
      if (error instanceof ImageProblem) return error.reason;
      throw error;
    },
  );
const pixelAt = (pixels: Uint8Array, width: number, y: number, x: number): number[] => [
  ...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
const meanDifference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;

describe('DECODER_VERSION', () => {
  it('names the decoders that are installed: with others, pixels may be others', () => {
    const { dependencies } = JSON.parse(
      fs.readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8'),
    ) as {
      dependencies: Record<string, string>;
    };
    expect(DECODER_VERSION).toContain(`jpeg-turbo-${dependencies['@julusian/jpeg-turbo']}+`);
    expect(DECODER_VERSION).toContain(`sharp-${dependencies['sharp']}/`);
  });
});

describe('decodeImage', () => {
  for (const format of ['png', 'tiff'] as const) {
    it(`leaves the pixels of a ${format} of the wanted size as they are`, async () => {
      const pixels = noisePixels(24, 32, 1);
      const bytes = await rawImage(pixels, 24, 32).toFormat(format, { compression: 'lzw' }).toBuffer();
      expect(Buffer.from((await decodeImage(bytes, [24, 32])).pixels).equals(pixels)).toBe(true);
    });
  }

  it('leaves the pixels of a JPEG of the wanted size as decoded', async () => {
    const bytes = await rawImage(noisePixels(24, 32, 1), 24, 32)
      .jpeg()
      .toBuffer();
    const { pixels } = await decodeImage(bytes, [24, 32]);
    expect(Buffer.from(pixels).equals(turbo.decompressSync(bytes, { format: turbo.FORMAT_RGB }).data)).toBe(true);
    // The fast transform: by a level of 255 or two from the accurate one.
    expect(meanDifference(pixels, await sharp(bytes).raw().toBuffer())).toBeLessThan(2);
  });

  it('gives height, then width, without keeping the aspect ratio', async () => {
    const bytes = await rawImage(quarters(60, 90), 60, 90).png().toBuffer();
    const { pixels } = await decodeImage(bytes, [40, 20]); // [40, 20, 3]
    expect(pixels).toHaveLength(40 * 20 * 3);
    expect([
      pixelAt(pixels, 20, 3, 3),
      pixelAt(pixels, 20, 3, 16),
      pixelAt(pixels, 20, 36, 3),
      pixelAt(pixels, 20, 36, 16),
    ]).toEqual([
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [255, 255, 255],
    ]);
  });

  it('gives the same picture for the eight ways EXIF can turn it', async () => {
    const side = 40;
    const last = side - 1;
    const upright = quarters(side, side);
    // Where the pixel that belongs at (y, x) is stored, for orientation 1 to 8. @see Exif 2.32, tag 0x0112
    const places: ((y: number, x: number) => [number, number])[] = [
      (y, x) => [y, x],
      (y, x) => [y, last - x],
      (y, x) => [last - y, last - x],
      (y, x) => [last - y, x],
      (y, x) => [x, y],
      (y, x) => [last - x, y],
      (y, x) => [last - x, last - y],
      (y, x) => [x, last - y],
    ];
    for (const [i, place] of places.entries()) {
      const stored = new Uint8Array(upright.length);
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) {
          const [row, column] = place(y, x);
          stored.set(pixelAt(upright, side, y, x), (row * side + column) * 3);
        }
      const bytes = await rawImage(stored, side, side)
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
        .withMetadata({ orientation: i + 1 })
        .toBuffer();
      const { pixels } = await decodeImage(bytes, [side, side]);
      expect([i + 1, meanDifference(pixels, upright) < 3]).toEqual([i + 1, true]);
    }
  });

  it('lays alpha over white, before resizing', async () => {
    const half = Buffer.alloc(16 * 16 * 4, Buffer.from([200, 0, 0, 128]));
    const bytes = await sharp(half, { raw: { width: 16, height: 16, channels: 4 } })
      .png()
      .toBuffer();
    const [red, green, blue] = pixelAt((await decodeImage(bytes, [8, 8])).pixels, 8, 4, 4);
    expect(Math.abs(red! - 227)).toBeLessThan(2);
    expect(Math.abs(green! - 127)).toBeLessThan(2);
    expect(blue).toBe(green);
  });

  it('reads grey and palette as RGB', async () => {
    const grey = await sharp(Buffer.alloc(64, 90), { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect(pixelAt((await decodeImage(grey, [8, 8])).pixels, 8, 1, 1)).toEqual([90, 90, 90]);
    const palette = await rawImage(quarters(8, 8), 8, 8).png({ palette: true, dither: 0 }).toBuffer();
    expect(meanDifference((await decodeImage(palette, [8, 8])).pixels, quarters(8, 8))).toBeLessThan(3);
  });

  it('scales 16 bits to 8 and does not clip them', async () => {
    const raw = Uint16Array.from({ length: 16 * 16 * 3 }, () => 128 * 257);
    const colour = await sharp(raw, { raw: { width: 16, height: 16, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    const grey = await sharp(raw.subarray(0, 256), { raw: { width: 16, height: 16, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    for (const bytes of [colour, grey]) {
      expect((await sharp(bytes).metadata()).depth).toBe('ushort');
      for (const value of pixelAt((await decodeImage(bytes, [16, 16])).pixels, 16, 4, 4))
        expect(Math.abs(value - 128)).toBeLessThanOrEqual(1);
    }
  });

  it('turns CMYK into the colours it stands for', async () => {
    const bytes = await rawImage(quarters(32, 32), 32, 32).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const { pixels } = await decodeImage(bytes, [32, 32]);
    const [red, , , white] = [pixelAt(pixels, 32, 4, 4), 0, 0, pixelAt(pixels, 32, 28, 28)];
    expect(red[0]! - Math.max(red[1]!, red[2]!)).toBeGreaterThan(120);
    expect(Math.min(...white)).toBeGreaterThan(245);
  });

  it('enlarges as PIL does: centres at a half, edges kept', async () => {
    const halves = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? 0 : 200));
    const { pixels } = await decodeImage(await rawImage(halves, 8, 8).png().toBuffer(), [8, 16]);
    expect([0, 6, 7, 8, 9, 15].map((x) => pixels[x * 3])).toEqual([0, 0, 50, 150, 200, 200]);
  });

  it('says that a picture of a few pixels is too small', async () => {
    expect(
      await reasonOf(
        await rawImage(noisePixels(7, 40, 1), 7, 40)
          .png()
          .toBuffer(),
      ),
    ).toBe('too-small');
    expect(
      await reasonOf(
        await rawImage(noisePixels(8, 8, 1), 8, 8)
          .png()
          .toBuffer(),
      ),
    ).toBe('used');
  });

  it('takes the first picture of an animation', async () => {
    const frames = await Promise.all(
      [quarters(16, 16), noisePixels(16, 16, 3)].map((pixels) => rawImage(pixels, 16, 16).png().toBuffer()),
    );
    const bytes = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true, loop: 0, delay: [100, 100] })
      .toBuffer();
    expect(meanDifference((await decodeImage(bytes, [16, 16])).pixels, quarters(16, 16))).toBeLessThan(1);
  });

  it('reads BMP of 24 and 32 bits, bottom-up and top-down', async () => {
    const pixels = noisePixels(5, 7, 4);
    for (const bits of [24, 32] as const)
      for (const isTopDown of [false, true]) {
        expect(
          Buffer.from((await decodeImage(encodeBmp(pixels, 5, 7, bits, isTopDown), [5, 7])).pixels).equals(pixels),
        ).toBe(true);
      }
  });

  it.each(formats)('says truncated for a good %s that is cut, wherever it is cut', async (format) => {
    for (const [name, bytes] of await goodPictures(format)) {
      expect([name, await reasonOf(bytes)]).toEqual([name, 'used']);
      for (const percent of [10, 50, 90]) {
        // The first picture of a GIF, which is the one used, ends long before the file.
        const expected = name === 'animated gif' && percent > 10 ? 'used' : 'truncated';
        const cut = bytes.subarray(0, Math.floor((bytes.length * percent) / 100));
        expect([name, percent, await reasonOf(cut)]).toEqual([name, percent, expected]);
      }
    }
  });

  it('takes the whole first picture of an animated GIF that is cut behind it', async () => {
    const bytes = new Map(await goodPictures('gif')).get('animated gif')!;
    const [whole, cut] = await Promise.all(
      [bytes, bytes.subarray(0, bytes.length / 2)].map((file) => decodeImage(file, [60, 72])),
    );
    expect(Buffer.from(cut!.pixels).equals(whole!.pixels)).toBe(true);
  });

  it('never makes other pixels of a good picture that is cut', { timeout: 20_000 }, async () => {
    for (const format of ['jpeg', 'tiff'] as const)
      for (const [name, bytes] of await goodPictures(format)) {
        const { pixels: whole } = await decodeImage(bytes, [16, 16]);
        for (let i = 1; i < 12; i++) {
          const length = Math.floor((bytes.length * i) / 12);
          const cut = await decodeImage(bytes.subarray(0, length), [16, 16]).catch(() => null);
          if (cut) expect([name, length, Buffer.from(cut.pixels).equals(whole)]).toEqual([name, length, true]);
        }
      }
  });

  it('refuses what it does not read, whatever its name says', async () => {
    expect(
      await reasonOf(
        Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      ),
    ).toBe('unsupported-format');
    expect(await reasonOf(Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'))).toBe('unsupported-format');
    expect(await reasonOf(Buffer.from('%PDF-1.7 …'))).toBe('not-an-image');
    expect(await reasonOf(Buffer.alloc(0))).toBe('empty');
  });

  it('answers any bytes after a good header with pixels or a reason', { timeout: 60_000 }, async () => {
    const samples: Buffer[] = await Promise.all(
      (['jpeg', 'png', 'webp', 'gif', 'tiff'] as const).map((format) =>
        rawImage(noisePixels(24, 24, 6), 24, 24)
          .toFormat(format)
          .toBuffer(),
      ),
    );
    samples.push(encodeBmp(noisePixels(24, 24, 6), 24, 24));
    const change = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.nat(samples.length - 1), change, async (which, changes) => {
        const bytes = Buffer.from(samples[which]!);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const started = performance.now();
        await reasonOf(bytes);
        expect(performance.now() - started).toBeLessThan(10_000);
      }),
      { numRuns: Number(process.env['GRAFT_FUZZ'] ?? 300), seed: 20_261_123 },
    );
  });
});

describe('thumbnail', () => {
  it('is a WebP, upright, inside the wanted square', async () => {
    const bytes = await rawImage(quarters(60, 120), 60, 120).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const small = await thumbnail(bytes, 40);
    const { format, width, height, orientation } = await sharp(small).metadata();
    expect({ format, width, height, orientation }).toEqual({
      format: 'webp',
      width: 20,
      height: 40,
      orientation: undefined,
    });
  });
});

describe('thumbnail of a small JPEG', () => {
  it.each([
    [60, 120, 40, 20, 40],
    [120, 61, 40, 40, 20],
    [300, 8, 40, 40, 1],
    [20, 30, 40, 20, 30],
  ])('of %i x %i fitted into %i is a JPEG of %i x %i', async (height, width, sizePx, toHeight, toWidth) => {
    const bytes = await rawImage(quarters(height, width), height, width).jpeg({ quality: 95 }).toBuffer();
    const small = await thumbnail(bytes, sizePx);
    const told = await sharp(small).metadata();
    expect([told.format, told.height, told.width]).toEqual(['jpeg', toHeight, toWidth]);
    const wanted = await sharp(bytes).resize(toWidth, toHeight, { fit: 'fill' }).raw().toBuffer();
    expect(meanDifference(await sharp(small).raw().toBuffer(), wanted)).toBeLessThan(12);
  });

  it('holds nothing but pixels', async () => {
    const bytes = await rawImage(quarters(60, 120), 60, 120)
      .jpeg()
      .withExif({ IFD0: { Copyright: 'secret' } })
      .toBuffer();
    expect(bytes.includes('secret')).toBe(true);
    const small = await thumbnail(bytes, 200);
    expect([small.includes('secret'), (await sharp(small).metadata()).exif]).toEqual([false, undefined]);
  });
});

describe('describeImage', () => {
  it('tells the size after turning, and that it is turned', async () => {
    const bytes = await rawImage(quarters(60, 120), 60, 120).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const { exif, ...told } = await describeImage(bytes);
    expect(told).toEqual({ format: 'jpeg', height: 120, width: 60, conversions: ['turned'] });
    expect(exif).toBeInstanceOf(Buffer);
  });

  it('tells what is to be converted', async () => {
    const plain = rawImage(quarters(16, 16), 16, 16);
    const conversionsOf = async (image: { toBuffer(): Promise<Buffer> }) =>
      (await describeImage(await image.toBuffer())).conversions;
    expect(await conversionsOf(plain.clone().png())).toEqual([]);
    expect(await conversionsOf(plain.clone().ensureAlpha(0.5).png())).toEqual(['alpha']);
    expect(await conversionsOf(plain.clone().toColourspace('cmyk').jpeg())).toEqual(['cmyk']);
    expect(await conversionsOf(plain.clone().toColourspace('rgb16').png())).toEqual(['16-bit']);
  });
});

describe('readExif', () => {
  it('reads what people look for', async () => {
    const bytes = await rawImage(quarters(16, 16), 16, 16)
      .jpeg()
      .withExif({
        IFD0: { Make: 'Canon', Model: 'Canon EOS 80D', DateTime: '2024:05:06 07:08:09' },
        IFD2: { ExposureTime: '1/250', FNumber: '56/10', ISOSpeedRatings: '400', FocalLength: '50/1' },
      })
      .toBuffer();
    expect(readExif((await describeImage(bytes)).exif!)).toEqual({
      camera: 'Canon EOS 80D',
      lens: null,
      takenAt: '2024-05-06T07:08:09',
      exposureSeconds: 0.004,
      fNumber: 5.6,
      iso: 400,
      focalLengthMm: 50,
      hasLocation: false,
    });
  });

  it('makes nothing of damaged bytes, and never hangs', () => {
    const random = createRandom(7, 'exif');
    for (let i = 0; i < 2000; i++) {
      const bytes = Buffer.from(Array.from({ length: random.int(200) }, () => random.int(256)));
      if (i % 2 === 0) bytes.write('Exif\0\0II*\0\u0008\0\0\0', 'latin1');
      expect(() => readExif(bytes)).not.toThrow();
    }
  });
});

const hostile = path.join(sharedData, 'hostile/images');
// Where Graft rightly differs from Pillow: PPM is not one of the seven formats; the others have whole pixels behind a broken
// trailer, animation chunk or checksum that libvips reads and Pillow does not.
const usedHere = [
  'ljt_github_537_125976848-341500ce-1b67-4dfc-8e6f-313ce9fedcef.jpg',
  'pillow_chunk_no_fctl.png',
  'pillow_truncated_end_chunk.png',
  'pngsuite_xhdn0g08.png',
];
const verdicts: [RegExp, string[]][] = [
  [/reallybig|Bad_width|65536|giant-image/, ['too-large']],
  [/zero_bytes/, ['empty']],
  [/\.(svg|ppm|cur)$|12bit/, ['unsupported-format']],
  [/1x1_444|2x2|test1-8|sharp_prophoto/, ['too-small']],
  [/truncated_image|truncated_jpeg|shortfile|sharp_corrupt-header|crash-1152ec|crash-1185209/, ['truncated']],
];
describe.skipIf(!fs.existsSync(hostile))('the hostile pictures (skipped without shared data)', () => {
  const lines = fs.existsSync(hostile)
    ? fs.readFileSync(path.join(sharedData, 'hostile/images.tsv'), 'utf8').trim().split('\n').slice(1)
    : [];
  it.each(lines.map((line) => line.split('\t')))('judges %s within two seconds', async (name, _bytes, pillow) => {
    const bytes = fs.readFileSync(path.join(hostile, name));
    const started = performance.now();
    const verdict = await reasonOf(bytes);
    const expected = verdicts.find(([pattern]) => pattern.test(name))?.[1];
    if (expected) expect(expected).toContain(verdict);
    else if (pillow.startsWith('ok') || usedHere.includes(name)) expect(verdict).toBe('used');
    else expect(['corrupt', 'truncated', 'not-an-image', 'too-large', 'unsupported-format']).toContain(verdict);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('sees the same scene in each of the eight orientations', async () => {
    const open = async (name: string): Promise<Uint8Array> =>
      (await decodeImage(fs.readFileSync(path.join(hostile, name)), [64, 64])).pixels;
    for (const [first, others] of [
      ['sharp_Landscape_1.jpg', [3, 4, 5, 6, 8].map((i) => `sharp_Landscape_${i}.jpg`)],
      ['sharp_Portrait_2.jpg', [3, 5, 6, 8].map((i) => `sharp_Portrait_${i}.jpg`)],
    ] as const) {
      const reference = await open(first);
      for (const other of others)
        expect([other, meanDifference(await open(other), reference) < 12]).toEqual([other, true]);
    }
  });

  it('knows GIF and WebP under other names', () => {
    const sniff = (name: string): unknown => sniffFormat(fs.readFileSync(path.join(hostile, name)));
    expect(sniff('trap_gif_named.png')).toEqual({ kind: 'image', format: 'gif' });
    expect(sniff('trap_webp_named.jpg')).toEqual({ kind: 'image', format: 'webp' });
  });
});
