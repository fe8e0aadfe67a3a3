import { describe, expect, it } from 'vitest';
import type { LayerFacts } from '../../../contract/backbone.ts';
import {
  blockFreezing,
  boundaryOf,
  chosenLayers,
  describeChoice,
  fromBoundary,
  switched,
  type BlockFacts,
} from './freezing.ts';

const layer = (name: string, order: number, numTrainable = 4): LayerFacts => ({
  name,
  type: numTrainable > 0 ? 'Conv2D' : 'ReLU',
  outputShape: [4, 4, 8],
  numParameters: numTrainable,
  numTrainable,
  order,
  inputs: [],
});
const block = (name: string, layers: LayerFacts[]): BlockFacts => ({
  name,
  layers,
  hasShortcut: false,
  numParameters: 8,
});
/** As in a network with branches, the layers of two blocks interleave in the backbone's own order. */
const blocks = [
  block('stem', [layer('input', 0, 0), layer('a', 1), layer('a_relu', 2, 0)]),
  block('one', [layer('b', 3), layer('c', 5)]),
  block('two', [layer('d', 4), layer('e', 6), layer('e_relu', 7, 0)]),
];
const names = (trainable: Parameters<typeof chosenLayers>[1]) => [...chosenLayers(blocks, trainable)];

describe('freezing', () => {
  it('reads every way of saying what trains', () => {
    expect(names('none')).toEqual([]);
    expect(names('all')).toEqual(['a', 'b', 'd', 'c', 'e']);
    expect(names({ from: 'd' })).toEqual(['d', 'c', 'e']);
    expect(names({ from: 'a_relu' })).toEqual(['b', 'd', 'c', 'e']);
    expect(names({ layers: ['e', 'a', 'gone'] })).toEqual(['a', 'e']);
    expect(names({ from: 'gone' })).toEqual([]);
  });

  it('says a choice in the fewest words', () => {
    expect(describeChoice(blocks, new Set())).toBe('none');
    expect(describeChoice(blocks, new Set(['a', 'b', 'c', 'd', 'e']))).toBe('all');
    expect(describeChoice(blocks, new Set(['c', 'e', 'e_relu']))).toEqual({ from: 'c' });
    expect(describeChoice(blocks, new Set(['d', 'e']))).toEqual({ layers: ['d', 'e'] });
  });

  it('switches blocks and single layers', () => {
    const first = switched(blocks, 'none', blocks[2]!.layers, true);
    expect(first).toEqual({ layers: ['d', 'e'] });
    expect(switched(blocks, first, [layer('c', 5)], true)).toEqual({ from: 'd' });
    expect(switched(blocks, 'all', blocks[0]!.layers, false)).toEqual({ from: 'b' });
    expect(blocks.map((one) => blockFreezing(one, chosenLayers(blocks, { from: 'c' })))).toEqual([
      'frozen',
      'some',
      'some',
    ]);
  });

  it('moves the boundary by whole blocks, and finds it again', () => {
    for (const n of [0, 1, 2, 3]) expect(boundaryOf(blocks, fromBoundary(blocks, n))).toBe(n);
    expect(fromBoundary(blocks, 2)).toEqual({ from: 'b' });
    expect(boundaryOf(blocks, { layers: ['a'] })).toBe(0);
  });
});
