import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRandom, type SeededRandom } from '../dataset/seeded.ts';
import type { FeatureMatrix } from './feature-matrix.ts';
import { neighbourGraph, type NeighbourGraph } from './neighbour-graph.ts';
import type { Neighbours } from './neighbours.ts';
import { principalPlane } from './principal-plane.ts';

/** Places of pictures on a map: 0..1 both ways, as far apart on one axis as on the other. */
export interface Projection {
  x: Float32Array;
  y: Float32Array;
}

/** Of the curve 1 / (1 + a d^2b) that tells how near two points are drawn; fitted to a least distance of 0.1 as in `umap-learn`. */
const a = 1.576943460405378;
const b = 0.8950608781227859;
const numNegatives = 5;
const largestStep = 4;
const numEpochsFew = 300;
const numEpochsMany = 200;
/** From as many rows on, fewer epochs are enough and more would take long. */
const manyRows = 10_000;
const startExtent = 10;
const yieldEveryMs = 50;

/**
 * Draws rows on a map where near ones stay near: begins with the plane of the largest variance, then pulls along the graph
 * of neighbours and pushes at random. Same features and seed, same map.
 *
 * @see https://arxiv.org/abs/1802.03426 UMAP; the sampling is its section 3.2
 */
export async function projectFeatures(
  features: FeatureMatrix,
  neighbours: Neighbours,
  seed: number,
  signal: AbortSignal,
): Promise<Projection> {
  const { numRows } = features;
  const random = createRandom(seed, 'map of features');
  const places = principalPlane(features, random); // [numRows, 2]
  scaleTo(places, startExtent, random);
  if (neighbours.k > 0) await embed(places, neighbourGraph(neighbours), random, signal);
  layFlat(places);
  return asProjection(places, numRows);
}

/** Largest distance from the middle, and a little noise: rows that are equal must be able to part. */
function scaleTo(places: Float64Array, extent: number, random: SeededRandom): void {
  const largest = places.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = largest > 0 ? extent / largest : 0;
  for (let i = 0; i < places.length; i++) places[i] = places[i]! * scale + 1e-4 * random.normal();
}

async function embed(
  places: Float64Array,
  graph: NeighbourGraph,
  random: SeededRandom,
  signal: AbortSignal,
): Promise<void> {
  const numRows = places.length / 2;
  const numEpochs = numRows < manyRows ? numEpochsFew : numEpochsMany;
  const numEdges = graph.heads.length;
  const due = Float64Array.from(graph.weights, (weight) => 1 / weight);
  let yieldedAt = performance.now();
  for (let epoch = 0; epoch < numEpochs; epoch++) {
    const rate = 1 - epoch / numEpochs;
    for (let edge = 0; edge < numEdges; edge++) {
      if (due[edge]! > epoch + 1) continue;
      due[edge]! += 1 / graph.weights[edge]!; // an edge of weight one half moves every other epoch
      pull(places, graph.heads[edge]!, graph.tails[edge]!, rate);
      for (let i = 0; i < numNegatives; i++)
        push(places, graph.heads[edge]!, Math.floor(random.next() * numRows), rate);
    }
    if (performance.now() - yieldedAt < yieldEveryMs) continue;
    await nextTurn(); // lets a stop in
    signal.throwIfAborted();
    yieldedAt = performance.now();
  }
}

const clipped = (step: number): number => Math.max(-largestStep, Math.min(largestStep, step));

/** Moves both ends of an edge towards each other. */
function pull(places: Float64Array, head: number, tail: number, rate: number): void {
  const dx = places[2 * head]! - places[2 * tail]!;
  const dy = places[2 * head + 1]! - places[2 * tail + 1]!;
  const squared = dx * dx + dy * dy;
  if (squared === 0) return;
  const power = squared ** b;
  const force = (-2 * a * b * power) / squared / (a * power + 1);
  const [stepX, stepY] = [rate * clipped(force * dx), rate * clipped(force * dy)];
  places[2 * head]! += stepX;
  places[2 * head + 1]! += stepY;
  places[2 * tail]! -= stepX;
  places[2 * tail + 1]! -= stepY;
}

/** Moves a row away from another. */
function push(places: Float64Array, row: number, other: number, rate: number): void {
  if (row === other) return;
  const dx = places[2 * row]! - places[2 * other]!;
  const dy = places[2 * row + 1]! - places[2 * other + 1]!;
  const squared = dx * dx + dy * dy;
  const force = (2 * b) / ((0.001 + squared) * (a * squared ** b + 1));
  places[2 * row]! += rate * clipped(force * dx);
  places[2 * row + 1]! += rate * clipped(force * dy);
}

/** Turns the map so that it is wider than high, as screens are. */
function layFlat(places: Float64Array): void {
  const numRows = places.length / 2;
  let [meanX, meanY] = [0, 0];
  for (let at = 0; at < places.length; at += 2) {
    meanX += places[at]! / numRows;
    meanY += places[at + 1]! / numRows;
  }
  let [xx, xy, yy] = [0, 0, 0];
  for (let at = 0; at < places.length; at += 2) {
    const [x, y] = [places[at]! - meanX, places[at + 1]! - meanY];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (let at = 0; at < places.length; at += 2) {
    const [x, y] = [places[at]! - meanX, places[at + 1]! - meanY];
    places[at] = cos * x + sin * y;
    places[at + 1] = cos * y - sin * x;
  }
}

/** Fits the places into the unit square, in its middle. */
function asProjection(places: Float64Array, numRows: number): Projection {
  const [x, y] = [new Float32Array(numRows), new Float32Array(numRows)];
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  places.forEach((value, i) => {
    low[i % 2] = Math.min(low[i % 2]!, value);
    high[i % 2] = Math.max(high[i % 2]!, value);
  });
  const extent = Math.max(high[0]! - low[0]!, high[1]! - low[1]!, Number.MIN_VALUE);
  const at = (value: number, axis: number): number =>
    Math.max(0, Math.min(1, 0.5 + (value - (low[axis]! + high[axis]!) / 2) / extent));
  for (let row = 0; row < numRows; row++) {
    x[row] = at(places[2 * row]!, 0);
    y[row] = at(places[2 * row + 1]!, 1);
  }
  return { x, y };
}
