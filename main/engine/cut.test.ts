import { describe, expect, it } from 'vitest';
import { findBackbone } from '../backbones/registry.ts';
import { findCut } from './cut.ts';
import { layerGraphOf, trainableLayers, type LayerGraph, type LayerNode } from './layer-graph.ts';

const layer = (name: string, type: string, inputs: string[], channels: number, side = 4): LayerNode => ({
  name,
  type,
  outputShape: [side, side, channels],
  numParameters: /Conv|Batch/.test(type) ? 10 : 0,
  numTrainable: /Conv|Batch/.test(type) ? 8 : 0,
  inputs,
});

/** input -> a -> relu -> [b -> bn] + shortcut -> add -> pad -> c */
const residual: LayerGraph = [
  layer('input', 'InputLayer', [], 3),
  layer('a', 'Conv2D', ['input'], 8),
  layer('relu', 'ReLU', ['a'], 8),
  layer('b', 'Conv2D', ['relu'], 8),
  layer('bn', 'BatchNormalization', ['b'], 8),
  layer('add', 'Add', ['bn', 'relu'], 8),
  layer('pad', 'ZeroPadding2D', ['add'], 8, 6),
  layer('c', 'Conv2D', ['pad'], 4),
];

async function graphOf(id: string): Promise<LayerGraph> {
  const model = await findBackbone(id).build([64, 64]);
  const graph = layerGraphOf(model);
  model.dispose();
  return graph;
}

describe('findCut', () => {
  it('keeps the output when nothing trains', () => {
    expect(findCut(residual, new Set())).toEqual({ kept: ['c'], above: [] });
  });

  it('keeps what a padding pads, and not the larger padded maps', () => {
    expect(findCut(residual, new Set(['c']))).toEqual({ kept: ['add'], above: ['pad', 'c'] });
  });

  it('keeps one tensor where the branch and the shortcut begin in the same one', () => {
    expect(findCut(residual, new Set(['b']))).toEqual({
      kept: ['relu'],
      above: ['b', 'bn', 'add', 'pad', 'c'],
    });
  });

  it('keeps two tensors where the shortcut passes what is trained', () => {
    expect(findCut(residual, new Set(['bn']))).toEqual({ kept: ['relu', 'b'], above: ['bn', 'add', 'pad', 'c'] });
  });

  it('computes a frozen normalisation again rather than keep a second tensor', () => {
    // As in DenseNet: bn and relu of the concatenation go into the branch, the concatenation itself past it.
    const dense: LayerGraph = [
      layer('input', 'InputLayer', [], 3),
      layer('stem', 'Conv2D', ['input'], 8),
      layer('bn', 'BatchNormalization', ['stem'], 8),
      layer('relu', 'ReLU', ['bn'], 8),
      layer('conv', 'Conv2D', ['relu'], 4),
      layer('concat', 'Concatenate', ['stem', 'conv'], 12),
    ];
    expect(findCut(dense, new Set(['conv']))).toEqual({ kept: ['stem'], above: ['bn', 'relu', 'conv', 'concat'] });
  });

  it('keeps the input when the first convolution trains', () => {
    const cut = findCut(residual, new Set(['a']));
    expect(cut.kept).toEqual(['input']);
    expect(cut.above).toHaveLength(7);
  });

  it('keeps a pattern with a frozen layer among trained ones above the cut', () => {
    expect(findCut(residual, new Set(['a', 'c'])).above).toContain('b');
  });

  it('finds the cut of MobileNetV2 from block 13 at the addition before it', async () => {
    const graph = await graphOf('mobilenet-v2-0.35');
    const trainable = trainableLayers(graph, { from: 'block_13_expand' }, 'mobilenet-v2-0.35');
    const cut = findCut(graph, trainable);
    expect(cut.kept).toEqual(['block_12_add']);
    expect(cut.above[0]).toBe('block_13_expand');
    expect(trainable).not.toContain('block_13_expand_relu');
  });

  it('finds the cut of VGG16 from block 5 at the pool of block 4', async () => {
    const graph = await graphOf('vgg16');
    const trainable = trainableLayers(graph, { from: 'block5_conv1' }, 'vgg16');
    expect(findCut(graph, trainable).kept).toEqual(['block4_pool']);
  });
});

describe('trainableLayers', () => {
  it('names near matches of a layer that is not there', () => {
    expect(() => trainableLayers(residual, { from: 'padd' }, 'x')).toThrow(/^layer-not-found .*"near":\[.*"add"/);
  });

  it('refuses a choice in which nothing can train', () => {
    expect(() => trainableLayers(residual, { layers: ['relu'] }, 'x')).toThrow(
      expect.objectContaining({ code: 'nothing-to-train' }),
    );
  });

  it('takes all, none, from a layer on, or those named', () => {
    expect([...trainableLayers(residual, 'none', 'x')]).toEqual([]);
    expect([...trainableLayers(residual, 'all', 'x')]).toEqual(['a', 'b', 'bn', 'c']);
    expect([...trainableLayers(residual, { from: 'add' }, 'x')]).toEqual(['c']);
    expect([...trainableLayers(residual, { layers: ['a', 'relu'] }, 'x')]).toEqual(['a']);
  });
});
