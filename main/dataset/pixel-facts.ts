import type { ImageFacts } from '../../contract/dataset.ts';

/**
 * Measures how sharp and how bright a picture is.
 *
 * @param rgb uint8, [side, side, 3].
 * @returns sharpness: standard deviation of the Laplacian of the luma (0…1), 4 neighbours; brightness: its mean.
 * @see Pech-Pacheco et al. 2000, Diatom autofocusing in brightfield microscopy: variance of the Laplacian
 */
export function pixelFacts(rgb: Uint8Array, side: number): Pick<ImageFacts, 'sharpness' | 'brightness'> {
  const numPixels = side * side;
  const luma = new Float32Array(numPixels); // 0…1, Rec. 601
  let sum = 0;
  for (let i = 0; i < numPixels; i++) {
    const value = (0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!) / 255;
    luma[i] = value;
    sum += value;
  }
  let mean = 0;
  let square = 0;
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const i = y * side + x;
      const laplacian = luma[i - 1]! + luma[i + 1]! + luma[i - side]! + luma[i + side]! - 4 * luma[i]!;
      mean += laplacian;
      square += laplacian * laplacian;
    }
  }
  const numInner = Math.max(1, (side - 2) * (side - 2));
  mean /= numInner;
  const round = (value: number): number => Math.round(value * 1e5) / 1e5; // a manifest has a hundred thousand of them
  return {
    sharpness: round(Math.sqrt(Math.max(0, square / numInner - mean * mean))),
    brightness: round(sum / numPixels),
  };
}
