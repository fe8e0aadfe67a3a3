import type { Pixels } from './resize.ts';

/** Some browsers give no larger canvas. */
const MAX_PIXELS = 16_000_000;

/**
 * Draws a picture upright over white and reads its pixels, converted to sRGB by the browser. A very large one is made
 * smaller by the browser first.
 *
 * @param canvas where it is drawn: the person sees it there.
 */
export function readPixels(
  canvas: HTMLCanvasElement,
  picture: CanvasImageSource,
  [height, width]: readonly [number, number],
): Pixels {
  const shrink = Math.min(1, Math.sqrt(MAX_PIXELS / (width * height)));
  canvas.width = Math.max(1, Math.round(width * shrink));
  canvas.height = Math.max(1, Math.round(height * shrink));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no canvas');
  context.imageSmoothingQuality = 'high';
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
