import type { BackboneSpec } from '../backbones/spec.ts';
import { LOWERING_VERSION } from '../lowering/onnx/lower.ts';
import { DECODER_VERSION } from '../native/image.ts';
import { FeatureSpace, type FeatureSpaceKey } from './feature-cache.ts';
import type { WantedFeatures } from './frozen-part.ts';
import type { FeatureSet } from './train.ts';

/** Where the features of one view of the pictures go. */
export interface FeatureSpaces {
  pooled: FeatureSpace | null;
  maps: FeatureSpace | null;
  /** In the order of the layers wanted. */
  layers: FeatureSpace[];
}

/** A layer whose outputs are kept. */
export interface KeptLayer {
  layer: string;
  /** Without the batch. */
  outputShape: readonly number[];
}

/** What features are computed from, and which. */
export interface SpacesOf {
  spec: BackboneSpec;
  weightsSha256: string;
  inputSize: readonly [number, number];
  featureShape: readonly [number, number, number];
  pooled: boolean;
  maps: boolean;
  layers: readonly KeptLayer[];
  /** Says how a view was made, when it is not the picture itself. */
  view?: string;
}

/** Opens the spaces that a training or an answer reads from. */
export async function openFeatureSpaces(cacheFolder: string, of: SpacesOf): Promise<FeatureSpaces> {
  const key = (kind: FeatureSpaceKey['kind']): FeatureSpaceKey => ({
    backboneId: of.spec.id,
    weightsSha256: of.weightsSha256,
    inputSize: of.inputSize,
    preprocessing: JSON.stringify(of.spec.preprocessing),
    decoder: DECODER_VERSION,
    lowering: String(LOWERING_VERSION),
    precision: 'float32',
    kind,
    ...(of.view !== undefined && { view: of.view }),
  });
  const [height, width, channels] = of.featureShape;
  const open = (kind: FeatureSpaceKey['kind'], rowLength: number) =>
    FeatureSpace.open(cacheFolder, key(kind), rowLength);
  const layers: FeatureSpace[] = [];
  for (const { layer, outputShape } of of.layers)
    layers.push(
      await open(
        `layer ${layer}`,
        outputShape.reduce((a, b) => a * b, 1),
      ),
    );
  return {
    pooled: of.pooled ? await open('pooled', channels) : null,
    maps: of.maps ? await open('maps', height * width * channels) : null,
    layers,
  };
}

/** All spaces of a view. */
export const spacesIn = ({ pooled, maps, layers }: FeatureSpaces): FeatureSpace[] => [
  ...(pooled ? [pooled] : []),
  ...(maps ? [maps] : []),
  ...layers,
];

/** What a frozen part must give to fill the spaces. */
export function wantedBy(of: Pick<SpacesOf, 'pooled' | 'maps' | 'layers'>): WantedFeatures {
  const layers = of.layers.map(({ layer }) => layer);
  return { pooled: of.pooled, maps: of.maps, ...(layers.length > 0 && { layers }) };
}

/**
 * The features of some pictures in the order given, read from the cache as they are asked for.
 *
 * @param views the spaces that together make one row, for each view
 */
export function featureSet(
  views: readonly (readonly FeatureSpace[])[],
  sha256s: readonly string[],
  labels: Int32Array,
): FeatureSet {
  const rowLengths = views[0]!.map((space) => space.rowLength);
  return {
    numImages: sha256s.length,
    rowLengths,
    numViews: views.length,
    labels,
    gather(indexes, out, chosen) {
      for (let i = 0; i < indexes.length; i++)
        views[chosen?.[i] ?? 0]!.forEach((space, part) =>
          space.read(sha256s[indexes[i]!]!, out[part]!, i * space.rowLength),
        );
    },
  };
}

/** Closes what `openFeatureSpaces` opened. */
export function closeFeatureSpaces(spaces: FeatureSpaces): void {
  for (const space of spacesIn(spaces)) space.close();
}
