/** Points of a leaf: a few are compared faster than halved again. */
const leafSize = 12;
/** Takes a point's index and its squared distance; answers whether to go on. */
type Found = (index: number, squaredDistance: number) => boolean;

interface NearSearch {
  query: Float32Array;
  at: number;
  /** Squared. */
  limit: number;
  found: Found;
}

/**
 * Finds all points near another, in many dimensions, without comparing with each (a k-d tree). Points stay the caller's.
 *
 * @see https://doi.org/10.1145/361002.361007 Bentley: Multidimensional binary search trees
 * @see https://doi.org/10.1109/DCC.1993.253111 Arya, Mount: distances to a node step by step
 */
export class PointTree {
  readonly #points: Float32Array;
  readonly #numDimensions: number;
  readonly #order: Int32Array;
  /** By node; the children of node i are 2i + 1 and 2i + 2. Leaves have dimension -1. */
  readonly #dimensions: Int8Array;
  readonly #splits: Float32Array;
  /** How far beyond a node's bounds the place searched for lies, by dimension. */
  readonly #offsets: Float64Array;

  private constructor(points: Float32Array, numDimensions: number, order: Int32Array) {
    this.#points = points;
    this.#numDimensions = numDimensions;
    this.#order = order;
    this.#offsets = new Float64Array(numDimensions);
    let depth = 0;
    for (let size = order.length; size > leafSize; size = Math.ceil(size / 2)) depth++;
    this.#dimensions = new Int8Array(2 ** (depth + 1)).fill(-1);
    this.#splits = new Float32Array(2 ** (depth + 1));
  }

  /**
   * Builds a tree of some of the points.
   *
   * @param points float32, shape [number, numDimensions].
   * @param indexes which of them.
   * @param breathe awaited between small pieces of work.
   */
  static async build(
    points: Float32Array,
    numDimensions: number,
    indexes: Int32Array,
    breathe: () => Promise<void> | undefined,
  ): Promise<PointTree> {
    const tree = new PointTree(points, numDimensions, Int32Array.from(indexes));
    const todo = [{ node: 0, from: 0, to: indexes.length }];
    for (let next = todo.pop(); next; next = todo.pop()) {
      await breathe();
      const { node, from, to } = next;
      if (to - from <= leafSize) continue;
      const middle = tree.#halve(node, from, to);
      todo.push({ node: 2 * node + 1, from, to: middle }, { node: 2 * node + 2, from: middle, to });
    }
    return tree;
  }

  /**
   * Calls `found` with every point not farther (Euclid) than `radius`, in no useful order, until it says false.
   *
   * @param query holds the place at `at`, `numDimensions` numbers.
   */
  near(query: Float32Array, at: number, radius: number, found: Found): void {
    this.#offsets.fill(0);
    this.#search({ query, at, limit: radius * radius, found }, 0, 0, this.#order.length, 0);
  }

  /** Searches below a node whose points are at least as far as `least` (squared); answers whether to go on. */
  #search(search: NearSearch, node: number, from: number, to: number, least: number): boolean {
    const dimension = this.#dimensions[node]!;
    if (dimension < 0) return this.#scan(search, from, to);
    const middle = from + ((to - from) >> 1);
    const offset = search.query[search.at + dimension]! - this.#splits[node]!;
    const known = this.#offsets[dimension]!;
    const leastBeyond = least - known * known + offset * offset;
    const goOn =
      offset < 0
        ? this.#search(search, 2 * node + 1, from, middle, least)
        : this.#search(search, 2 * node + 2, middle, to, least);
    if (!goOn || leastBeyond > search.limit) return goOn;
    this.#offsets[dimension] = offset;
    const goesOn =
      offset < 0
        ? this.#search(search, 2 * node + 2, middle, to, leastBeyond)
        : this.#search(search, 2 * node + 1, from, middle, leastBeyond);
    this.#offsets[dimension] = known;
    return goesOn;
  }

  #scan({ query, at, limit, found }: NearSearch, from: number, to: number): boolean {
    const points = this.#points;
    const size = this.#numDimensions;
    for (let i = from; i < to; i++) {
      const index = this.#order[i]!;
      const point = index * size;
      let sum = 0;
      for (let k = 0; k < size && sum <= limit; k++) {
        const difference = query[at + k]! - points[point + k]!;
        sum += difference * difference;
      }
      if (sum <= limit && !found(index, sum)) return false;
    }
    return true;
  }

  /** Splits a node's points at the median of the dimension in which they spread most. */
  #halve(node: number, from: number, to: number): number {
    const dimension = this.#widest(from, to);
    const middle = from + ((to - from) >> 1);
    this.#select(dimension, from, to - 1, middle);
    this.#dimensions[node] = dimension;
    this.#splits[node] = this.#points[this.#order[middle]! * this.#numDimensions + dimension]!;
    return middle;
  }

  #widest(from: number, to: number): number {
    const size = this.#numDimensions;
    const step = Math.max(1, Math.floor((to - from) / 500)); // a sample tells well enough
    let widest = 0;
    let most = -1;
    for (let k = 0; k < size; k++) {
      let sum = 0;
      let squares = 0;
      let number = 0;
      for (let i = from; i < to; i += step, number++) {
        const value = this.#points[this.#order[i]! * size + k]!;
        sum += value;
        squares += value * value;
      }
      const variance = squares / number - (sum / number) ** 2;
      if (variance > most) {
        most = variance;
        widest = k;
      }
    }
    return widest;
  }

  /** Puts the point of rank `rank` in its place, smaller ones before it, larger after (Hoare's quickselect). */
  #select(dimension: number, low: number, high: number, rank: number): void {
    const order = this.#order;
    const value = (i: number): number => this.#points[order[i]! * this.#numDimensions + dimension]!;
    while (low < high) {
      const pivot = value(low + ((high - low) >> 1));
      let i = low - 1;
      let j = high + 1;
      for (;;) {
        while (value(++i) < pivot);
        while (value(--j) > pivot);
        if (i >= j) break;
        const swapped = order[i]!;
        order[i] = order[j]!;
        order[j] = swapped;
      }
      if (rank <= j) high = j;
      else low = j + 1;
    }
  }
}
