import { tf } from '../../native/tf.ts';
import { apply, rescaling } from './rewrite.ts';

/** Adds layers that compute an activation. @param name for the last of them; names of the others begin with it */
export type ActivationRewrite = (x: tf.SymbolicTensor, name: string) => tf.SymbolicTensor;

/** relu6(x + 3) / 6: Keras 3's `hard_sigmoid`. */
export const hardSigmoid3: ActivationRewrite = (x, name) => rescaling(shiftedRelu6(x, name), name, 1 / 6);

/** x relu6(x + 3) / 6: Keras's `hard_silu`. */
export const hardSilu: ActivationRewrite = (x, name) => {
  const gate = rescaling(shiftedRelu6(x, name), `${name}_gate`, 1 / 6);
  return apply(tf.layers.multiply({ name }), [x, gate]);
};

function shiftedRelu6(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return apply(tf.layers.reLU({ name: `${name}_relu6`, maxValue: 6 }), rescaling(x, `${name}_shift`, 1, 3));
}
