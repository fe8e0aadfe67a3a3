import type { HeadKind } from '../../contract/run.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import { LOWERING_VERSION } from '../lowering/onnx/lower.ts';
import { DECODER_VERSION } from '../native/image.ts';
import type { FeatureSpaces } from './extract-features.ts';
import { FeatureSpace, type FeatureSpaceKey } from './feature-cache.ts';
import type { FeatureSet } from './train.ts';

/** Opens the spaces that heads of these kinds read from. */
export async function openFeatureSpaces(
  cacheFolder: string,
  spec: BackboneSpec,
  weightsSha256: string,
  inputSize: readonly [number, number],
  featureShape: readonly [number, number, number],
  heads: readonly HeadKind[],
): Promise<FeatureSpaces> {
  const key = (kind: FeatureSpaceKey['kind']): FeatureSpaceKey => ({
    backboneId: spec.id,
    weightsSha256,
    inputSize,
    preprocessing: JSON.stringify(spec.preprocessing),
    decoder: DECODER_VERSION,
    lowering: String(LOWERING_VERSION),
    precision: 'float32',
    kind,
  });
  const [height, width, channels] = featureShape;
  return {
    pooled: await FeatureSpace.open(cacheFolder, key('pooled'), channels),
    maps: heads.includes('flatten')
      ? await FeatureSpace.open(cacheFolder, key('maps'), height * width * channels)
      : null,
  };
}

/** The features of some pictures in the order given, read from the cache as they are asked for. */
export function featureSet(space: FeatureSpace, sha256s: readonly string[], labels: Int32Array): FeatureSet {
  return {
    numImages: sha256s.length,
    rowLength: space.rowLength,
    labels,
    gather(indexes, out) {
      for (let i = 0; i < indexes.length; i++) space.read(sha256s[indexes[i]!]!, out, i * space.rowLength);
    },
  };
}

/** Closes what `openFeatureSpaces` opened. */
export function closeFeatureSpaces(spaces: FeatureSpaces): void {
  spaces.pooled.close();
  spaces.maps?.close();
}
