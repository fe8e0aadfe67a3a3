import { toFloat16 } from '../../native/float16.ts';
import { isStoredAsFloat16 } from '../float16.ts';
import type { TfAttribute, TfNode } from './messages.ts';

/** One tensor of the graph while it is being built. `shape` is without the batch; as in TensorFlow.js, channels come last. */
export interface Value {
  /** Of the node that computes it. */
  name: string;
  shape: readonly number[];
}

/** The graph under construction: nodes in topological order, constants among them, names used once only. */
export class GraphBuilder {
  readonly nodes: TfNode[] = [];
  readonly #names = new Set<string>();
  readonly #storesFloat16: boolean;

  /** @param reserved names of the graph's own input and output, which no layer may take */
  constructor(reserved: readonly string[], precision: 'float32' | 'float16') {
    for (const name of reserved) this.#names.add(name.toLowerCase());
    this.#storesFloat16 = precision === 'float16';
  }

  /** Adds a node of float32, called like the part of a layer that it is, or with a number behind it when that is taken. */
  add(
    name: string,
    op: string,
    inputs: readonly string[],
    shape: readonly number[],
    attributes: Readonly<Record<string, TfAttribute>> = {},
  ): Value {
    return { name: this.#push(name, op, inputs, { T: { type: 'float32' }, ...attributes }), shape };
  }

  /** Adds a node under a reserved name. */
  addReserved(name: string, op: string, inputs: readonly string[], attributes: Record<string, TfAttribute>): void {
    this.nodes.push({ name, op, inputs, attributes });
  }

  /**
   * Adds a float32 constant and returns its name. A kernel is stored as float16 where that was asked for, and made float32
   * again by a node behind it.
   *
   * @param numbers in row-major order, or what makes them when they are wanted
   */
  constant(name: string, dims: readonly number[], numbers: Float32Array | (() => Float32Array)): string {
    const read = typeof numbers === 'function' ? numbers : () => numbers;
    if (!this.#storesFloat16 || !isStoredAsFloat16(dims, read))
      return this.#push(name, 'Const', [], {
        dtype: { type: 'float32' },
        value: { tensor: { type: 'float32', dims, read } },
      });
    const stored = this.#push(`${name}/float16`, 'Const', [], {
      dtype: { type: 'float16' },
      value: { tensor: { type: 'float16', dims, read: () => toFloat16(read()) } },
    });
    return this.#push(name, 'Cast', [stored], { SrcT: { type: 'float16' }, DstT: { type: 'float32' } });
  }

  /** Adds whole numbers, as shapes and axes are given: a list, or a single one; a list of other sizes on request. */
  integers(name: string, values: number | readonly number[], sizes?: readonly number[]): string {
    const data = Int32Array.from([values].flat());
    const dims = sizes ?? (typeof values === 'number' ? [] : [data.length]);
    const tensor = { type: 'int32', dims, read: () => data } as const;
    return this.#push(name, 'Const', [], { dtype: { type: 'int32' }, value: { tensor } });
  }

  /** Adds a text, as files are named. */
  text(name: string, text: string): string {
    return this.#push(name, 'Const', [], { dtype: { type: 'string' }, value: { tensor: { type: 'string', text } } });
  }

  #push(
    name: string,
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, TfAttribute>>,
  ): string {
    const unique = this.#uniqueName(name);
    this.nodes.push({ name: unique, op, inputs, attributes });
    return unique;
  }

  /** Names of layers are names for TensorFlow too; some of its tools tell no capitals from small letters. */
  #uniqueName(name: string): string {
    let unique = name;
    for (let count = 1; this.#names.has(unique.toLowerCase()); count += 1) unique = `${name}_${count}`;
    this.#names.add(unique.toLowerCase());
    return unique;
  }
}
