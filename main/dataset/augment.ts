import type { AugmentationStrength } from '../../contract/run.ts';
import type { SeededRandom } from './seeded.ts';

/** One drawn change of a picture. */
export interface DrawnAugmentation {
  /** From places in the new picture to places in the old, both in pixels from the centre: [a, b, c, d, e, f] of x' = a x + b y + c, y' = d x + e y + f, c and f in shares of the sides. */
  affine: readonly [number, number, number, number, number, number];
  /** Added to every value, of 255. */
  brightness: number;
  /** Times the distance from the mean grey. */
  contrast: number;
  /** Side, and centre, in shares of the shorter side and of the sides; side 0: none. */
  cutout: { side: number; x: number; y: number };
}

/** Draws a change within a strength. The same number of draws whatever the strength. */
export function drawAugmentation(strength: AugmentationStrength, random: SeededRandom): DrawnAugmentation {
  const within = (range: number) => (2 * random.next() - 1) * range;
  const flipX = random.next() < 0.5 && strength.flipHorizontal ? -1 : 1;
  const flipY = random.next() < 0.5 && strength.flipVertical ? -1 : 1;
  const angle = (within(strength.rotate) * Math.PI) / 180;
  const scale = 1 / (1 + within(strength.zoom));
  const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
  const shift = [within(strength.shift), within(strength.shift)] as const;
  return {
    affine: [flipX * cos, flipX * -sin, shift[0], flipY * sin, flipY * cos, shift[1]],
    brightness: within(strength.brightness),
    contrast: 1 + within(strength.contrast),
    cutout: { side: strength.cutout, x: random.next(), y: random.next() },
  };
}

const GREY = 127;

/**
 * Changes a picture as drawn: places by bilinear sampling, what comes from outside mirrored at the border as Keras's random
 * layers do, then contrast and brightness, then a grey square.
 *
 * @param pixels RGB 0..255, [height, width, 3]; stays the caller's
 * @returns a new picture of the same size
 */
export function augmentPixels(
  pixels: Uint8Array,
  [height, width]: readonly [number, number],
  { affine, brightness, contrast, cutout }: DrawnAugmentation,
): Uint8Array {
  const [a, b, c, d, e, f] = affine;
  const out = new Uint8Array(pixels.length);
  const [centerX, centerY] = [(width - 1) / 2, (height - 1) / 2];
  const lighter = 255 * brightness + GREY * (1 - contrast);
  const half = (cutout.side * Math.min(height, width)) / 2;
  const [left, right] = [cutout.x * width - half, cutout.x * width + half];
  const [top, bottom] = [cutout.y * height - half, cutout.y * height + half];
  let target = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++, target += 3) {
      if (cutout.side > 0 && x >= left && x < right && y >= top && y < bottom) {
        out.fill(GREY, target, target + 3);
        continue;
      }
      const fromX = mirrored(a * (x - centerX) + b * (y - centerY) + c * width + centerX, width);
      const fromY = mirrored(d * (x - centerX) + e * (y - centerY) + f * height + centerY, height);
      const x0 = Math.min(Math.floor(fromX), width - 1);
      const y0 = Math.min(Math.floor(fromY), height - 1);
      const [dx, dy] = [fromX - x0, fromY - y0];
      const stepX = x0 < width - 1 ? 3 : 0;
      const stepY = y0 < height - 1 ? 3 * width : 0;
      const place = 3 * (y0 * width + x0);
      for (let channel = 0; channel < 3; channel++) {
        const at = place + channel;
        const above = pixels[at]! * (1 - dx) + pixels[at + stepX]! * dx;
        const below = pixels[at + stepY]! * (1 - dx) + pixels[at + stepY + stepX]! * dx;
        const value = (above * (1 - dy) + below * dy) * contrast + lighter;
        out[target + channel] = value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
      }
    }
  return out;
}

/** A place outside 0..size - 1 thrown back at the border pixels. */
function mirrored(place: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const within = ((place % period) + period) % period;
  return within < size ? within : period - within;
}
