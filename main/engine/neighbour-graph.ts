import type { Neighbours } from './neighbours.ts';

/** Undirected edges between rows, each once, in a fixed order. */
export interface NeighbourGraph {
  heads: Int32Array;
  tails: Int32Array;
  /** 0..1: how much two rows belong together. */
  weights: Float64Array;
}

/** As many neighbours of a row as draw the map; more would blur what is near, fewer would tear clusters apart. */
const numDrawn = 15;
/** Edges that would be pulled less often than once in 300 epochs. */
const leastWeight = 1 / 300;

/**
 * Joins each row with its neighbours, each by the scale of its own surroundings: where rows lie dense, near means nearer.
 * An edge that one end knows of counts as the other's too.
 *
 * @see https://arxiv.org/abs/1802.03426 section 3.1
 */
export function neighbourGraph({ numRows, k, indexes, similarities }: Neighbours): NeighbourGraph {
  const numNear = Math.min(numDrawn, k);
  const edges = new Map<number, number>();
  const distances = new Float64Array(numNear);
  for (let row = 0; row < numRows; row++) {
    for (let i = 0; i < numNear; i++) distances[i] = Math.max(0, 1 - similarities[row * k + i]!);
    const memberships = membershipsOf(distances);
    for (let i = 0; i < numNear; i++) {
      const other = indexes[row * k + i]!;
      const key = Math.min(row, other) * numRows + Math.max(row, other);
      const known = edges.get(key) ?? 0;
      edges.set(key, known + memberships[i]! - known * memberships[i]!); // either says so
    }
  }
  const kept = [...edges].filter(([, weight]) => weight >= leastWeight);
  return {
    heads: Int32Array.from(kept, ([key]) => Math.floor(key / numRows)),
    tails: Int32Array.from(kept, ([key]) => key % numRows),
    weights: Float64Array.from(kept, ([, weight]) => weight),
  };
}

/** Falls from one at the nearest so that all together come to log2 of their number. @param distances rising */
function membershipsOf(distances: Float64Array): Float64Array {
  const nearest = distances.find((distance) => distance > 0) ?? 0;
  const wanted = Math.log2(distances.length);
  const at = (scale: number): Float64Array =>
    distances.map((distance) => (distance <= nearest ? 1 : Math.exp(-(distance - nearest) / scale)));
  let [low, high] = [0, Infinity];
  let scale = 1;
  for (let round = 0; round < 64; round++) {
    const sum = at(scale).reduce((total, value) => total + value, 0);
    if (Math.abs(sum - wanted) < 1e-5) break;
    if (sum > wanted) high = scale;
    else low = scale;
    scale = high === Infinity ? scale * 2 : (low + high) / 2;
  }
  const mean = distances.reduce((total, distance) => total + distance, 0) / distances.length;
  return at(Math.max(scale, 1e-3 * mean, Number.MIN_VALUE));
}
