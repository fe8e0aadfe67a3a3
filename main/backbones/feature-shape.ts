import { GraftError } from '../../contract/errors.ts';
import type { BackboneSpec } from './spec.ts';

/**
 * Shape of the feature maps at an input size, told without building the model.
 *
 * @returns [height, width, channels]
 */
export function featureShapeAt(spec: BackboneSpec, inputSize: readonly [number, number]): [number, number, number] {
  if (spec.featureShapeOf) return [...spec.featureShapeOf(inputSize)];
  const side = spec.featureSide ?? ((inputSide: number) => Math.ceil(inputSide / 32));
  return [side(inputSize[0]), side(inputSize[1]), spec.featureShape[2]];
}

/** Checks that a backbone takes pictures of a size. @throws input-size-too-small, input-size-fixed */
export function requireSize(spec: BackboneSpec, [height, width]: readonly [number, number]): void {
  const { id: backboneId, minInputSize } = spec;
  if (spec.isSizeFixed && (height !== spec.inputSize[0] || width !== spec.inputSize[1]))
    throw new GraftError('input-size-fixed', { backboneId, height: spec.inputSize[0], width: spec.inputSize[1] });
  const inputSize = Math.min(height, width);
  if (inputSize < minInputSize) throw new GraftError('input-size-too-small', { backboneId, inputSize, minInputSize });
}
