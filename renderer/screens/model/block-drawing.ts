import type { LayerFacts } from '../../../contract/backbone.ts';
import type { BlockFacts } from './freezing.ts';

/** Layers in a row, or one that joins branches. */
export interface DrawnNode {
  id: string;
  /** One line a layer: what it is, and its window where that is known. */
  lines: string[];
  kind: 'input' | 'chain' | 'join';
  /** Middle and size, in pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface DrawnEdge {
  id: string;
  path: string;
  /** Goes round layers: carries its input past them. */
  isShortcut: boolean;
}
export type BlockKind = 'identity' | 'convolution' | 'dense' | 'inception' | null;
export interface BlockDrawing {
  nodes: DrawnNode[];
  edges: DrawnEdge[];
  width: number;
  height: number;
  kind: BlockKind;
  /** Paths from the input to the last join. */
  numBranches: number;
}

/** Id of what goes into the block; no layer is called so. */
const blockInput = ':input';
const laneWidth = 156;
const lineHeight = 15;
const rowGap = 22;
/** More would be a wall, not a drawing. */
const maxLayers = 60;

const joins = new Set(['Add', 'Concatenate', 'CustomScaleLayer', 'Multiply', 'Average', 'Maximum']);
const symbols: Record<string, string> = { Add: '+', CustomScaleLayer: '+', Multiply: '×', Concatenate: '⊕' };
const shortNames: Record<string, string> = {
  BatchNormalization: 'BN',
  LayerNormalization: 'LN',
  DepthwiseConv2D: 'depthwise',
  SeparableConv2D: 'separable',
  GlobalAveragePooling2D: 'mean',
  AveragePooling2D: 'avg pool',
  MaxPooling2D: 'max pool',
  ZeroPadding2D: 'pad',
};

/**
 * Lays a block out from its input down: rows of layers, branches side by side, joins between them.
 *
 * @returns null when it has no branches, or too many layers to be seen
 */
export function drawBlock(block: BlockFacts): BlockDrawing | null {
  const layers = block.layers.filter((layer) => layer.type !== 'InputLayer').sort((a, b) => a.order - b.order);
  if (layers.length > maxLayers || !layers.some(({ type }) => joins.has(type))) return null;
  const own = new Set(layers.map(({ name }) => name));
  const chainOf = new Map<string, string>();
  const chains = new Map<string, LayerFacts[]>();
  const readers = new Map<string, number>();
  for (const layer of layers) for (const from of layer.inputs) readers.set(from, (readers.get(from) ?? 0) + 1);
  for (const layer of layers) {
    const [from] = layer.inputs;
    const before = layer.inputs.length === 1 ? chainOf.get(from!) : undefined;
    const goesOn = before !== undefined && readers.get(from!) === 1 && !joins.has(chains.get(before)!.at(-1)!.type);
    const id = goesOn && !joins.has(layer.type) ? before : layer.name;
    chainOf.set(layer.name, id);
    chains.set(id, [...(chains.get(id) ?? []), layer]);
  }
  const inputs = new Map<string, string[]>();
  for (const [id, of] of chains)
    inputs.set(
      id,
      of[0]!.inputs.map((from) => (own.has(from) ? chainOf.get(from)! : blockInput)),
    );
  return laidOut(chains, inputs);
}

