import { numValues, type LayerGraph, type LayerNode } from './layer-graph.ts';

/** Where frozen computation ends and trained computation begins. */
export interface Cut {
  /** Layers whose outputs are kept for every picture, in the model's order. */
  kept: string[];
  /** Layers computed in every step, in the model's order: those that train, all that depends on them, and what little is cheaper to compute again than to keep. */
  above: string[];
}

/** Layers that cost next to nothing to compute again: a smaller tensor before them may be kept instead of theirs. */
const cheap = new Set([
  'Activation',
  'Add',
  'BatchNormalization',
  'Concatenate',
  'Cropping2D',
  'CustomScaleLayer',
  'Dropout',
  'Multiply',
  'ReLU',
  'Rescaling',
  'Reshape',
  'ZeroPadding2D',
]);

/**
 * Finds the cut for a pattern of trainable layers: the smallest set of frozen tensors from which everything that trains
 * can be computed, moved over cheap layers only. Of equal sets the one nearest to the output.
 *
 * With nothing trainable it is the output itself.
 *
 * @param graph its last layer is the output
 * @param trainable names of layers that train
 */
export function findCut(graph: LayerGraph, trainable: ReadonlySet<string>): Cut {
  const output = graph.at(-1)!;
  const moving = new Set<string>();
  for (const layer of graph)
    if (trainable.has(layer.name) || layer.inputs.some((name) => moving.has(name))) moving.add(layer.name);
  if (!moving.has(output.name)) return { kept: [output.name], above: [] };
  const kept = smallestSeparator(graph, moving);
  const above = neededAbove(graph, kept);
  return { kept: graph.filter(({ name }) => kept.has(name)).map(({ name }) => name), above };
}

/** Everything that the output needs and that is not kept, in the model's order. */
function neededAbove(graph: LayerGraph, kept: ReadonlySet<string>): string[] {
  const byName = new Map(graph.map((layer) => [layer.name, layer]));
  const needed = new Set<string>();
  const open = [graph.at(-1)!.name];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (needed.has(name) || kept.has(name)) continue;
    needed.add(name);
    open.push(...byName.get(name)!.inputs);
  }
  return graph.filter(({ name }) => needed.has(name)).map(({ name }) => name);
}

/**
 * A minimum vertex cut between what must be computed once (frozen layers that are not cheap) and what moves, by augmenting
 * paths: each frozen layer is an edge of its tensor's size. The set nearest to the moving layers is taken.
 *
 * @see L. R. Ford and D. R. Fulkerson, Canadian Journal of Mathematics 8, 1956
 */
function smallestSeparator(graph: LayerGraph, moving: ReadonlySet<string>): Set<string> {
  const frozen = graph.filter(({ name }) => !moving.has(name));
  const index = new Map(frozen.map(({ name }, i) => [name, i]));
  const source = 2 * frozen.length;
  const sink = source + 1;
  const flow = new FlowNetwork(sink + 1);
  const into = (i: number) => 2 * i;
  const outOf = (i: number) => 2 * i + 1;
  frozen.forEach((layer, i) => {
    flow.connect(into(i), outOf(i), numValues(layer.outputShape));
    if (cheap.has(layer.type))
      for (const name of layer.inputs) flow.connect(outOf(index.get(name)!), into(i), Infinity);
    else flow.connect(source, into(i), Infinity);
  });
  for (const layer of graph)
    if (moving.has(layer.name))
      for (const name of layer.inputs) {
        const i = index.get(name);
        if (i !== undefined) flow.connect(outOf(i), sink, Infinity);
      }
  flow.saturate(source, sink);
  const beyond = flow.reaching(sink);
  const kept = frozen.filter((_, i) => !beyond.has(into(i)) && beyond.has(outOf(i)));
  return new Set(kept.map((layer: LayerNode) => layer.name));
}

/** Capacities of a directed graph, and the flow through it. */
class FlowNetwork {
  /** Edges in pairs: an edge and, behind it, its reverse. */
  readonly #to: number[] = [];
  readonly #left: number[] = [];
  readonly #edges: number[][];

  constructor(numNodes: number) {
    this.#edges = Array.from({ length: numNodes }, () => []);
  }

  connect(from: number, to: number, capacity: number): void {
    this.#edges[from]!.push(this.#to.length);
    this.#to.push(to);
    this.#left.push(capacity);
    this.#edges[to]!.push(this.#to.length);
    this.#to.push(from);
    this.#left.push(0);
  }

  /** Sends as much as there is room for, along shortest paths. */
  saturate(source: number, sink: number): void {
    for (;;) {
      const arrivedBy = new Map<number, number>([[source, -1]]);
      const open = [source];
      for (let next = 0; next < open.length && !arrivedBy.has(sink); next++)
        for (const edge of this.#edges[open[next]!]!) {
          const to = this.#to[edge]!;
          if (this.#left[edge]! <= 0 || arrivedBy.has(to)) continue;
          arrivedBy.set(to, edge);
          open.push(to);
        }
      if (!arrivedBy.has(sink)) return;
      const path: number[] = [];
      for (let node = sink; node !== source; node = this.#to[path.at(-1)! ^ 1]!) path.push(arrivedBy.get(node)!);
      const amount = Math.min(...path.map((edge) => this.#left[edge]!));
      for (const edge of path) {
        this.#left[edge]! -= amount;
        this.#left[edge ^ 1]! += amount;
      }
    }
  }

  /** Nodes from which there is still room to `sink`, itself included. */
  reaching(sink: number): Set<number> {
    const found = new Set([sink]);
    const open = [sink];
    for (let node = open.pop(); node !== undefined; node = open.pop())
      for (const edge of this.#edges[node]!) {
        const from = this.#to[edge]!;
        if (this.#left[edge ^ 1]! <= 0 || found.has(from)) continue; // the pair's other half leads here
        found.add(from);
        open.push(from);
      }
    return found;
  }
}
