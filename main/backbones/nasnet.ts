import type * as tf from '@tensorflow/tfjs-node';
import { automaticNames, blocksByAutomaticName } from './automatic-names.ts';
import { defineBackbone, layerBuilder } from './layers.ts';
import type { BackboneSpec } from './spec.ts';

/** One NASNet-A cell; figure 4 of the paper. */
interface Cell {
  /** The end of its layers' names. */
  id: string;
  kind: 'normal' | 'reduction';
  filters: number;
  /** How the output of the cell before the last one is made to fit: not at all, halved in both sides, or by a 1×1 convolution. */
  fit: 'none' | 'halve' | 'project';
}

interface Variant {
  id: string;
  name: string;
  side: number;
  /** Filters of the normal cells before the first reduction, a 24th of those of the features. */
  filters: number;
  stemFilters: number;
  /** Normal cells between two reductions. */
  numCells: number;
  /** True when the cell after a reduction sees not the reduction's input beside its output, but the cell's before. */
  skipsReduction: boolean;
  featureSide: number;
  numParameters: number;
  numLayers: number;
  top1Accuracy: number;
  file: string;
  md5: string;
}

/** NASNet-A (4 @ 1056) and (6 @ 4032). `numParameters` from Keras 3.15.1 (tools/reference/keras_backbones.py). */
const variants: readonly Variant[] = [
  {
    id: 'nasnet-mobile',
    name: 'NASNetMobile',
    side: 224,
    filters: 44,
    stemFilters: 32,
    numCells: 4,
    skipsReduction: false,
    featureSide: 7,
    numParameters: 4_269_716,
    numLayers: 769,
    top1Accuracy: 0.744,
    file: 'NASNet-mobile-no-top.h5',
    md5: '1ed92395b5b598bdda52abe5c0dbfd63',
  },
  {
    id: 'nasnet-large',
    name: 'NASNetLarge',
    side: 331,
    filters: 168,
    stemFilters: 96,
    numCells: 6,
    skipsReduction: true,
    featureSide: 11,
    numParameters: 84_916_818,
    numLayers: 1039,
    top1Accuracy: 0.825,
    file: 'NASNet-large-no-top.h5',
    md5: 'd81d89dc07e6e56530c4e77faddd61b5',
  },
];

/** NASNet-A, found by a search for architectures. @see https://arxiv.org/abs/1707.07012 */
export const nasnet: readonly BackboneSpec[] = variants.map((variant) => {
  const cells = cellsOf(variant);
  const blockOfAutomatic = blocksByAutomaticName([
    ...cells.map((cell) => [blockName(cell), automaticTypes(cell)] as const),
    ['top', ['activation']],
  ]);
  const blockOfId = new Map(cells.map((cell) => [cell.id, blockName(cell)]));
  return defineBackbone({
    id: variant.id,
    name: variant.name,
    family: 'NASNet',
    inputSize: [variant.side, variant.side],
    minInputSize: 32,
    featureShape: [variant.featureSide, variant.featureSide, 24 * variant.filters],
    featureSide: (side) => Math.ceil(Math.floor((side - 1) / 2) / 16), // the first window of 3 is not padded
    preprocessing: { description: '-1..1', channelOrder: 'rgb', scale: 1 / 127.5, offset: -1 },
    numParameters: variant.numParameters,
    numLayers: variant.numLayers,
    imagenet: { top1Accuracy: variant.top1Accuracy, source: 'https://keras.io/api/applications/' },
    licence: 'Apache-2.0',
    paper: 'https://arxiv.org/abs/1707.07012',
    weights: {
      official: {
        file: variant.file,
        url: `https://storage.googleapis.com/tensorflow/keras-applications/nasnet/${variant.file}`,
        md5: variant.md5,
      },
      origin: 'ImageNet weights by Google, as converted for Keras applications.',
    },
    addLayers: (tfjs, input) => addLayers(tfjs, input, variant, cells),
    blockOf: (layer) =>
      blockOfAutomatic.get(layer) ?? blockOfId.get(/_(stem_\d|reduce_\d+|\d+)$/.exec(layer)?.[1] ?? '') ?? 'stem',
  });
});

