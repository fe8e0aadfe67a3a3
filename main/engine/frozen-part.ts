import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { BackboneSpec, LoadedBackbone } from '../backbones/spec.ts';
import { LOWERING_VERSION, lowerToOnnx, type OnnxOutput } from '../lowering/onnx/lower.ts';
import { createSession, isOnnxRuntimeHere, type OnnxSession } from '../native/onnx.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';

/** Which features of a picture are wanted: the mean of each channel, the feature maps, outputs of layers further down. */
export interface WantedFeatures {
  pooled: boolean;
  maps: boolean;
  /** Names of layers; nothing above them is computed unless `pooled` or `maps` needs it. */
  layers?: readonly string[];
}

/** Features of a batch, float32 in row-major order; each is there when it was asked for. */
export interface Features {
  /** [n, c] */
  pooled?: Float32Array;
  /** [n, h, w, c] */
  maps?: Float32Array;
  /** [n, …], in the order of the layers asked for. */
  layers?: Float32Array[];
}

/** Everything below a cut, ready to compute features. The owner disposes it. */
export interface FrozenPart {
  /** What computes: ONNX Runtime, or TensorFlow.js where that has no build. */
  readonly engine: FrozenEngine;
  /**
   * Computes the features of pictures. The process's JavaScript waits meanwhile.
   *
   * @param pixels RGB, 0..255, [n, height, width, 3]; stays the caller's.
   */
  run(pixels: Uint8Array, n: number): Promise<Features>;
  dispose(): Promise<void>;
}

export type FrozenEngine = 'onnx' | 'tfjs';

/** What a frozen part is computed from; a LoadedBackbone is one. */
export type FrozenSource = Pick<LoadedBackbone, 'inputSize' | 'weightsSha256'> & {
  spec: Pick<BackboneSpec, 'id' | 'preprocessing'>;
};

/**
 * Makes the frozen part of a loaded backbone: the whole of it, or as much as the layers asked for need.
 *
 * @param loaded stays the caller's; ONNX Runtime no longer needs it afterwards, TensorFlow.js does until `dispose`.
 * @param cacheFolder where the lowered graph is kept for `openFrozenPartFromCache`; without it nothing is kept.
 * @param engine what computes; by default ONNX Runtime where it has a build. The environment's GRAFT_FROZEN_ENGINE says it for a whole process.
 * @throws GraftError layer-not-supported, disk-full, cannot-write
 */
export async function createFrozenPart(
  loaded: LoadedBackbone,
  want: WantedFeatures,
  cacheFolder?: string,
  engine: FrozenEngine = preferredEngine(),
): Promise<FrozenPart> {
  if (engine === 'tfjs') {
    const { createTfjsFrozenPart } = await import('./frozen-part-tfjs.ts');
    return createTfjsFrozenPart(loaded, want);
  }
  if (cacheFolder !== undefined) {
    const cached = await openFrozenPartFromCache(loaded, want, cacheFolder, engine);
    if (cached) return cached;
  }
  const { bytes } = lowerToOnnx(loaded.model, {
    input: 'uint8',
    preprocessing: loaded.spec.preprocessing,
    outputs: graphOutputs(want),
  });
  if (cacheFolder !== undefined) await writeFileAtomic(cacheFile(loaded, want, cacheFolder), withChecksum(bytes));
  return new OnnxFrozenPart(await createSession(bytes), loaded.inputSize, want);
}

/**
 * Opens a frozen part that was made before, without TensorFlow.js, layers model or weights. A file that is not whole is
 * removed and counts as absent.
 *
 * @returns null when it must be made with `createFrozenPart`.
 */
export async function openFrozenPartFromCache(
  source: FrozenSource,
  want: WantedFeatures,
  cacheFolder: string,
  engine: FrozenEngine = preferredEngine(),
): Promise<FrozenPart | null> {
  if (engine !== 'onnx') return null;
  const file = cacheFile(source, want, cacheFolder);
  const stored = await readIfThere(file);
  if (!stored) return null;
  const bytes = checkedBytes(stored);
  if (!bytes) {
    await rm(file, { force: true });
    return null;
  }
  return new OnnxFrozenPart(await createSession(bytes), source.inputSize, want);
}

class OnnxFrozenPart implements FrozenPart {
  readonly engine = 'onnx';
  readonly #session: OnnxSession;
  readonly #inputSize: readonly [number, number];

  readonly #want: WantedFeatures;

  /** A whole graph has both outputs, so that one file serves every head and the predictions after it; only those wanted are copied. */
  constructor(session: OnnxSession, inputSize: readonly [number, number], want: WantedFeatures) {
    this.#want = want;
    this.#session = session;
    this.#inputSize = inputSize;
  }

  async run(pixels: Uint8Array, n: number): Promise<Features> {
    const [height, width] = this.#inputSize;
    const { pooled, maps, layers } = this.#want;
    const wanted = [...(pooled ? ['pooled'] : []), ...(maps ? ['maps'] : []), ...(layers ?? []).map(layerOutputName)];
    const results = await this.#session.run({ pixels: { data: pixels, dims: [n, height, width, 3] } }, wanted);
    return {
      ...(pooled && { pooled: results['pooled']!.data }),
      ...(maps && { maps: results['maps']!.data }),
      ...(layers && { layers: layers.map((_, i) => results[layerOutputName(_, i)]!.data) }),
    };
  }

  dispose(): Promise<void> {
    return this.#session.release();
  }
}

function preferredEngine(): FrozenEngine {
  const forced = process.env['GRAFT_FROZEN_ENGINE'];
  if (forced === 'onnx' || forced === 'tfjs') return forced;
  return isOnnxRuntimeHere() ? 'onnx' : 'tfjs';
}

const layerOutputName = (_layer: string, index: number): string => `layer_${index}`;

/** ONNX Runtime computes a graph whole, whichever outputs are fetched: one with layers has no more than those wanted. */
function graphOutputs({ pooled, maps, layers }: WantedFeatures): OnnxOutput[] {
  if (!layers) return ['pooled', 'maps'];
  return [
    ...(pooled ? (['pooled'] as const) : []),
    ...(maps ? (['maps'] as const) : []),
    ...layers.map((layer, index) => ({ layer, name: layerOutputName(layer, index) })),
  ];
}

/** `<cacheFolder>/onnx/<key>.onnx`; the key names everything that the graph depends on. */
function cacheFile(
  { spec, inputSize, weightsSha256 }: FrozenSource,
  want: WantedFeatures,
  cacheFolder: string,
): string {
  const parts = [
    spec.id,
    spec.preprocessing,
    inputSize,
    weightsSha256,
    LOWERING_VERSION,
    ...(want.layers ? graphOutputs(want) : []),
  ];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  return path.join(cacheFolder, 'onnx', `${key}.onnx`);
}

const CHECKSUM_BYTES = 32;

/** The graph with its SHA-256 behind it, so that a damaged file never computes features. */
function withChecksum(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]);
}

function checkedBytes(stored: Buffer): Uint8Array | null {
  const bytes = stored.subarray(0, Math.max(0, stored.length - CHECKSUM_BYTES));
  const isWhole = createHash('sha256').update(bytes).digest().equals(stored.subarray(bytes.length));
  return isWhole ? bytes : null;
}

async function readIfThere(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
