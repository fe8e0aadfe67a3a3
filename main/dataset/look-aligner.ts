import { hasSameColours, hasSameExposure, hasSamePixels } from './look-judge.ts';
import { correlation, exposure, overlay, type Overlap, type Placement } from './look-overlap.ts';
import { createTemplate, fillTemplate, NUM_PARAMETERS, shrinkGrey, type Template } from './look-template.ts';
import { GREY_SIDE } from './looks.ts';

/**
 * Sizes to line up at, from small to large, and what two pictures need to go on: a correlation, and an exposure within
 * so many times what is allowed at last. Two of 1,000 copies are lost here (first half of `npm run bench -- duplicates`).
 */
const levels = [
  { side: GREY_SIDE / 4, leastCorrelation: 0.85, tolerance: 3 },
  { side: GREY_SIDE / 2, leastCorrelation: 0.93, tolerance: 1.5 },
  { side: GREY_SIDE, leastCorrelation: 0.95, tolerance: 1 },
] as const;
const numSteps = 2;
/** Parts of a side. A crop by a twentieth at both ends stretches by a ninth; one at one end shifts by a fortieth. */
const mostStretch = 0.13;
const farthestShift = 0.06;

/**
 * Lays looks over a fixed one, stretched and moved along each axis as much as a crop does, and tells how alike they are.
 * Inverse compositional image alignment from coarse to fine, leaving early where it is hopeless.
 *
 * @see https://doi.org/10.1023/B:VISI.0000011205.11775.fd Baker, Matthews: Lucas-Kanade 20 Years On
 */
export class LookAligner {
  readonly #templates = levels.map(({ side }) => createTemplate(side));
  readonly #moving = new Float32Array(GREY_SIDE * GREY_SIDE);
  readonly #moved = new Float32Array(GREY_SIDE * GREY_SIDE);
  readonly #placement: Placement = new Float64Array(NUM_PARAMETERS);
  readonly #slope = new Float64Array(NUM_PARAMETERS);
  #fixed: Uint8Array = new Uint8Array();
  #numFilled = 0;

  /** Names the look that others are laid over from now on. */
  fix(look: Uint8Array): void {
    this.#fixed = look;
    this.#numFilled = 0;
  }

  /** Tells how alike the fixed look and another are, at best 1; 0 if they are no copies of each other for certain. */
  similarity(other: Uint8Array): number {
    this.#placement.fill(0);
    let similarity = 0;
    for (const [i, { side, leastCorrelation, tolerance }] of levels.entries()) {
      const template = this.#template(i);
      shrinkGrey(other, side, this.#moving);
      let overlap = this.#overlay(template);
      for (let step = 0; step < numSteps; step++) {
        this.#step(template, overlap);
        overlap = this.#overlay(template);
      }
      similarity = correlation(overlap);
      if (similarity < leastCorrelation || !hasSameExposure(overlap, tolerance)) return 0;
      if (side === GREY_SIDE && !hasSamePixels(template, this.#moved, overlap)) return 0;
    }
    return hasSameColours(this.#fixed, other, this.#placement) ? similarity : 0;
  }

  /** The fixed look at a size, made when it is first needed. */
  #template(index: number): Template {
    const template = this.#templates[index]!;
    if (index >= this.#numFilled) {
      fillTemplate(template, this.#fixed);
      this.#numFilled = index + 1;
    }
    return template;
  }

  #overlay(template: Template): Overlap {
    return overlay(template, this.#moving, this.#placement, this.#moved);
  }

  /** One Gauss-Newton step towards the least squares of the difference. */
  #step({ side, pixels, gradients, inverse }: Template, overlap: Overlap): void {
    const { gain, offset } = exposure(overlap);
    const area = side * side;
    const slope = this.#slope.fill(0);
    for (let y = overlap.top; y < overlap.bottom; y++) {
      for (let x = overlap.left; x < overlap.right; x++) {
        const i = y * side + x;
        const difference = gain * this.#moved[i]! + offset - pixels[i]!;
        slope[0]! += gradients[i]! * difference;
        slope[1]! += gradients[area + i]! * difference;
        slope[2]! += gradients[2 * area + i]! * difference;
        slope[3]! += gradients[3 * area + i]! * difference;
      }
    }
    const placement = this.#placement;
    for (let axis = 0; axis < NUM_PARAMETERS; axis += 2) {
      // the step is how the fixed picture would have to move; the other one takes it backwards
      const scale = (1 + placement[axis]!) / (1 + dot(inverse, axis, slope));
      const shift = placement[axis + 1]! - scale * dot(inverse, axis + 1, slope);
      placement[axis] = clamp(scale - 1, mostStretch);
      placement[axis + 1] = clamp(shift, farthestShift);
    }
  }
}

function dot(matrix: Float64Array, row: number, vector: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < vector.length; k++) sum += matrix[row * vector.length + k]! * vector[k]!;
  return sum;
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(-most, value));
}
