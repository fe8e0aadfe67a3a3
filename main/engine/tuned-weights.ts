import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';
import { readSafetensors, type NamedTensors } from '../backbones/safetensors.ts';
import type { BackboneSpec, LoadedBackbone } from '../backbones/spec.ts';
import { loadBackbone, verifyWeights, type WeightPlaces } from '../backbones/weights.ts';

/** What fine-tuning changed in a backbone: tensors named `<layer>/<weight>`. */
export interface TunedWeights {
  tensors: NamedTensors;
  /** Of the file they are kept in. */
  sha256: string;
}

/** File of a run's folder with what it changed in the backbone. */
export const TUNED_FILE = 'model/backbone.safetensors';

/** Names a backbone's weights as they are with what was tuned: part of the key of whatever is computed from them. */
export function effectiveSha256(base: string, tuned: TunedWeights | null): string {
  return tuned ? createHash('sha256').update(`${base} ${tuned.sha256}`).digest('hex') : base;
}

/** Reads what a run changed. @throws run-damaged */
export async function readTunedWeights(runFolder: string, runId: string, sha256: string): Promise<TunedWeights> {
  const bytes = await readFile(path.join(runFolder, TUNED_FILE)).catch(() => null);
  if (!bytes || createHash('sha256').update(bytes).digest('hex') !== sha256)
    throw new GraftError('run-damaged', { runId, file: TUNED_FILE });
  return { tensors: readSafetensors(bytes), sha256 };
}

/** Loads a backbone with its weights, and then what was tuned. @throws what `loadBackbone` throws */
export async function loadTunedBackbone(
  spec: BackboneSpec,
  inputSize: readonly [number, number],
  places: WeightPlaces,
  tuned: TunedWeights | null,
): Promise<LoadedBackbone> {
  const loaded = await loadBackbone(spec, inputSize, places);
  if (!tuned) return loaded;
  const { tf } = await import('../native/tf.ts');
  for (const layer of loaded.model.layers)
    for (const variable of layer.weights) {
      const found = tuned.tensors.get(`${layer.name}/${weightName(variable)}`);
      if (found) tf.tidy(() => void variable.write(tf.tensor(found.data, [...found.shape], 'float32')));
    }
  return { ...loaded, weightsSha256: effectiveSha256(loaded.weightsSha256, tuned) };
}

/** A weight's name within its layer, as Keras has it. */
export const weightName = ({ originalName }: { originalName: string }): string => originalName.split('/').at(-1)!;

/** The SHA-256 of a backbone's weights with what was tuned; every byte is checked. @throws weights-missing, weights-damaged */
export async function verifyTunedWeights(
  spec: BackboneSpec,
  places: WeightPlaces,
  tuned: TunedWeights | null,
): Promise<string> {
  return effectiveSha256((await verifyWeights(spec, places)).sha256, tuned);
}
