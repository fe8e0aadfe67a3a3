/** The one door to ONNX Runtime. It is loaded when first needed, and only in worker processes. */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import type * as ort from 'onnxruntime-node';

const requireNative = createRequire(import.meta.url);
let loaded: typeof ort | Error | undefined;

/** Tells whether ONNX Runtime has a build for this machine and loads; macOS on Intel has none. Loads it. */
export function isOnnxRuntimeHere(): boolean {
  return !(loadOnnxRuntime() instanceof Error);
}

export interface OnnxSessionOptions {
  /** Threads of one run; by default as many as there are cores. */
  numThreads?: number;
}

/** A value that a session takes or gives, in row-major order. */
export interface OnnxTensor {
  data: Float32Array | Uint8Array;
  dims: readonly number[];
}

/** A graph ready to run. The owner releases it. */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  /** Each output's name with its sizes; an open size is its name, as 'batch'. */
  readonly outputs: ReadonlyMap<string, readonly (number | string)[]>;
  /** Runs the graph once and gives the outputs wanted, by default all. Inputs stay the caller's; the process's JavaScript waits meanwhile. */
  run(
    inputs: Record<string, OnnxTensor>,
    wanted?: readonly string[],
  ): Promise<Record<string, { data: Float32Array; dims: readonly number[] }>>;
  release(): Promise<void>;
}

/**
 * Makes a session of an ONNX model, of its bytes or of the file of that path; the runtime keeps its own copy.
 *
 * @throws Error when there is no ONNX Runtime here, or the bytes are not a model that it takes.
 */
export async function createSession(
  model: Uint8Array | string,
  options: OnnxSessionOptions = {},
): Promise<OnnxSession> {
  const runtime = loadOnnxRuntime();
  if (runtime instanceof Error) throw runtime;
  const settings: ort.InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: options.numThreads ?? availableParallelism(),
    interOpNumThreads: 1,
    // The arena keeps its pages between runs, until the session is released. Without it EfficientNet-Lite0 at 224 px, batch
    // 32, took 1.4 times as long (page faults), at a peak of 705 to 756 MB resident instead of 841, TensorFlow.js included.
    enableCpuMemArena: true,
    enableMemPattern: true,
    // Idle threads of ONNX Runtime would spin, and take the cores from the decoders and from whatever else the person does: with
    // decoding beside it on 2 busy cores a picture cost 30 ms of processor time spinning and 16 to 23 without.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    logSeverityLevel: 3, // errors only: a worker's standard output belongs to its protocol
  };
  const { InferenceSession: Session } = runtime;
  const session = await (typeof model === 'string' ? Session.create(model, settings) : Session.create(model, settings));
  return {
    inputNames: session.inputNames,
    outputs: new Map(session.outputMetadata.map((value) => [value.name, value.isTensor ? value.shape : []])),
    async run(inputs, wanted) {
      const feeds = Object.entries(inputs).map(
        ([name, { data, dims }]) => [name, toTensor(runtime, data, dims)] as const,
      );
      const results = await session.run(Object.fromEntries(feeds), [...(wanted ?? session.outputNames)]);
      return Object.fromEntries(
        Object.entries(results).map(([name, { data, dims }]) => [name, { data: data as Float32Array, dims }]),
      );
    },
    release: () => session.release(),
  };
}

function toTensor(runtime: typeof ort, data: Float32Array | Uint8Array, dims: readonly number[]): ort.Tensor {
  return data instanceof Float32Array
    ? new runtime.Tensor('float32', data, dims)
    : new runtime.Tensor('uint8', data, dims);
}

function loadOnnxRuntime(): typeof ort | Error {
  loaded ??= tryToLoad();
  return loaded;
}

function tryToLoad(): typeof ort | Error {
  try {
    return requireNative('onnxruntime-node') as typeof ort;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
