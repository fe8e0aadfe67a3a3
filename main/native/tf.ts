import { createRequire } from 'node:module';
import type * as types from '@tensorflow/tfjs-node';
import type { io as ioTypes } from '@tensorflow/tfjs-core';
import { GraftError } from '../../contract/errors.ts';

// Only errors of libtensorflow: its banner about oneDNN and instruction sets is no news to anybody.
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';

/**
 * TensorFlow.js on libtensorflow, with its quirks mended. The one door to it: nothing else imports `@tensorflow/*` at run time.
 *
 * Loading this module loads native code: only worker processes do.
 *
 * @throws tensorflow-missing (from the import) when the addon or libtensorflow cannot be loaded
 */
export const tf: typeof types = load();

function load(): typeof types {
  const require = createRequire(import.meta.url);
  mendUtil(require('node:util') as Record<string, unknown>);
  // Reading the maps of TensorFlow.js's own sources takes a fifth of its load time, and nobody steps through them.
  const hasMaps = process.sourceMapsEnabled;
  process.setSourceMapsEnabled(false);
  try {
    return require('@tensorflow/tfjs-node') as typeof types;
  } catch (cause) {
    const problem = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!;
    throw new GraftError('tensorflow-missing', { problem }, { cause });
  } finally {
    process.setSourceMapsEnabled(hasMaps);
  }
}

/** Node 23 dropped two functions that kernels of tfjs-node 4.22 call. */
function mendUtil(util: Record<string, unknown>): void {
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] ??= Array.isArray;
}

/** The types that go with the value `tf`, so that one import serves both. */
export declare namespace tf {
  type Rank = types.Rank;
  type DataType = types.DataType;
  type Tensor<R extends types.Rank = types.Rank> = types.Tensor<R>;
  type Scalar = types.Scalar;
  type Tensor1D = types.Tensor1D;
  type Tensor2D = types.Tensor2D;
  type Tensor3D = types.Tensor3D;
  type Tensor4D = types.Tensor4D;
  type TensorContainer = types.TensorContainer;
  type NamedTensorMap = types.NamedTensorMap;
  type Variable<R extends types.Rank = types.Rank> = types.Variable<R>;
  type Optimizer = types.Optimizer;
  type SymbolicTensor = types.SymbolicTensor;
  type LayersModel = types.LayersModel;
  namespace layers {
    type Layer = types.layers.Layer;
  }
  namespace io {
    type IOHandler = ioTypes.IOHandler;
    type ModelArtifacts = ioTypes.ModelArtifacts;
    type SaveResult = ioTypes.SaveResult;
    type WeightsManifestEntry = ioTypes.WeightsManifestEntry;
  }
}
