import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';
import { Recipe } from '../../contract/run.ts';
import type { LoadedBackbone } from '../backbones/spec.ts';
import { readJson } from '../store/read-json.ts';
import { layerGraphOf, trainableLayers } from './layer-graph.ts';

/**
 * Says of each layer of a backbone that has weights whether a run trained it, by its recipe: what is exported can be trained
 * further as it was.
 *
 * @param loaded its layers' `trainable` flags are set
 * @throws run-damaged
 */
export async function markTrainedLayers(loaded: LoadedBackbone, runFolder: string, runId: string): Promise<void> {
  const recipe = await readJson(path.join(runFolder, 'recipe.json'), Recipe);
  if (!recipe) throw new GraftError('run-damaged', { runId, file: 'recipe.json' });
  const trained = trainableLayers(layerGraphOf(loaded.model), recipe.trainable, loaded.spec.id);
  for (const layer of loaded.model.layers) if (layer.weights.length > 0) layer.trainable = trained.has(layer.name);
}
