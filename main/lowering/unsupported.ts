import type * as tf from '@tensorflow/tfjs-node';
import { GraftError } from '../../contract/errors.ts';

/**
 * The error for a layer that cannot be said in another language.
 *
 * @param target the language
 * @param detail the setting of it that cannot, where the layer itself can
 */
export function unsupported(
  layer: tf.layers.Layer,
  target: string,
  detail: string | undefined,
): GraftError<'layer-not-supported'> {
  const type = layer.getClassName();
  const named = detail === undefined ? type : `${type} (${detail})`;
  return new GraftError('layer-not-supported', { layer: layer.name, type: named, target });
}
