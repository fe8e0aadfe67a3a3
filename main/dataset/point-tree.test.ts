import { describe, expect, it } from 'vitest';
import { PointTree } from './point-tree.ts';
import { createRandom } from './seeded.ts';

const numDimensions = 5;
const numPoints = 2000;
const random = createRandom(3, 'point-tree');
// rounded, so that many are equal in a dimension
const points = Float32Array.from({ length: numPoints * numDimensions }, () => Math.round(8 * random.normal()) / 8);
const everySecond = Int32Array.from({ length: numPoints / 2 }, (_, i) => 2 * i);
const build = (indexes: Int32Array): Promise<PointTree> =>
  PointTree.build(points, numDimensions, indexes, () => undefined);

function squaredDistance(i: number, j: number): number {
  let sum = 0;
  for (let k = 0; k < numDimensions; k++) sum += (points[i * numDimensions + k]! - points[j * numDimensions + k]!) ** 2;
  return sum;
}

describe('PointTree', () => {
  it.each([0, 0.5, 1.5, 100])('finds what comparing with each finds, within %d', async (radius) => {
    const tree = await build(everySecond);
    for (let i = 0; i < 100; i++) {
      const found: number[] = [];
      tree.near(points, i * numDimensions, radius, (index) => found.push(index) > 0);
      expect(found.sort((a, b) => a - b)).toEqual(
        [...everySecond].filter((j) => squaredDistance(i, j) <= radius * radius),
      );
    }
  });

  it('tells squared distances', async () => {
    const tree = await build(everySecond);
    tree.near(points, numDimensions, 1, (index, distance) => {
      expect(distance).toBeCloseTo(squaredDistance(1, index), 4);
      return true;
    });
    expect.hasAssertions();
  });

  it('stops when told', async () => {
    const found: number[] = [];
    (await build(everySecond)).near(points, 0, 100, (index) => found.push(index) < 7);
    expect(found).toHaveLength(7);
  });

  it('finds nothing where there are no points', async () => {
    const tree = await build(new Int32Array());
    tree.near(points, 0, 100, () => expect.unreachable());
  });
});
