import { describe, expect, it } from 'vitest';
import { automaticNames, blocksByAutomaticName } from './automatic-names.ts';
import { findBackbone } from './registry.ts';

describe('automaticNames', () => {
  it('counts each type on its own, the first without a number', () => {
    const nextName = automaticNames();
    expect(['conv2d', 'conv2d', 'add', 'conv2d'].map(nextName)).toEqual(['conv2d', 'conv2d_1', 'add', 'conv2d_2']);
  });
});

describe('blocksByAutomaticName', () => {
  it('counts on from block to block', () => {
    const blocks = blocksByAutomaticName([
      ['first', ['conv2d', 'conv2d']],
      ['second', ['conv2d', 'add']],
    ]);
    expect(Object.fromEntries(blocks)).toEqual({
      conv2d: 'first',
      conv2d_1: 'first',
      conv2d_2: 'second',
      add: 'second',
    });
  });

  it.each([
    ['inception-v3', ['stem', 'mixed0', 'mixed1'], 'mixed10'],
    ['inception-resnet-v2', ['stem', 'mixed_5b', 'block35_1'], 'conv_7b'],
    ['xception', ['block1', 'block2', 'block3'], 'block14'],
    ['nasnet-mobile', ['stem', 'reduction_stem_1', 'reduction_stem_2'], 'top'],
    ['nasnet-large', ['stem', 'reduction_stem_1', 'reduction_stem_2'], 'top'],
  ])('gives the blocks of %s in which its layers are made', async (id, first, last) => {
    const spec = findBackbone(id);
    const model = await spec.build([spec.minInputSize, spec.minInputSize]);
    const blocks = spec.blocks(model);
    const blockOf = new Map(
      blocks.flatMap(({ name, layerNames }) => layerNames.map((layer) => [layer, name] as const)),
    );
    const asMade = model.layers.toSorted((a, b) => a.id - b.id).map((layer) => blockOf.get(layer.name)!);
    model.dispose();
    const runs = asMade.filter((block, index) => block !== asMade[index - 1]);
    expect(runs).toEqual([...new Set(asMade)]); // each block is made in one go
    expect(blocks.map(({ name }) => name)).toEqual(runs);
    expect(runs.slice(0, 3)).toEqual(first);
    expect(runs.at(-1)).toBe(last);
  });
});
