/** Pixels of a side of the picture that a look is made of. */
export const LOOK_SOURCE_SIDE = 192;
/** Grey pixels of a side of a look. */
export const GREY_SIDE = 48;
/** Colour pixels of a side of a look. */
export const CHROMA_SIDE = 8;
const greyBytes = GREY_SIDE * GREY_SIDE;
const chromaBytes = CHROMA_SIDE * CHROMA_SIDE;
/** Bytes of a look: its grey picture, then blue difference, then red difference. */
export const LOOK_BYTES = greyBytes + 2 * chromaBytes;

/**
 * Keeps of a picture what it takes to recognise a copy: 48×48 greys and 8×8 colours, each the mean of its place.
 *
 * @param rgb uint8, shape [side, side, 3], row by row; stays the caller's.
 * @param side a multiple of 48; `LOOK_SOURCE_SIDE` for looks that are to be compared.
 * @returns uint8, `LOOK_BYTES` long: luma [48, 48], then Cb and Cr [8, 8] (BT.601, full range).
 */
export function lookOf(rgb: Uint8Array, side: number): Uint8Array {
  if (side % GREY_SIDE !== 0 || rgb.length !== side * side * 3)
    throw new Error(`A look is made of 3 bytes × a multiple of ${GREY_SIDE} squared, not of ${rgb.length} bytes.`);
  const grey = new Float64Array(greyBytes);
  const blue = new Float64Array(chromaBytes);
  const red = new Float64Array(chromaBytes);
  const greyStep = side / GREY_SIDE;
  const chromaStep = side / CHROMA_SIDE;
  let at = 0;
  for (let y = 0; y < side; y++) {
    const greyRow = Math.floor(y / greyStep) * GREY_SIDE;
    const chromaRow = Math.floor(y / chromaStep) * CHROMA_SIDE;
    for (let x = 0; x < side; x++, at += 3) {
      const r = rgb[at]!;
      const b = rgb[at + 2]!;
      const luma = 0.299 * r + 0.587 * rgb[at + 1]! + 0.114 * b;
      const place = chromaRow + Math.floor(x / chromaStep);
      grey[greyRow + Math.floor(x / greyStep)]! += luma;
      blue[place]! += b - luma;
      red[place]! += r - luma;
    }
  }
  const look = new Uint8Array(LOOK_BYTES);
  const chromaArea = chromaStep * chromaStep;
  for (let i = 0; i < greyBytes; i++) look[i] = Math.round(grey[i]! / (greyStep * greyStep));
  for (let i = 0; i < chromaBytes; i++) {
    look[greyBytes + i] = clampByte(128 + (0.5 / (1 - 0.114)) * (blue[i]! / chromaArea));
    look[greyBytes + chromaBytes + i] = clampByte(128 + (0.5 / (1 - 0.299)) * (red[i]! / chromaArea));
  }
  return look;
}

function clampByte(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}
