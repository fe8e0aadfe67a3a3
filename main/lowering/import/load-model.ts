import { buildArchitecture } from '../../backbones/architecture.ts';
import { setWeights } from '../../backbones/weights.ts';
import { tf } from '../../native/tf.ts';
import { readBroughtModel } from './read-model.ts';

/**
 * Builds a model from a file alone: layers, weights and classifier as they are there.
 *
 * @param file absolute path
 * @returns the caller disposes it
 * @throws what `readBroughtModel` throws
 */
export async function loadBroughtModel(file: string): Promise<tf.LayersModel> {
  const { architecture, tensors } = await readBroughtModel(file);
  const model = buildArchitecture(tf, architecture);
  await setWeights(model, tensors);
  return model;
}