function cellsOf({ filters, numCells }: Variant): Cell[] {
  // A reduction changes the side of what comes next, but not of what came before: the cell after it halves that.
  const normals = (firstId: number, numFilters: number): Cell[] =>
    Array.from({ length: numCells }, (_, index) => ({
      id: String(firstId + index),
      kind: 'normal',
      filters: numFilters,
      fit: index === 0 ? 'halve' : 'project',
    }));
  const reduction = (id: string, numFilters: number, fit: Cell['fit']): Cell => ({
    id,
    kind: 'reduction',
    filters: numFilters,
    fit,
  });
  return [
    reduction('stem_1', Math.floor(filters / 4), 'none'),
    reduction('stem_2', Math.floor(filters / 2), 'halve'),
    ...normals(0, filters),
    reduction(`reduce_${numCells}`, 2 * filters, 'project'),
    ...normals(numCells + 1, 2 * filters),
    reduction(`reduce_${2 * numCells}`, 4 * filters, 'project'),
    ...normals(2 * numCells + 1, 4 * filters),
  ];
}

/** normal_3, reduction_4, reduction_stem_1 */
function blockName({ id, kind }: Cell): string {
  return `${kind}_${id.replace('reduce_', '')}`;
}

/** Types of the layers that a cell leaves without a name. */
function automaticTypes({ kind, fit }: Cell): string[] {
  const ofFit = { none: [], halve: ['zero_padding2d', 'cropping2d', 'concatenate'], project: ['activation'] };
  const numActivations = 1 + 2 * 5; // the cell's own, and two in each of five pairs of separable convolutions
  return [...ofFit[fit], ...Array<string>(numActivations).fill('activation'), ...(kind === 'reduction' ? ['add'] : [])];
}

type SymbolicTensor = tf.SymbolicTensor;
/** What building a cell needs besides the cell. */
interface Tools {
  add: ReturnType<typeof layerBuilder>;
  nextName: (type: string) => string;
}

function addLayers(
  tfjs: typeof tf,
  input: SymbolicTensor,
  { stemFilters, skipsReduction }: Variant,
  cells: readonly Cell[],
): SymbolicTensor {
  const tools: Tools = { add: layerBuilder(tfjs), nextName: automaticNames() };
  let x = tools.add.conv(input, 'stem_conv1', stemFilters, 3, { strides: 2, padding: 'valid' });
  x = batchNorm(tools, x, 'stem_bn1');
  let previous = x;
  for (const cell of cells) {
    const fitted = addFit(tools, previous, cell);
    const output = (cell.kind === 'normal' ? addNormalCell : addReductionCell)(tools, x, fitted, cell);
    if (!(skipsReduction && cell.id.startsWith('reduce_'))) previous = x;
    x = output;
  }
  return relu(tools, x); // [batch, height / 32, width / 32, 24 * filters]
}

/** Keras's `_adjust_block`. */
function addFit(tools: Tools, previous: SymbolicTensor, { id, filters, fit }: Cell): SymbolicTensor {
  const { add, nextName } = tools;
  if (fit === 'none') return previous;
  if (fit === 'project') {
    const projected = add.conv(relu(tools, previous), `adjust_conv_projection_${id}`, filters, 1);
    return batchNorm(tools, projected, `adjust_bn_${id}`);
  }
  const x = add.activation(previous, `adjust_relu_1_${id}`, 'relu');
  const everySecond = (from: SymbolicTensor, number: 1 | 2) => {
    const picked = add.averagePool(from, `adjust_avg_pool_${number}_${id}`, { poolSize: 1 });
    return add.conv(picked, `adjust_conv_${number}_${id}`, Math.floor(filters / 2), 1);
  };
  const even = everySecond(x, 1);
  // The same grid, one row down and one column to the right.
  const padded = add.zeroPad(x, nextName('zero_padding2d'), [
    [0, 1],
    [0, 1],
  ]);
  const shifted = add.crop(padded, nextName('cropping2d'), [
    [1, 0],
    [1, 0],
  ]);
  const odd = everySecond(shifted, 2);
  return batchNorm(tools, add.concat([even, odd], nextName('concatenate')), `adjust_bn_${id}`);
}

