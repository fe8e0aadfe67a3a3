import type { BackboneSpec } from './spec.ts';

/**
 * Shape of the feature maps at an input size, told without building the model.
 *
 * @returns [height, width, channels]
 */
export function featureShapeAt(spec: BackboneSpec, inputSize: readonly [number, number]): [number, number, number] {
  const side = spec.featureSide ?? ((inputSide: number) => Math.ceil(inputSide / 32));
  return [side(inputSize[0]), side(inputSize[1]), spec.featureShape[2]];
}
