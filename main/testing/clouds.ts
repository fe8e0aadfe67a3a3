import { createRandom } from '../dataset/seeded.ts';
import { normaliseRows, type FeatureMatrix } from '../engine/feature-matrix.ts';

/** Rows of length one around as many centres as there are classes. Same seed, same rows. */
export function clouds(
  numRows: number,
  numClasses: number,
  { rowLength = 32, spread = 0.5, seed = 1 } = {},
): { features: FeatureMatrix; labels: Int32Array } {
  const random = createRandom(seed, 'testing/clouds');
  const centres = Float64Array.from({ length: numClasses * rowLength }, () => random.normal());
  const labels = Int32Array.from({ length: numRows }, (_, row) => row % numClasses);
  const values = Float32Array.from({ length: numRows * rowLength }, (_, i) => {
    const label = labels[Math.floor(i / rowLength)]!;
    return centres[label * rowLength + (i % rowLength)]! + spread * random.normal();
  });
  const features = { values, numRows, rowLength };
  normaliseRows(features);
  return { features, labels };
}
