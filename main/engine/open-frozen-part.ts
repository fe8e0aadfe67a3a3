import type { BackboneSpec } from '../backbones/spec.ts';
import { loadBackbone, verifyWeights } from '../backbones/weights.ts';
import { createFrozenPart, openFrozenPartFromCache, type FrozenPart, type WantedFeatures } from './frozen-part.ts';

/** Opens the frozen part of a backbone: from its lowered form on disk, or by building, lowering and keeping it. */
export async function openFrozenPart(
  spec: BackboneSpec,
  inputSize: readonly [number, number],
  want: WantedFeatures,
  places: { home: string; assets: string; cacheFolder: string },
): Promise<FrozenPart> {
  const weightsSha256 = (await verifyWeights(spec, places)).sha256;
  const cached = await openFrozenPartFromCache({ spec, inputSize, weightsSha256 }, want, places.cacheFolder);
  if (cached) return cached;
  const loaded = await loadBackbone(spec, inputSize, places);
  const frozen = await createFrozenPart(loaded, want, places.cacheFolder);
  if (frozen.engine === 'onnx') loaded.model.dispose(); // ONNX Runtime has its own copy
  return frozen;
}
