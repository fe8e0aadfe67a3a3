import path from 'node:path';
import { toFloat16 } from '../../native/float16.ts';
import { tf } from '../../native/tf.ts';
import { writeFileAtomic } from '../../store/write-atomic.ts';
import { isStoredAsFloat16 } from '../float16.ts';
import { isPlainModel, toPlainModel } from '../plain/plain-model.ts';
import { toArtifacts, type TfjsArtifacts } from './artifacts.ts';

/** Browsers keep files of up to 4 MB in their cache, so TensorFlow.js's converter cuts weights there. */
const SHARD_BYTES = 4 * 1024 * 1024;

/**
 * Writes a layers model as `model.json` and its weight files, as `tf.loadLayersModel` takes them. Layers of Graft's own are
 * written as built-in ones that compute the same.
 *
 * @param precision float16: kernels take half the bytes; loaders make float32 of them
 * @param userDefinedMetadata JSON that goes along; loaders hand it on and mind it no further.
 * @returns the names of the files written, `model.json` first.
 * @throws GraftError layer-not-supported, disk-full, cannot-write
 */
export async function writeTfjsModel(
  model: tf.LayersModel,
  folder: string,
  userDefinedMetadata: object,
  precision: 'float32' | 'float16' = 'float32',
): Promise<string[]> {
  const whole = await plainArtifacts(model);
  const { modelTopology } = whole;
  const { weightSpecs, weightData } = precision === 'float16' ? inFloat16(whole) : whole;
  const numShards = Math.max(1, Math.ceil(weightData.length / SHARD_BYTES));
  const paths = Array.from({ length: numShards }, (_, index) => `group1-shard${index + 1}of${numShards}.bin`);
  for (const [index, name] of paths.entries()) {
    const shard = weightData.subarray(index * SHARD_BYTES, (index + 1) * SHARD_BYTES);
    await writeFileAtomic(path.join(folder, name), shard);
  }
  const modelJson = {
    format: 'layers-model',
    generatedBy: `TensorFlow.js tfjs-layers v${tf.version_layers}`,
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths, weights: weightSpecs }],
    userDefinedMetadata,
  };
  await writeFileAtomic(path.join(folder, 'model.json'), JSON.stringify(modelJson));
  return ['model.json', ...paths];
}

/** The same weights, kernels rounded to float16. */
function inFloat16({ weightSpecs, weightData }: TfjsArtifacts): Pick<TfjsArtifacts, 'weightSpecs' | 'weightData'> {
  const parts: Uint8Array[] = [];
  let at = 0;
  const specs = weightSpecs.map((spec) => {
    const numBytes = 4 * spec.shape.reduce((product, size) => product * size, 1);
    const bytes = weightData.slice(at, (at += numBytes)); // a copy, so that numbers begin where float32 may
    const read = () => new Float32Array(bytes.buffer);
    const isHalf = spec.dtype === 'float32' && isStoredAsFloat16(spec.shape, read);
    parts.push(isHalf ? new Uint8Array(toFloat16(read()).buffer) : bytes);
    return isHalf ? { ...spec, quantization: { dtype: 'float16', original_dtype: 'float32' } as const } : spec;
  });
  return { weightSpecs: specs, weightData: Buffer.concat(parts) };
}

async function plainArtifacts(model: tf.LayersModel): Promise<TfjsArtifacts> {
  if (isPlainModel(model)) return toArtifacts(model);
  const plain = toPlainModel(model);
  try {
    return await toArtifacts(plain);
  } finally {
    plain.dispose();
  }
}
