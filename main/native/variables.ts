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

  /** Adds to it, in place. */
  add(change: tf.Tensor): void {
    execute('AssignAddVariableOp', [floats('dtype')], [this.handle, change]);
  }

  dispose(): void {
    execute('DestroyResourceOp', [flag('ignore_lookup_error', true)], [this.handle]);
    this.handle.dispose();
  }
}

/** Numbers that a kernel takes as scalars, freed afterwards. */
function apply(
  kernel: string,
  handles: ResourceVariable[],
  numbers: number[],
  gradient: tf.Tensor,
  flags: string[],
): void {
  tf.tidy(() => {
    const scalars = numbers.map((number) => tf.scalar(number));
    const attributes = [floats('T'), ...flags.map((name) => flag(name, false))];
    execute(kernel, attributes, [...handles.map((variable) => variable.handle), ...scalars, gradient]);
  });
}

/**
 * One step of Adam.
 *
 * @param step from 1
 * @see D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, 2014
 */
export function applyAdam(
  [value, mean, square]: readonly [ResourceVariable, ResourceVariable, ResourceVariable],
  gradient: tf.Tensor,
  {
    learningRate,
    beta1,
    beta2,
    epsilon,
    step,
  }: { learningRate: number; beta1: number; beta2: number; epsilon: number; step: number },
): void {
  const numbers = [beta1 ** step, beta2 ** step, learningRate, beta1, beta2, epsilon];
  apply('ResourceApplyAdam', [value, mean, square], numbers, gradient, ['use_locking', 'use_nesterov']);
}

/** One step of RMSprop, the small number under the root as in Keras. @param momenta takes up its own momentum of zero */
export function applyRmsprop(
  [value, square, momenta]: readonly [ResourceVariable, ResourceVariable, ResourceVariable],
  gradient: tf.Tensor,
  { learningRate, rho, epsilon }: { learningRate: number; rho: number; epsilon: number },
): void {
  const numbers = [learningRate, rho, 0, epsilon];
  apply('ResourceApplyRMSProp', [value, square, momenta], numbers, gradient, ['use_locking']);
}

/** One step of gradient descent. */
export function applySgd(value: ResourceVariable, gradient: tf.Tensor, learningRate: number): void {
  apply('ResourceApplyGradientDescent', [value], [learningRate], gradient, ['use_locking']);
}

/** One step of gradient descent with momentum: velocity = momentum * velocity - rate * gradient. */
export function applyMomentum(
  [value, velocity]: readonly [ResourceVariable, ResourceVariable],
  gradient: tf.Tensor,
  { learningRate, momentum }: { learningRate: number; momentum: number },
): void {
  tf.tidy(() => {
    const [rate, decay] = [tf.scalar(learningRate), tf.scalar(momentum)];
    const attributes = [floats('T'), flag('use_locking', false), flag('use_nesterov', false)];
    execute('ResourceApplyKerasMomentum', attributes, [value.handle, velocity.handle, rate, gradient, decay]);
  });
}

function execute(kernel: string, attributes: Attribute[], inputs: tf.Tensor[]): void {
  backend().executeMultipleOutputs(kernel, attributes, inputs, 0);
}
