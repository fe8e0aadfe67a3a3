import type { BackboneSpec } from '../backbones/spec.ts';
import { createFrozenPart, openFrozenPartFromCache, type FrozenPart, type WantedFeatures } from './frozen-part.ts';
import { loadTunedBackbone, verifyTunedWeights, type TunedWeights } from './tuned-weights.ts';

/** Opens the frozen part of a backbone: from its lowered form on disk, or by building, lowering and keeping it. */
export async function openFrozenPart(
  spec: BackboneSpec,
  inputSize: readonly [number, number],
  want: WantedFeatures,
  places: { home: string; assets: string; cacheFolder: string },
  tuned: TunedWeights | null = null,
): Promise<FrozenPart> {
  const weightsSha256 = await verifyTunedWeights(spec, places, tuned);
  const cached = await openFrozenPartFromCache({ spec, inputSize, weightsSha256 }, want, places.cacheFolder);
  if (cached) return cached;
  const loaded = await loadTunedBackbone(spec, inputSize, places, tuned);
  const frozen = await createFrozenPart(loaded, want, places.cacheFolder);
  if (frozen.engine === 'onnx') loaded.model.dispose(); // ONNX Runtime has its own copy
  return frozen;
}
