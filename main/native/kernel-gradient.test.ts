import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tf } from './tf.ts';

interface Setting {
  size: readonly [number, number];
  kernel: readonly [number, number, number, number];
  strides: readonly [number, number];
  padding: 'same' | 'valid';
}

/** The gradient of sum(conv(x, k) · dy) for k, a difference quotient in its place: linear in k, so exact but for rounding. */
function difference({ size, kernel, strides, padding }: Setting): number {
  return tf.tidy(() => {
    const x = tf.randomNormal([2, ...size, kernel[2]], 0, 1, 'float32', 1) as tf.Tensor4D;
    const convolve = (k: tf.Tensor) => tf.conv2d(x, k as tf.Tensor4D, [...strides], padding);
    const point = tf.randomNormal(kernel.slice(), 0, 1, 'float32', 2);
    const dy = tf.randomNormal(convolve(point).shape, 0, 1, 'float32', 3);
    const gradient = tf.grad(convolve)(point, dy);
    expect(gradient.shape).toEqual(kernel);
    // <gradient, direction> = <conv(x, direction), dy> for every direction.
    const directions = [4, 5, 6].map((seed) => tf.randomNormal(kernel.slice(), 0, 1, 'float32', seed));
    const errors = directions.map((direction) => {
      const along = tf.sum(tf.mul(gradient, direction)).dataSync()[0]!;
      const expected = tf.sum(tf.mul(convolve(direction), dy)).dataSync()[0]!;
      return Math.abs(along - expected);
    });
    const scale = tf.norm(gradient).dataSync()[0]! * tf.norm(directions[0]!).dataSync()[0]!;
    return Math.max(...errors) / scale;
  });
}

describe('the gradient of a kernel', () => {
  it('is the true one for any size, window, stride and padding, with few channels and with many', () => {
    const setting = fc.record({
      size: fc.tuple(fc.integer({ min: 3, max: 8 }), fc.integer({ min: 3, max: 8 })),
      kernel: fc.tuple(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(2, 128),
        fc.constantFrom(3, 128),
      ),
      strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      padding: fc.constantFrom('same' as const, 'valid' as const),
    });
    fc.assert(
      fc.property(setting, (given) => {
        expect(difference(given)).toBeLessThan(1e-6);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('leaves no tensor behind', () => {
    const x: tf.Tensor4D = tf.ones([1, 5, 5, 128]);
    const kernel = tf.ones([3, 3, 128, 128]);
    const gradient = tf.grad((k: tf.Tensor) => tf.conv2d(x, k as tf.Tensor4D, 1, 'same'));
    gradient(kernel).dispose();
    const { numTensors } = tf.memory();
    gradient(kernel).dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
    tf.dispose([x, kernel]);
  });
});