function addNormalCell(tools: Tools, x: SymbolicTensor, p: SymbolicTensor, { id, filters }: Cell): SymbolicTensor {
  const { add } = tools;
  const pool = (from: SymbolicTensor, name: string) =>
    add.averagePool(from, `normal_${name}_${id}`, { poolSize: 3, strides: 1, padding: 'same' });
  const separable = (from: SymbolicTensor, name: string, kernelSize: number) =>
    addSeparablePair(tools, from, `normal_${name}_${id}`, { filters, kernelSize, strides: 1 });
  const sum = (a: SymbolicTensor, b: SymbolicTensor, number: number) => add.add(a, b, `normal_add_${number}_${id}`);

  const h = addFirstConvolution(tools, x, `normal`, { id, filters });
  const x1 = sum(separable(h, 'left1', 5), separable(p, 'right1', 3), 1);
  const x2 = sum(separable(p, 'left2', 5), separable(p, 'right2', 3), 2);
  const x3 = sum(pool(h, 'left3'), p, 3);
  const x4 = sum(pool(p, 'left4'), pool(p, 'right4'), 4);
  const x5 = sum(separable(h, 'left5', 3), h, 5);
  return add.concat([p, x1, x2, x3, x4, x5], `normal_concat_${id}`);
}

function addReductionCell(tools: Tools, x: SymbolicTensor, p: SymbolicTensor, { id, filters }: Cell): SymbolicTensor {
  const { add, nextName } = tools;
  const separable = (from: SymbolicTensor, name: string, kernelSize: number, strides: 1 | 2 = 2) =>
    addSeparablePair(tools, from, `reduction_${name}_${id}`, { filters, kernelSize, strides });

  const h = addFirstConvolution(tools, x, 'reduction', { id, filters });
  const padded = add.padForStride2(h, `reduction_pad_1_${id}`, 3);
  const x1 = add.add(separable(h, 'left1', 5), separable(p, 'right1', 7), `reduction_add_1_${id}`);
  const max2 = add.maxPool(padded, `reduction_left2_${id}`, { poolSize: 3 });
  const x2 = add.add(max2, separable(p, 'right2', 7), `reduction_add_2_${id}`);
  const mean3 = add.averagePool(padded, `reduction_left3_${id}`, { poolSize: 3 });
  const x3 = add.add(mean3, separable(p, 'right3', 5), `reduction_add3_${id}`);
  const mean4 = add.averagePool(x1, `reduction_left4_${id}`, { poolSize: 3, strides: 1, padding: 'same' });
  const x4 = add.add(x2, mean4, nextName('add'));
  const separated5 = separable(x1, 'left4', 3, 1); // Keras's name: left4 again
  const x5 = add.add(
    separated5,
    add.maxPool(padded, `reduction_right5_${id}`, { poolSize: 3 }),
    `reduction_add4_${id}`,
  );
  return add.concat([x2, x3, x4, x5], `reduction_concat_${id}`);
}

/** ReLU, 1×1 convolution and BatchNormalization, with which both kinds of cells begin. */
function addFirstConvolution(
  tools: Tools,
  x: SymbolicTensor,
  prefix: string,
  { id, filters }: Pick<Cell, 'id' | 'filters'>,
): SymbolicTensor {
  const convolved = tools.add.conv(relu(tools, x), `${prefix}_conv_1_${id}`, filters, 1);
  return batchNorm(tools, convolved, `${prefix}_bn_1_${id}`);
}

/** Twice ReLU, separable convolution and BatchNormalization; the first convolution has the stride. */
function addSeparablePair(
  tools: Tools,
  input: SymbolicTensor,
  id: string,
  { filters, kernelSize, strides }: { filters: number; kernelSize: number; strides: 1 | 2 },
): SymbolicTensor {
  const { add } = tools;
  let x = relu(tools, input);
  if (strides === 2) x = add.padForStride2(x, `separable_conv_1_pad_${id}`, kernelSize);
  x = add.separable(x, `separable_conv_1_${id}`, filters, kernelSize, strides, strides === 2 ? 'valid' : 'same');
  x = relu(tools, batchNorm(tools, x, `separable_conv_1_bn_${id}`));
  x = add.separable(x, `separable_conv_2_${id}`, filters, kernelSize);
  return batchNorm(tools, x, `separable_conv_2_bn_${id}`);
}

const relu = ({ add, nextName }: Tools, x: SymbolicTensor) => add.activation(x, nextName('activation'), 'relu');
const batchNorm = ({ add }: Tools, x: SymbolicTensor, name: string) => add.batchNorm(x, name, 0.9997);
