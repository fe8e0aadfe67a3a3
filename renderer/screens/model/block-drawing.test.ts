import { describe, expect, it } from 'vitest';
import type { LayerFacts } from '../../../contract/backbone.ts';
import { drawBlock } from './block-drawing.ts';

type Row = [name: string, type: string, inputs: string[], kernel?: number];
function drawn(rows: Row[]) {
  const layers = rows.map(([name, type, inputs, kernel], order): LayerFacts => ({
    name,
    type,
    inputs,
    order,
    outputShape: [7, 7, 64],
    numParameters: 0,
    numTrainable: 0,
    ...(kernel !== undefined && { kernel: [kernel, kernel] }),
  }));
  return drawBlock({ name: 'block', numParameters: 0, hasShortcut: true, layers });
}

const branch: Row[] = [
  ['conv1', 'Conv2D', ['before'], 3],
  ['bn1', 'BatchNormalization', ['conv1']],
  ['relu1', 'ReLU', ['bn1']],
];

describe('the drawing of a block', () => {
  it('is not made of layers in a row', () => expect(drawn(branch)).toBeNull());

  it('shows the shortcut of an identity block round its branch', () => {
    const drawing = drawn([...branch, ['add', 'Add', ['before', 'relu1']], ['out', 'ReLU', ['add']]])!;
    expect(drawing.kind).toBe('identity');
    expect(drawing.nodes.map(({ kind, lines }) => [kind, ...lines])).toEqual([
      ['input', 'x'],
      ['chain', '3×3 conv, 64', 'BN', 'relu'],
      ['join', '+'],
      ['chain', 'relu'],
    ]);
    expect(drawing.edges.filter(({ isShortcut }) => isShortcut).map(({ id }) => id)).toEqual([':input add 0']);
  });

  it('tells a convolution block by the convolution on its shortcut', () => {
    const drawing = drawn([
      ['fit', 'Conv2D', ['before'], 1],
      ...branch,
      ['conv2', 'Conv2D', ['relu1'], 3],
      ['add', 'Add', ['fit', 'conv2']],
    ])!;
    expect(drawing.kind).toBe('convolution');
    const [fit, main] = drawing.nodes.filter(({ kind }) => kind === 'chain');
    expect(fit!.y).toBe(main!.y);
    expect(fit!.x).not.toBe(main!.x);
  });

  it('shows branches that are laid side by side, and maps laid beside their input', () => {
    const branches: Row[] = [1, 3, 5].map((size) => [`conv${size}`, 'Conv2D', ['before'], size]);
    const inception = drawn([...branches, ['mixed', 'Concatenate', branches.map(([name]) => name)]])!;
    expect(inception).toMatchObject({ kind: 'inception', numBranches: 3 });
    expect(drawn([...branch, ['concat', 'Concatenate', ['before', 'relu1']]])!.kind).toBe('dense');
  });

  it('keeps what it draws inside its frame', () => {
    const { nodes, width, height } = drawn([...branch, ['add', 'Add', ['before', 'relu1']]])!;
    for (const node of nodes) {
      expect(node.x - node.width / 2).toBeGreaterThanOrEqual(0);
      expect(node.x + node.width / 2).toBeLessThanOrEqual(width);
      expect(node.y + node.height / 2).toBeLessThanOrEqual(height);
    }
  });
});
