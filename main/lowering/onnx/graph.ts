import { toFloat16 } from '../../native/float16.ts';
import { isStoredAsFloat16 } from '../float16.ts';
import { dataType } from './messages.ts';
import type { OnnxAttribute, OnnxGraph, OnnxInitializer, OnnxNode, OnnxValueInfo } from './messages.ts';

/**
 * One tensor of the graph while it is being built.
 *
 * `shape` is without the batch and in the order of TensorFlow.js; a value of rank 3 ([height, width, channels]) lies as
 * [batch, channels, height, width] in the ONNX graph, where convolutions want it, every other one as its shape says.
 */
export interface Value {
  name: string;
  shape: readonly number[];
}

/** The graph under construction: nodes in topological order, constants, and names used once only. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxInitializer>();
  readonly #producers = new Map<string, OnnxNode>();
  readonly #numUses = new Map<string, number>();
  readonly #names: Set<string>;

  /** @param reserved names of the graph's own inputs and outputs, which no layer may take. */
  constructor(reserved: readonly string[]) {
    this.#names = new Set(reserved);
  }

  /** Adds a node with one output, which takes the node's name, or one with a number behind it when that is taken. */
  add(
    name: string,
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, OnnxAttribute>,
    shape: readonly number[],
  ): Value {
    const unique = this.#uniqueName(name);
    this.#push({ name: unique, opType, inputs: [...inputs], outputs: [unique], attributes });
    return { name: unique, shape };
  }

  /** Adds the node that gives an output of the graph, under its reserved name. */
  addOutput(
    name: string,
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, OnnxAttribute>,
    shape: readonly number[],
  ): Value {
    this.#push({ name, opType, inputs: [...inputs], outputs: [name], attributes });
    return { name, shape };
  }

  /**
   * Adds a float32 constant and returns its name.
   *
   * @param numbers in row-major order, or what makes them when they are wanted
   */
  constant(name: string, dims: readonly number[], numbers: Float32Array | (() => Float32Array)): string {
    const read = typeof numbers === 'function' ? numbers : () => numbers;
    return this.#addInitializer({ name: this.#uniqueName(name), type: 'float32', dims, read });
  }

  /** Adds a list of whole numbers, as shapes and pads are given. */
  integers(name: string, values: readonly number[]): string {
    const data = BigInt64Array.from(values, (value) => BigInt(value));
    return this.#addInitializer({
      name: this.#uniqueName(name),
      type: 'int64',
      dims: [values.length],
      read: () => data,
    });
  }

  /** Gives the constant of that name. */
  initializer(name: string): OnnxInitializer {
    const found = this.#initializers.get(name);
    if (!found) throw new Error(`no constant ${name}`);
    return found;
  }

  /** Makes another of a float32 constant, number by number. */
  changeConstant(name: string, change: (numbers: Float32Array) => Float32Array): void {
    const { read, ...constant } = this.initializer(name);
    this.#initializers.set(name, { ...constant, read: () => change(read() as Float32Array) });
  }

  /** Gives the node that computes a value; undefined for an input of the graph. */
  producer(value: Value): OnnxNode | undefined {
    return this.#producers.get(value.name);
  }

  /** Takes a node out again whose work another has taken over; its value must have no other use. */
  remove(node: OnnxNode): void {
    this.#nodes.splice(this.#nodes.indexOf(node), 1);
    for (const output of node.outputs) this.#producers.delete(output);
    for (const input of node.inputs) this.#release(input);
  }

  /** Renames a node and its one output, as when it takes over the work of the layer after it; nothing may use it yet. */
  rename(node: OnnxNode, name: string): string {
    const unique = this.#uniqueName(name);
    this.#producers.delete(node.outputs[0] as string);
    node.name = unique;
    node.outputs = [unique];
    this.#producers.set(unique, node);
    return unique;
  }

  /**
   * Stores kernels as float16, each with a node that makes float32 of it again: computed is in float32. A runtime does that
   * once, when it loads the model.
   */
  storeAsFloat16(): void {
    const casts: OnnxNode[] = [];
    for (const { name, type, dims, read } of [...this.#initializers.values()]) {
      if (type !== 'float32' || !isStoredAsFloat16(dims, () => read() as Float32Array)) continue;
      const stored = this.#uniqueName(`${name}/float16`);
      this.#initializers.delete(name);
      this.#initializers.set(stored, {
        name: stored,
        type: 'float16',
        dims,
        read: () => toFloat16(read() as Float32Array),
      });
      const attributes = { to: { int: dataType.float32 } };
      casts.push({ name, opType: 'Cast', inputs: [stored], outputs: [name], attributes });
    }
    this.#nodes.unshift(...casts);
  }

  finish(name: string, inputs: readonly OnnxValueInfo[], outputs: readonly OnnxValueInfo[]): OnnxGraph {
    return { name, nodes: this.#nodes, initializers: [...this.#initializers.values()], inputs, outputs };
  }

  #push(node: OnnxNode): void {
    this.#nodes.push(node);
    for (const output of node.outputs) this.#producers.set(output, node);
    for (const input of node.inputs) this.#numUses.set(input, (this.#numUses.get(input) ?? 0) + 1);
  }

  #addInitializer(initializer: OnnxInitializer): string {
    this.#initializers.set(initializer.name, initializer);
    return initializer.name;
  }

  #release(name: string): void {
    const left = (this.#numUses.get(name) ?? 1) - 1;
    this.#numUses.set(name, left);
    if (left === 0) this.#initializers.delete(name);
  }

  #uniqueName(name: string): string {
    let unique = name;
    for (let count = 1; this.#names.has(unique); count += 1) unique = `${name}_${count}`;
    this.#names.add(unique);
    return unique;
  }
}

/** From the order of TensorFlow.js to that inside the graph: [h, w, c] -> [c, h, w]; other ranks stay. */
export function onnxShape(shape: readonly number[]): number[] {
  if (shape.length !== 3) return [...shape];
  const [height, width, channels] = shape as [number, number, number];
  return [channels, height, width];
}

/** The same for the numbers of a constant: [h, w, c] -> [c, h, w]. */
export function channelsFirst(source: Float32Array, dims: readonly number[]): Float32Array {
  const channels = dims.at(-1) as number;
  const numPlaces = source.length / channels;
  return Float32Array.from(
    { length: source.length },
    (_, index) => source[(index % numPlaces) * channels + Math.floor(index / numPlaces)] as number,
  );
}

/** Turns a value of rank 3 back into [batch, height, width, channels]; any other is already in its order. */
export function toChannelsLast(graph: GraphBuilder, value: Value, name: string): string {
  if (value.shape.length !== 3) return value.name;
  return graph.add(name, 'Transpose', [value.name], { perm: { ints: [0, 2, 3, 1] } }, value.shape).name;
}
