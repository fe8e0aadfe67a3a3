import { tf } from './tf.ts';

/**
 * TensorFlow's kernels by name, where TensorFlow.js makes many small ones of them: each is one pass over its activations,
 * forward and backward. Gradients through `tf.engine().gradients` and its like.
 */

interface Attribute {
  name: string;
  type: number;
  value: unknown;
}
/** The part of tfjs-node's backend that runs an operation. */
interface NodeBackend {
  binding: Record<'TF_ATTR_TYPE' | 'TF_ATTR_STRING' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_FLOAT', number>;
  executeSingleOutput(name: string, attributes: Attribute[], inputs: tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: Attribute[], inputs: tf.Tensor[], numOutputs: number): tf.Tensor[];
}

const backend = (): NodeBackend => tf.backend() as unknown as NodeBackend;

function attributes() {
  const { binding } = backend();
  return {
    type: { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    statisticsType: { name: 'U', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    channelsLast: { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    inference: { name: 'is_training', type: binding.TF_ATTR_BOOL, value: false },
    number: (name: string, value: number) => ({ name, type: binding.TF_ATTR_FLOAT, value }),
  };
}

function run(name: string, inputs: tf.Tensor[], more: Attribute[] = []): tf.Tensor {
  return backend().executeSingleOutput(name, [attributes().type, ...more], inputs);
}

type Gradients = { value: tf.Tensor; gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor | tf.Tensor[] };
/** `tf.customGrad` with types that its users can meet. */
function withGradient(
  compute: (inputs: tf.Tensor[], save: (tensors: tf.Tensor[]) => void) => Gradients,
  inputs: tf.Tensor[],
): tf.Tensor {
  const custom = tf.customGrad as unknown as (
    f: (...given: [...tf.Tensor[], (tensors: tf.Tensor[]) => void]) => Gradients,
  ) => (...tensors: tf.Tensor[]) => tf.Tensor;
  return custom((...given) => {
    const save = given.pop() as (tensors: tf.Tensor[]) => void;
    return compute(given as tf.Tensor[], save);
  })(...inputs);
}

/** x + bias over the last axis. @param x [batch, …, c]. @param bias [c] */
export function biasAdd(x: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return withGradient(
    ([value, shift]) => ({
      value: run('BiasAdd', [value!, shift!], [attributes().channelsLast]),
      gradFunc: (dy) => [dy, run('BiasAddGrad', [dy], [attributes().channelsLast])],
    }),
    [x, bias],
  );
}

/** max(x, 0) */
export const relu = (x: tf.Tensor): tf.Tensor => rectified('Relu', x);
/** min(max(x, 0), 6) */
export const relu6 = (x: tf.Tensor): tf.Tensor => rectified('Relu6', x);

function rectified(kernel: 'Relu' | 'Relu6', x: tf.Tensor): tf.Tensor {
  return withGradient(
    ([value], save) => {
      const y = run(kernel, [value!]);
      save([y]);
      return { value: y, gradFunc: (dy, [saved]) => run(`${kernel}Grad`, [dy, saved!]) };
    },
    [x],
  );
}

/** 1 / (1 + exp(-x)) */
export function sigmoid(x: tf.Tensor): tf.Tensor {
  return withGradient(
    ([value], save) => {
      const y = run('Sigmoid', [value!]);
      save([y]);
      return { value: y, gradFunc: (dy, [saved]) => run('SigmoidGrad', [saved!, dy]) };
    },
    [x],
  );
}

/**
 * Batch normalisation in inference mode: gamma (x - mean) / sqrt(variance + epsilon) + beta. Statistics have no gradient.
 *
 * @param x [batch, h, w, c]; the rest [c]
 */
export function batchNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  epsilon: number,
): tf.Tensor {
  const settings = () => {
    const { type, statisticsType, channelsLast, inference, number } = attributes();
    return [type, statisticsType, number('epsilon', epsilon), channelsLast, inference];
  };
  return withGradient(
    ([value, scale, shift], save) => {
      const averaging = attributes().number('exponential_avg_factor', 1);
      const [y, ...rest] = backend().executeMultipleOutputs(
        'FusedBatchNormV3',
        [...settings(), averaging],
        [value!, scale!, shift!, mean, variance],
        6,
      );
      tf.dispose(rest);
      save([value!, scale!]);
      return {
        value: y!,
        gradFunc: (dy, [input, factor]) => {
          const [dx, dScale, dShift, ...unused] = backend().executeMultipleOutputs(
            'FusedBatchNormGradV3',
            settings(),
            [dy, input!, factor!, mean, variance, variance],
            5,
          );
          tf.dispose(unused);
          return [dx!, dScale!, dShift!];
        },
      };
    },
    [x, gamma, beta],
  );
}
