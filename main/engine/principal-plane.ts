import type { SeededRandom } from '../dataset/seeded.ts';
import type { FeatureMatrix } from './feature-matrix.ts';

const numRounds = 12;

/**
 * Projects rows on the two directions in which they vary most, found by subspace iteration.
 *
 * @param features rows about their mean; a mean that is left only turns the plane
 * @returns [numRows, 2]
 */
export function principalPlane({ values, numRows, rowLength }: FeatureMatrix, random: SeededRandom): Float64Array {
  let directions = Float64Array.from({ length: 2 * rowLength }, () => random.normal()); // [rowLength, 2]
  const places = new Float64Array(2 * numRows); // [numRows, 2]
  for (let round = 0; ; round++) {
    orthonormalise(directions);
    for (let row = 0, at = 0; row < numRows; row++) {
      let [first, second] = [0, 0];
      for (let column = 0; column < rowLength; column++, at++) {
        first += values[at]! * directions[2 * column]!;
        second += values[at]! * directions[2 * column + 1]!;
      }
      places[2 * row] = first;
      places[2 * row + 1] = second;
    }
    if (round === numRounds) return places;
    const next = new Float64Array(2 * rowLength);
    for (let row = 0, at = 0; row < numRows; row++) {
      const [first, second] = [places[2 * row]!, places[2 * row + 1]!];
      for (let column = 0; column < rowLength; column++, at++) {
        next[2 * column]! += values[at]! * first;
        next[2 * column + 1]! += values[at]! * second;
      }
    }
    directions = next;
  }
}

/** Gram-Schmidt on the two columns; a column without length stays zero. */
function orthonormalise(directions: Float64Array): void {
  const dot = (i: 0 | 1, j: 0 | 1): number => {
    let sum = 0;
    for (let at = 0; at < directions.length; at += 2) sum += directions[at + i]! * directions[at + j]!;
    return sum;
  };
  const scale = (i: 0 | 1): void => {
    const length = Math.sqrt(dot(i, i));
    for (let at = i as number; at < directions.length; at += 2)
      directions[at] = length > 0 ? directions[at]! / length : 0;
  };
  scale(0);
  const shared = dot(0, 1);
  for (let at = 0; at < directions.length; at += 2) directions[at + 1]! -= shared * directions[at]!;
  scale(1);
}
