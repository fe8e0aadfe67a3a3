import { tf } from './tf.ts';

/**
 * Variables that TensorFlow keeps itself, for its optimizer kernels: one pass over a weight, its gradient and its moments, where
 * TensorFlow.js makes a dozen. A step of Adam on 8,192 x 256 weights took 1.3 ms instead of 6.0.
 */

interface Attribute {
  name: string;
  type: number;
  value: unknown;
}
interface NodeBackend {
  binding: Record<'TF_ATTR_TYPE' | 'TF_ATTR_STRING' | 'TF_ATTR_BOOL' | 'TF_ATTR_SHAPE' | 'TF_FLOAT', number>;
  executeSingleOutput(name: string, attributes: Attribute[], inputs: tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: Attribute[], inputs: tf.Tensor[], numOutputs: number): tf.Tensor[];
}

const backend = (): NodeBackend => tf.backend() as unknown as NodeBackend;
const floats = (name: string): Attribute => {
  const { binding } = backend();
  return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
};
const text = (name: string, value: string): Attribute => ({ name, type: backend().binding.TF_ATTR_STRING, value });
const flag = (name: string, value: boolean): Attribute => ({ name, type: backend().binding.TF_ATTR_BOOL, value });

let numMade = 0;

/** One float32 variable of TensorFlow's. The owner disposes it. */
export class ResourceVariable {
  readonly shape: readonly number[];
  /** What kernels take for the variable. */
  readonly handle: tf.Tensor;

  /** @param values in row order; null: zeros */
  constructor(shape: readonly number[], values: Float32Array | null) {
    this.shape = shape;
    this.handle = tf.keep(
      backend().executeSingleOutput(
        'VarHandleOp',
        [
          text('container', ''),
          text('shared_name', `graft_variable_${numMade++}`), // the same name would be the same variable
          floats('dtype'),
          { name: 'shape', type: backend().binding.TF_ATTR_SHAPE, value: [...shape] },
        ],
        [],
      ),
    );
    this.assign(values);
  }

  /** Its value, without a copy. Dispose it before the variable changes: else the change copies. */
  read(): tf.Tensor {
    return backend().executeSingleOutput('ReadVariableOp', [floats('dtype')], [this.handle]);
  }

  /** Its value as plain numbers. */
  values(): Float32Array {
    const value = this.read();
    const data = Float32Array.from(value.dataSync());
    value.dispose();
    return data;
  }

  assign(values: Float32Array | null): void {
    tf.tidy(() => {
      const value = values ? tf.tensor(values, [...this.shape]) : tf.zeros([...this.shape]);
      execute('AssignVariableOp', [floats('dtype')], [this.handle, value]);
    });
  }

  /** Takes a share of each of its numbers off: x - share * x. */
  shrink(share: number): void {
    const value = this.read();
    const loss = tf.mul(value, share);
    value.dispose(); // a variable that is being read would be copied before it changes
    execute('AssignSubVariableOp', [floats('dtype')], [this.handle, loss]);
    loss.dispose();
  }

  dispose(): void {
    execute('DestroyResourceOp', [flag('ignore_lookup_error', true)], [this.handle]);
    this.handle.dispose();
  }
}

/** One step of an optimizer for one variable, followed by what the optimizer keeps beside it. */
export type Move = (variables: readonly ResourceVariable[], gradient: tf.Tensor) => void;

/**
 * A step of a kernel for any number of variables. Inside a tidy, which frees the scalars: made once for all variables, since for a
 * small one they cost more than the step itself.
 *
 * @param before numbers that the kernel takes before the gradient
 */
function stepOf(
  kernel: string,
  flags: readonly string[],
  before: readonly number[],
  after: readonly number[] = [],
): Move {
  const attributes = [floats('T'), ...flags.map((name) => flag(name, false))];
  const [first, last] = [before, after].map((numbers) => numbers.map((number) => tf.scalar(number))) as [
    tf.Scalar[],
    tf.Scalar[],
  ];
  return (variables, gradient) =>
    execute(kernel, attributes, [...variables.map(({ handle }) => handle), ...first, gradient, ...last]);
}

/**
 * One step of Adam, on a weight with its mean and its square.
 *
 * @param step from 1
 * @see D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, 2014
 */
export function adamStep({
  learningRate,
  beta1,
  beta2,
  epsilon,
  step,
}: {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  step: number;
}): Move {
  // Powers of the betas as float32 holds them, as in Keras: 1 - beta2 keeps four digits only, and a step shows it.
  const powers = [beta1, beta2].map((beta) => Math.fround(beta) ** step);
  const numbers = [...powers, learningRate, beta1, beta2, epsilon];
  return stepOf('ResourceApplyAdam', ['use_locking', 'use_nesterov'], numbers);
}

/** One step of RMSprop, the small number under the root as in Keras, on a weight, its square, and room for the change. */
export function rmspropStep({
  learningRate,
  rho,
  epsilon,
}: {
  learningRate: number;
  rho: number;
  epsilon: number;
}): Move {
  return stepOf('ResourceApplyRMSProp', ['use_locking'], [learningRate, rho, 0, epsilon]);
}

/** One step of gradient descent, on a weight alone. */
export function descentStep(learningRate: number): Move {
  return stepOf('ResourceApplyGradientDescent', ['use_locking'], [learningRate]);
}

/** One step of gradient descent with momentum, on a weight and its velocity = momentum * velocity - rate * gradient. */
export function momentumStep({ learningRate, momentum }: { learningRate: number; momentum: number }): Move {
  return stepOf('ResourceApplyKerasMomentum', ['use_locking', 'use_nesterov'], [learningRate], [momentum]);
}

function execute(kernel: string, attributes: Attribute[], inputs: tf.Tensor[]): void {
  backend().executeMultipleOutputs(kernel, attributes, inputs, 0);
}
