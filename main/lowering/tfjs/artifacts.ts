import type { tf } from '../../native/tf.ts';

/** One tensor of the weight files, in their order. */
export interface WeightSpec {
  name: string;
  shape: number[];
  dtype: 'float32' | 'int32';
  /** The bytes are of this type; loaders make `dtype` of them. */
  quantization?: { dtype: 'float16'; original_dtype: 'float32' };
}

/** A layers model as the TensorFlow.js format has it, before it is cut into files. */
export interface TfjsArtifacts {
  /** What `model.json` calls `modelTopology`. */
  modelTopology: object;
  weightSpecs: WeightSpec[];
  /** All weights one behind the other, little-endian, in the order of `weightSpecs`. */
  weightData: Uint8Array;
}

/**
 * Takes a layers model apart: topology, weight list and weight bytes. The model stays the caller's.
 *
 * TensorFlow.js's own saver does it, handed a handler of ours that writes nothing.
 */
export async function toArtifacts(model: tf.LayersModel): Promise<TfjsArtifacts> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save({
    save: async (given: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  });
  if (!artifacts?.modelTopology || !artifacts.weightSpecs || !artifacts.weightData)
    throw new Error('tfjs gave no model to save');
  const parts = Array.isArray(artifacts.weightData) ? artifacts.weightData : [artifacts.weightData];
  return {
    modelTopology: artifacts.modelTopology,
    weightSpecs: artifacts.weightSpecs.map(({ name, shape, dtype }) => {
      if (dtype !== 'float32' && dtype !== 'int32') throw new Error(`${name} is ${dtype}`);
      return { name, shape, dtype };
    }),
    weightData:
      parts.length === 1 ? new Uint8Array(parts[0]!) : Buffer.concat(parts.map((part) => new Uint8Array(part))),
  };
}
