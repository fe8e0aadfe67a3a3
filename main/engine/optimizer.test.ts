import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { uniform } from '../../tools/reference/formulas.ts';
import { tf } from '../native/tf.ts';
import { createOptimizer, type OptimizerOptions } from './optimizer.ts';

/** From real Keras: tools/reference/optimizers.py. */
const { cases } = JSON.parse(
  readFileSync(new URL('../../tools/reference/optimizers.json', import.meta.url), 'utf8'),
) as { cases: Record<string, number[][]> };

const floats = (name: string, count: number) => Float32Array.from(uniform(name, count));
const variables = () => [
  { name: 'dense/kernel', shape: [2, 3], initial: floats('kernel', 6), decays: true },
  { name: 'dense/bias', shape: [3], initial: floats('bias', 3), decays: false },
];
const plain: OptimizerOptions = { kind: 'adam', momentum: 0, weightDecay: 0 };

function steps(optimizer: ReturnType<typeof createOptimizer>, from: number, to: number, learningRate: number): void {
  for (let step = from; step < to; step++)
    tf.tidy(() => {
      const gradients = [
        tf.tensor(floats(`kernel gradient ${step}`, 6), [2, 3]),
        tf.tensor1d(floats(`bias gradient ${step}`, 3)),
      ];
      optimizer.apply(gradients, learningRate);
    });
}

describe('createOptimizer', () => {
  it.each([
    ['adam', plain, 1e-2],
    ['adam with decay', { ...plain, weightDecay: 0.1 }, 1e-2],
    ['adamw', { ...plain, kind: 'adamw', weightDecay: 0.1 }, 1e-2],
    ['rmsprop', { ...plain, kind: 'rmsprop' }, 1e-2],
    ['sgd', { ...plain, kind: 'sgd' }, 1e-1],
    ['sgd with momentum', { ...plain, kind: 'sgd', momentum: 0.9 }, 1e-1],
  ] as [string, OptimizerOptions, number][])('moves weights as Keras does: %s', (name, options, learningRate) => {
    const optimizer = createOptimizer(tf, variables(), options);
    steps(optimizer, 0, 20, learningRate);
    optimizer
      .values()
      .forEach((values, i) =>
        values.forEach((value, j) => expect(Math.abs(value - cases[name]![i]![j]!)).toBeLessThan(3e-6)),
      );
    optimizer.dispose();
  });

  it('goes on from its state to the last digit', () => {
    const whole = createOptimizer(tf, variables(), plain);
    steps(whole, 0, 12, 1e-2);
    const first = createOptimizer(tf, variables(), plain);
    steps(first, 0, 5, 1e-2);
    const values = first.values();
    const second = createOptimizer(
      tf,
      variables().map((variable, i) => ({ ...variable, initial: values[i]! })),
      plain,
    );
    second.restore(first.state());
    steps(second, 5, 12, 1e-2);
    expect(second.values()).toEqual(whole.values());
    for (const optimizer of [whole, first, second]) optimizer.dispose();
  });

  it('reads what it holds, and leaves nothing behind', () => {
    const before = tf.memory().numTensors;
    const optimizer = createOptimizer(tf, variables(), plain);
    const during = tf.memory().numTensors;
    for (let step = 0; step < 50; step++) {
      expect(optimizer.tensors()[0]!.dataSync()).toEqual(optimizer.values()[0]);
      steps(optimizer, step, step + 1, 1e-2);
    }
    expect(tf.memory().numTensors).toBe(during);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
