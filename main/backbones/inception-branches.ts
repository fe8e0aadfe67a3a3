import type * as tf from '@tensorflow/tfjs-node';
import type { layerBuilder } from './layers.ts';

/** A convolution with BatchNormalization and ReLU behind it; Keras's `conv2d_bn`. */
export interface ConvUnit {
  filters: number;
  kernelSize: [height: number, width: number];
  strides: 1 | 2;
  padding: 'same' | 'valid';
}
/** One link of a branch; `split` feeds two convolutions with the same and puts their outputs together. */
export type Step = ConvUnit | 'averagePool' | 'maxPool' | { split: readonly [ConvUnit, ConvUnit]; name?: string };
/** What happens to a tensor, one step after the other. */
export type Branch = readonly Step[];

type NextName = (type: string) => string;

/** @param kernelSize one number for both sides, or [height, width] */
export const conv = (filters: number, kernelSize: number | [number, number] = 1): ConvUnit => ({
  filters,
  kernelSize: typeof kernelSize === 'number' ? [kernelSize, kernelSize] : kernelSize,
  strides: 1,
  padding: 'same',
});
/** A window of 3 without padding. */
export const validConv = (filters: number): ConvUnit => ({ ...conv(filters, 3), padding: 'valid' });
/** A window of 3 with stride 2, without padding. */
export const halvingConv = (filters: number): ConvUnit => ({ ...validConv(filters), strides: 2 });

/** The same in both Inception networks, up to the first module. */
export const stem: Branch = [
  halvingConv(32),
  validConv(32),
  conv(64, 3),
  'maxPool',
  conv(80),
  validConv(192),
  'maxPool',
];

/** Side of the feature maps: the stem and the two modules that halve pad nothing. */
export function inceptionFeatureSide(side: number): number {
  const halved = (size: number) => Math.floor((size - 1) / 2); // window 3, stride 2
  const stemSide = halved(halved(halved(side) - 2) - 2);
  return halved(halved(stemSide));
}

/** Types of the layers without a name in a branch, in order. */
export function automaticTypes(branch: Branch): string[] {
  const ofConv = ['conv2d', 'batch_normalization', 'activation'];
  return branch.flatMap((step) => {
    if (step === 'averagePool') return ['average_pooling2d'];
    if (step === 'maxPool') return ['max_pooling2d'];
    if ('split' in step) return [...ofConv, ...ofConv, ...(step.name === undefined ? ['concatenate'] : [])];
    return ofConv;
  });
}

/** Adds the layers of a branch, with automatic names, and returns its output. */
export function addBranch(
  add: ReturnType<typeof layerBuilder>,
  nextName: NextName,
  input: tf.SymbolicTensor,
  branch: Branch,
): tf.SymbolicTensor {
  return branch.reduce((x, step) => addStep(add, nextName, x, step), input);
}

function addStep(
  add: ReturnType<typeof layerBuilder>,
  nextName: NextName,
  x: tf.SymbolicTensor,
  step: Step,
): tf.SymbolicTensor {
  if (step === 'averagePool')
    return add.averagePool(x, nextName('average_pooling2d'), { poolSize: 3, strides: 1, padding: 'same' });
  if (step === 'maxPool') return add.maxPool(x, nextName('max_pooling2d'), { poolSize: 3 });
  if ('split' in step) {
    const parts = step.split.map((unit) => addStep(add, nextName, x, unit));
    return add.concat(parts, step.name ?? nextName('concatenate'));
  }
  const { filters, kernelSize, strides, padding } = step;
  const convolved = add.conv(x, nextName('conv2d'), filters, kernelSize, { strides, padding });
  const normalized = add.batchNorm(convolved, nextName('batch_normalization'), 0.99, { scale: false });
  return add.activation(normalized, nextName('activation'), 'relu');
}
