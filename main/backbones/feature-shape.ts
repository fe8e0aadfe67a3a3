import type { BackboneSpec } from './spec.ts';

/**
 * Shape of the feature maps at an input size, told without building the model: the backbones halve both sides the same number of times.
 *
 * @returns [height, width, channels]
 */
export function featureShapeAt(spec: BackboneSpec, inputSize: readonly [number, number]): [number, number, number] {
  const [height, width, channels] = spec.featureShape;
  const round = spec.sizeRounding === 'floor' ? Math.floor : Math.ceil;
  const strides = [Math.round(spec.inputSize[0] / height), Math.round(spec.inputSize[1] / width)] as const;
  return [round(inputSize[0] / strides[0]), round(inputSize[1] / strides[1]), channels];
}
