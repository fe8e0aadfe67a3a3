import { createHash } from 'node:crypto';
import { LookAligner } from './look-aligner.ts';
import { NUM_WINDOWS, signaturesOf, SIGNATURE_SIZE } from './look-signature.ts';
import { LOOK_BYTES } from './looks.ts';
import { PointTree } from './point-tree.ts';
import { createBreather } from './walk.ts';

/** Two pictures that show the same, by their places in the list; `a` is before `b`. */
export interface NearPair {
  a: number;
  b: number;
  /** 1 for pictures that look exactly alike, less the more they differ. */
  similarity: number;
}

export interface NearDuplicateOptions {
  /** Only pairs with a picture from here on are looked for; those before were compared another time. 0: all pairs. */
  newFrom?: number;
  signal?: AbortSignal | undefined;
  /** How many pictures were compared. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Of 1,000 copies those that line up at all are at least 0.98 alike (first half of `npm run bench -- duplicates`). */
const leastSimilarity = 0.97;
/** Farthest that signatures of copies lie apart: 999 of the same copies. */
const signatureRadius = 0.18;
/** A picture with more copies than this stands for them: they are paired with it, and no more with each other. */
const crowd = 16;
/** Candidates in vain, nearest first, after which a picture is given up: many alike, such as frames of one film. */
const mostFailures = 32;
/** Candidates of a window: bounds the time between two breaths. */
const mostCandidates = 2000;

/**
 * Finds pictures that are copies of each other: encoded anew, resized, or cropped by about a twentieth of a side.
 * Signatures of all pictures and of windows of them find candidates, lining up decides. Same looks, same pairs.
 *
 * Of pictures that look exactly alike the first is paired with each other one, and alone with the rest; likewise where very
 * many are near each other. So pairs grow with pictures, never with their square, and `groupsOf` still joins what belongs
 * together.
 *
 * @param looks of `lookOf`, stay the caller's.
 * @returns sorted by `a`, then `b`.
 * @throws the signal's reason when called off
 */
export async function findNearDuplicates(
  looks: readonly Uint8Array[],
  options: NearDuplicateOptions = {},
): Promise<NearPair[]> {
  const search = new Search(looks, options);
  return search.run();
}

/** One search: keeps what is known about every look while it runs. */
class Search {
  readonly #looks: readonly Uint8Array[];
  readonly #newFrom: number;
  readonly #breathe: () => Promise<void> | undefined;
  readonly #options: NearDuplicateOptions;
  readonly #pairs: NearPair[] = [];
  readonly #aligner = new LookAligner();
  /** Keys of pairs that were compared, since many are met from both sides. */
  readonly #tested = new Set<number>();
  readonly #windows = new Float32Array(NUM_WINDOWS * SIGNATURE_SIZE);
  readonly #numPairs: Int32Array;
  readonly #isRepresented: Uint8Array;

  constructor(looks: readonly Uint8Array[], options: NearDuplicateOptions) {
    const wrong = looks.find((look) => look.length !== LOOK_BYTES);
    if (wrong) throw new Error(`A look has ${LOOK_BYTES} bytes, not ${wrong.length}.`);
    this.#looks = looks;
    this.#options = options;
    this.#newFrom = options.newFrom ?? 0;
    this.#breathe = createBreather(options.signal);
    this.#numPairs = new Int32Array(looks.length);
    this.#isRepresented = new Uint8Array(looks.length);
  }

  async run(): Promise<NearPair[]> {
    const { signal, onProgress } = this.#options;
    signal?.throwIfAborted();
    const distinct = await this.#pairEqual();
    const { all, fresh } = await this.#plant(distinct);
    for (const [done, i] of distinct.entries()) {
      await this.#breathe();
      if (this.#isRepresented[i] === 0) await this.#pairWithNear(i, i >= this.#newFrom ? all : fresh);
      onProgress?.(done + 1, distinct.length);
    }
    return this.#pairs.sort((x, y) => x.a - y.a || x.b - y.b);
  }

  /** Trees of the signatures of all pictures and of the new ones. */
  async #plant(distinct: Int32Array): Promise<{ all: PointTree; fresh: PointTree }> {
    const signatures = new Float32Array(this.#looks.length * SIGNATURE_SIZE);
    for (const i of distinct) {
      await this.#breathe();
      signaturesOf(this.#looks[i]!, signatures, i * SIGNATURE_SIZE, 1);
    }
    const all = await PointTree.build(signatures, SIGNATURE_SIZE, distinct, this.#breathe);
    if (this.#newFrom === 0) return { all, fresh: all };
    const isNew = distinct.filter((i) => i >= this.#newFrom);
    return { all, fresh: await PointTree.build(signatures, SIGNATURE_SIZE, isNew, this.#breathe) };
  }

  async #pairWithNear(i: number, tree: PointTree): Promise<void> {
    let numFailures = 0;
    this.#aligner.fix(this.#looks[i]!);
    for (const j of await this.#candidates(i, tree)) {
      await this.#breathe();
      const key = Math.min(i, j) * this.#looks.length + Math.max(i, j);
      if (this.#tested.has(key)) continue;
      this.#tested.add(key);
      const similarity = this.#aligner.similarity(this.#looks[j]!);
      if (similarity >= leastSimilarity) this.#pair(i, j, similarity);
      else if (++numFailures > mostFailures) return;
    }
  }

  /** Pictures whose whole looks from afar like this one or like a window of it, nearest first. */
  async #candidates(i: number, tree: PointTree): Promise<number[]> {
    const windows = this.#windows;
    signaturesOf(this.#looks[i]!, windows, 0);
    const nearest = new Map<number, number>();
    for (let w = 0; w < NUM_WINDOWS; w++) {
      await this.#breathe();
      let numFound = 0;
      tree.near(windows, w * SIGNATURE_SIZE, signatureRadius, (j, distance) => {
        if (j === i || this.#isRepresented[j] === 1) return true;
        nearest.set(j, Math.min(distance, nearest.get(j) ?? Infinity));
        return ++numFound < mostCandidates;
      });
    }
    return [...nearest].sort(([j, a], [k, b]) => a - b || j - k).map(([j]) => j);
  }

  #pair(i: number, j: number, similarity: number): void {
    this.#pairs.push({ a: Math.min(i, j), b: Math.max(i, j), similarity });
    this.#numPairs[j]!++;
    if (++this.#numPairs[i]! > crowd) this.#isRepresented[j] = 1;
  }

  /** Pairs what is equal byte for byte with the first of its kind, and returns the first of every kind. */
  async #pairEqual(): Promise<Int32Array> {
    const firsts = new Map<string, number>();
    const distinct: number[] = [];
    for (const [i, look] of this.#looks.entries()) {
      await this.#breathe();
      const key = createHash('sha256').update(look).digest('base64');
      const first = firsts.get(key);
      if (first === undefined) {
        firsts.set(key, i);
        distinct.push(i);
      } else if (i >= this.#newFrom) this.#pairs.push({ a: first, b: i, similarity: 1 });
    }
    return Int32Array.from(distinct);
  }
}
