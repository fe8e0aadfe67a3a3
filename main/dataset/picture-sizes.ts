import type { PictureSizes } from '../../contract/dataset.ts';
import type { ManifestImage } from './manifest.ts';

/** More marks than this are a blot; then sizes that are alike are one. */
const maxMarks = 300;
/** So many steps of side from one power of two to the next, where sizes are taken together. */
const stepsPerDoubling = 4;

type Mark = PictureSizes['marks'][number];

/** Counts pictures by size: each size its mark, or, where there are too many, each step of width and height. Largest first. */
export function pictureSizes(images: readonly Pick<ManifestImage, 'facts'>[]): PictureSizes {
  const exact = marksOf(images, (side) => [side, side]);
  const marks = exact.length <= maxMarks ? exact : marksOf(images, stepOf);
  const numKnown = marks.reduce((sum, { numImages }) => sum + numImages, 0);
  return { marks: marks.sort((a, b) => b.numImages - a.numImages), numUnknown: images.length - numKnown };
}

function marksOf(
  images: readonly Pick<ManifestImage, 'facts'>[],
  rangeOf: (side: number) => readonly [number, number],
): Mark[] {
  const marks = new Map<string, Mark>();
  for (const { facts } of images) {
    if (facts === null) continue;
    const [minWidth, maxWidth] = rangeOf(facts.width);
    const [minHeight, maxHeight] = rangeOf(facts.height);
    const key = `${minWidth} ${minHeight}`;
    const known = marks.get(key);
    if (known) known.numImages++;
    else marks.set(key, { minWidth, maxWidth, minHeight, maxHeight, numImages: 1 });
  }
  return [...marks.values()];
}

/** The step that a side lies in: its first and its last whole number of pixels. */
function stepOf(side: number): readonly [number, number] {
  const edge = (step: number): number => Math.ceil(2 ** (step / stepsPerDoubling));
  let step = Math.floor(Math.log2(Math.max(1, side)) * stepsPerDoubling);
  while (edge(step + 1) <= side) step++; // the logarithm rounds
  while (edge(step) > side) step--;
  return [edge(step), edge(step + 1) - 1];
}
