import { afterEach, describe, expect, it } from 'vitest';
import { TrainingCostInput } from '../../contract/backbone.ts';
import { trainingCost } from './cost.ts';
import type { LayerGraph, LayerNode } from './layer-graph.ts';

const layer = (name: string, type: string, inputs: string[], numParameters: number): LayerNode => ({
  name,
  type,
  outputShape: [4, 4, 8],
  numParameters,
  numTrainable: numParameters,
  inputs,
});
const graph: LayerGraph = [
  layer('input', 'InputLayer', [], 0),
  layer('a', 'Conv2D', ['input'], 100),
  layer('b', 'Conv2D', ['a'], 200),
];
const input = TrainingCostInput.parse({
  backboneId: 'x',
  trainable: { from: 'b' },
  head: { kind: 'gap' },
  numClasses: 2,
  numTrainImages: 100,
  numValidationImages: 30,
  numTestImages: 20,
  numViews: 4,
});
/** Of one picture: the maps of `a`, and the means for the head. */
const cutBytes = 4 * 4 * 8 * 4;
const pooledBytes = 8 * 4;
const numRows = 4 * 100 + 30 + 20;
const speed = { trainMs: 10, answerMs: 4, frozenMs: 6 };

afterEach(() => void delete process.env['GRAFT_CACHE_LIMIT']);

describe('trainingCost', () => {
  it('counts what trains, and every row that is kept: each view of a training picture, the others once', () => {
    expect(trainingCost(graph, input, 16, speed)).toMatchObject({
      trainableParameters: 200 + 8 * 2 + 2,
      frozenParameters: 100,
      cut: [{ layer: 'a', outputShape: [4, 4, 8] }],
      cacheBytes: numRows * (cutBytes + pooledBytes),
      fitsCache: true,
      secondsPerEpoch: (100 * 10 + 30 * 4) / 1000,
    });
  });
  it('counts what is below the cut in every epoch, and not on the disk, where it does not fit the cache', () => {
    process.env['GRAFT_CACHE_LIMIT'] = String(numRows * cutBytes - 1);
    const cost = trainingCost(graph, input, 16, speed);
    expect(cost).toMatchObject({ cacheBytes: numRows * pooledBytes, fitsCache: false });
    expect(cost.secondsPerEpoch).toBeGreaterThanOrEqual((100 * 16 + 30 * 10) / 1000);
  });
  it('does not guess the seconds of what was not measured', () => {
    expect(trainingCost(graph, input, 16, null).secondsPerEpoch).toBeNull();
    process.env['GRAFT_CACHE_LIMIT'] = '1';
    expect(trainingCost(graph, input, 16, { ...speed, frozenMs: null }).secondsPerEpoch).toBeNull();
  });
});
