import type * as tfTypes from '@tensorflow/tfjs-node';
import type { Recipe } from '../../contract/run.ts';
import type { NamedTensors } from '../backbones/safetensors.ts';
import { adamStep, descentStep, momentumStep, ResourceVariable, rmspropStep, type Move } from '../native/variables.ts';

export interface OptimizerOptions {
  kind: Recipe['optimizer'];
  /** Of SGD. */
  momentum: number;
  /** Share of a weight taken off a step, times the learning rate; 0: none. */
  weightDecay: number;
}

/** A weight to optimize, as it begins. */
export interface OptimizedVariable {
  name: string;
  shape: readonly number[];
  initial: Float32Array;
  /** Whether weight decay is for it. */
  decays: boolean;
}

/** Weights and what moves them. The owner disposes it. */
export interface Optimizer {
  /** The weights' values in the order given, for one forward pass and its gradients: the optimizer's own, until `apply`. */
  tensors(): readonly tfTypes.Tensor[];
  /** Moves the weights against the gradients. */
  apply(gradients: readonly tfTypes.Tensor[], learningRate: number): void;
  /** All that going on needs beside the values, for a checkpoint. */
  state(): NamedTensors;
  /** @throws Error when the state is of other weights */
  restore(state: NamedTensors): void;
  values(): Float32Array[];
  dispose(): void;
}

/** Keras's defaults. */
const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const rmsprop = { rho: 0.9, epsilon: 1e-7 };
/** Numbers that each kind keeps beside a weight. */
const slotsOf = {
  adam: ['mean', 'square'],
  adamw: ['mean', 'square'],
  rmsprop: ['square', 'momentum'],
  sgd: ['velocity'],
};
const STEP = 'step';

/** Makes an optimizer as Keras 3 defines it, with TensorFlow's own kernels. Weight decay is decoupled, as AdamW's, whatever the kind. */
export function createOptimizer(
  tf: typeof tfTypes,
  variables: readonly OptimizedVariable[],
  { kind, momentum, weightDecay }: OptimizerOptions,
): Optimizer {
  const slotNames = kind === 'sgd' && momentum === 0 ? [] : slotsOf[kind];
  const kept = variables.map(({ name, shape, initial, decays }) => ({
    name,
    decays,
    value: new ResourceVariable(shape, initial),
    slots: slotNames.map((slot) => ({ name: `${name} ${slot}`, variable: new ResourceVariable(shape, null) })),
  }));
  let step = 0;
  let current: tfTypes.Tensor[] | null = null;
  const release = () => {
    tf.dispose(current ?? []);
    current = null;
  };
  const moveAt = (learningRate: number): Move => {
    if (kind === 'rmsprop') return rmspropStep({ ...rmsprop, learningRate });
    if (kind !== 'sgd') return adamStep({ ...adam, learningRate, step });
    return momentum > 0 ? momentumStep({ learningRate, momentum }) : descentStep(learningRate);
  };
  return {
    tensors: () => (current ??= kept.map(({ value }) => tf.keep(value.read()))),
    apply(gradients, learningRate) {
      release(); // a variable that is being read is copied before it changes
      step++;
      tf.tidy(() => {
        const move = moveAt(learningRate);
        kept.forEach(({ value, slots, decays }, i) => {
          if (weightDecay > 0 && decays) value.shrink(weightDecay * learningRate);
          move([value, ...slots.map(({ variable }) => variable)], gradients[i]!);
        });
      });
    },
    state: () =>
      new Map([
        ...kept.flatMap(({ slots }) =>
          slots.map(({ name, variable }) => [name, { shape: variable.shape, data: variable.values() }] as const),
        ),
        [STEP, { shape: [1], data: Float32Array.of(step) }],
      ]),
    restore(state) {
      const numbers = (name: string) => {
        const found = state.get(name);
        if (!found) throw new Error(`no ${name} in the optimizer's state`);
        return found.data;
      };
      step = numbers(STEP)[0]!;
      for (const { slots } of kept) for (const { name, variable } of slots) variable.assign(numbers(name));
    },
    values: () => kept.map(({ value }) => value.values()),
    dispose() {
      release();
      for (const { value, slots } of kept) {
        value.dispose();
        for (const { variable } of slots) variable.dispose();
      }
    },
  };
}
