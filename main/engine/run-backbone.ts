import { GraftError } from '../../contract/errors.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import { verifyWeights } from '../backbones/weights.ts';
import type { RunModel } from './run-model.ts';

/**
 * Finds the backbone of a finished run. Its pretrained weights must still be those that the run began with: others give
 * other answers.
 *
 * @returns with the hash of those weights
 * @throws backbone-not-found, weights-missing, weights-damaged
 */
export async function backboneOfRun(
  model: RunModel,
  places: Parameters<typeof verifyWeights>[1],
): Promise<{ spec: BackboneSpec; baseSha256: string }> {
  const spec = findBackbone(model.backboneId, places);
  const { sha256: baseSha256 } = await verifyWeights(spec, places);
  requireWeights({ spec, baseSha256 }, model.weightsSha256);
  return { spec, baseSha256 };
}

/** @throws weights-damaged when a backbone's weights are not those that a run began with */
export function requireWeights(
  { spec, baseSha256 }: { spec: BackboneSpec; baseSha256: string },
  expected: string,
): void {
  if (baseSha256 !== expected)
    throw new GraftError('weights-damaged', { backboneId: spec.id, expected, found: baseSha256 });
}