function laidOut(chains: ReadonlyMap<string, LayerFacts[]>, inputs: ReadonlyMap<string, string[]>): BlockDrawing {
  const rank = new Map([[blockInput, 0]]);
  for (const id of chains.keys()) rank.set(id, 1 + Math.max(0, ...inputs.get(id)!.map((from) => rank.get(from) ?? 0)));
  const rows = new Map<number, string[]>();
  for (const [id, row] of rank) rows.set(row, [...(rows.get(row) ?? []), id]);
  const lanes = Math.max(...[...rows.values()].map((row) => row.length));
  // Shortcuts run outside, on the right.
  const hasSkip = [...inputs].some(([id, from]) => from.some((one) => rank.get(id)! - rank.get(one)! > 1));
  const width = lanes * laneWidth + (hasSkip ? 48 : 12);
  const nodes: DrawnNode[] = [];
  let top = 4;
  for (const [, ids] of [...rows].sort(([a], [b]) => a - b)) {
    const row = ids.map((id) => nodeOf(id, chains.get(id)));
    const height = Math.max(...row.map((node) => node.height));
    row.forEach((node, i) => {
      node.x = ((i + 0.5) * lanes * laneWidth) / row.length;
      node.y = top + height / 2;
    });
    nodes.push(...row);
    top += height + rowGap;
  }
  const at = new Map(nodes.map((node) => [node.id, node]));
  const edges = [...inputs].flatMap(([id, from]) =>
    from.map((one, i) => edgeOf(at.get(one)!, at.get(id)!, rank.get(id)! - rank.get(one)! > 1, lanes * laneWidth, i)),
  );
  return { nodes, edges, width, height: top - rowGap + 6, ...kindOf(chains, inputs) };
}

function nodeOf(id: string, layers: readonly LayerFacts[] | undefined): DrawnNode {
  const place = { id, x: 0, y: 0 };
  if (!layers) return { ...place, kind: 'input', lines: ['x'], width: 26, height: 22 };
  const { type } = layers[0]!;
  if (joins.has(type)) return { ...place, kind: 'join', lines: [symbols[type] ?? '•'], width: 24, height: 24 };
  const lines = layers.map(lineOf);
  return { ...place, kind: 'chain', lines, width: laneWidth - 16, height: lines.length * lineHeight + 8 };
}

function lineOf({ type, kernel, outputShape }: LayerFacts): string {
  const name = shortNames[type] ?? type.replace(/2D$/, '').toLowerCase();
  const window = kernel ? `${kernel.join('×')} ` : '';
  return /Conv|Dense/.test(type) ? `${window}${name}, ${outputShape.at(-1)}` : `${window}${name}`;
}

function edgeOf(from: DrawnNode, to: DrawnNode, isSkip: boolean, right: number, index: number): DrawnEdge {
  const [startY, endY] = [from.y + from.height / 2, to.y - to.height / 2];
  const id = `${from.id} ${to.id} ${index}`;
  if (!isSkip) {
    const middle = (startY + endY) / 2;
    return {
      id,
      isShortcut: false,
      path: `M${from.x} ${startY} C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${endY}`,
    };
  }
  const side = right + 14 + (index % 2) * 8;
  const [fromX, toX] = [from.x + from.width / 2, to.x + to.width / 2];
  return { id, isShortcut: true, path: `M${fromX} ${from.y} H${side - 12} Q${side} ${from.y} ${side} ${from.y + 12} V${to.y - 12} Q${side} ${to.y} ${side - 12} ${to.y} H${toX}` }; // prettier-ignore
}

function kindOf(chains: ReadonlyMap<string, LayerFacts[]>, inputs: ReadonlyMap<string, string[]>) {
  const last = [...chains].reverse().find(([, [layer]]) => joins.has(layer!.type) && layer!.type !== 'Multiply');
  if (!last) return { kind: null, numBranches: 1 };
  const [id, [join]] = last;
  const from = inputs.get(id)!;
  const numBranches = from.length;
  if (join!.type === 'Concatenate')
    return { kind: from.includes(blockInput) ? 'dense' : 'inception', numBranches } as const;
  if (from.includes(blockInput)) return { kind: 'identity', numBranches } as const;
  // A branch of one convolution (and its normalisation) fits the shortcut to the new size.
  const isFitting = from.some((one) => {
    const own = chains.get(one);
    return own && inputs.get(one)!.includes(blockInput) && own.filter(({ type }) => type.includes('Conv')).length === 1;
  });
  return { kind: isFitting ? 'convolution' : null, numBranches } as const;
}
