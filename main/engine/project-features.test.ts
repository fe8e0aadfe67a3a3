import { describe, expect, it } from 'vitest';
import { clouds } from '../testing/clouds.ts';
import type { FeatureMatrix } from './feature-matrix.ts';
import { nearestNeighbours } from './neighbours.ts';
import { projectFeatures, type Projection } from './project-features.ts';

const { signal } = new AbortController();
const numNear = 10;

async function mapOf(features: FeatureMatrix, seed = 1): Promise<Projection> {
  return projectFeatures(features, await nearestNeighbours(features, 15, signal), seed, signal);
}

/** The others by their distance from each row, nearest first. */
function ranked(numRows: number, distance: (one: number, other: number) => number): number[][] {
  return Array.from({ length: numRows }, (_, row) =>
    Array.from({ length: numRows }, (_, other) => ({ other, far: distance(row, other) }))
      .filter(({ other }) => other !== row)
      .sort((one, other) => one.far - other.far)
      .map(({ other }) => other),
  );
}
const onMap = ({ x, y }: Projection) =>
  ranked(x.length, (one, other) => Math.hypot(x[one]! - x[other]!, y[one]! - y[other]!));
const inSpace = ({ values, numRows, rowLength }: FeatureMatrix) =>
  ranked(numRows, (one, other) => {
    let sum = 0;
    for (let i = 0; i < rowLength; i++) sum += (values[one * rowLength + i]! - values[other * rowLength + i]!) ** 2;
    return sum;
  });

/** 1: who is near on the map is near in truth. @see https://doi.org/10.1007/3-540-44668-0_68 Venna and Kaski */
function trustworthiness(truth: number[][], map: number[][]): number {
  const numRows = truth.length;
  let penalty = 0;
  for (let row = 0; row < numRows; row++)
    for (const other of map[row]!.slice(0, numNear)) penalty += Math.max(0, truth[row]!.indexOf(other) + 1 - numNear);
  return 1 - (2 * penalty) / (numRows * numNear * (2 * numRows - 3 * numNear - 1));
}

describe('projectFeatures', () => {
  it('keeps ten clusters apart and neighbours together', async () => {
    const { features, labels } = clouds(500, 10, { rowLength: 64, spread: 0.6 });
    const near = onMap(await mapOf(features));
    const numSame = near.map((others, row) => others.slice(0, numNear).filter((one) => labels[one] === labels[row]));
    const purity = numSame.flat().length / (500 * numNear);
    expect(purity).toBeGreaterThanOrEqual(0.95);
    expect(trustworthiness(inSpace(features), near)).toBeGreaterThan(0.93);
  });

  it('gives the same map for the same seed and another for another', async () => {
    const { features } = clouds(120, 4);
    const [one, same, other] = [await mapOf(features), await mapOf(features), await mapOf(features, 2)];
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('fills the unit square, wider than high, as far as its longer side reaches', async () => {
    const { x, y } = await mapOf(clouds(120, 4).features);
    const all = [...x, ...y];
    expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...all)).toBeLessThanOrEqual(1);
    const extent = (values: Float32Array) => Math.max(...values) - Math.min(...values);
    expect(Math.max(extent(x), extent(y))).toBeCloseTo(1, 5);
    const variance = (values: Float32Array) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    };
    expect(variance(x)).toBeGreaterThan(variance(y));
  });

  it.each([1, 2, 3])('maps %i pictures too, and equal ones', async (numRows) => {
    const features = { values: new Float32Array(numRows * 4).fill(0.5), numRows, rowLength: 4 };
    const { x, y } = await mapOf(features);
    expect([...x, ...y].every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it('stops when asked', async () => {
    const { features } = clouds(400, 2);
    const stop = new AbortController();
    const neighbours = await nearestNeighbours(features, 15, signal);
    stop.abort();
    await expect(projectFeatures(features, neighbours, 1, stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
