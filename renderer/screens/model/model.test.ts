import { describe, expect, it } from 'vitest';
import type { BackboneFacts, HeadAdvice } from '../../../contract/backbone.ts';
import type { DatasetSnapshot } from '../../../contract/dataset.ts';
import { RecipeInput, type RunSummary } from '../../../contract/run.ts';
import { billOf, blockedBy, type BillInput } from './bill.ts';
import { limitsOf } from './limits.ts';
import { barFraction, msText, shapeText } from './shape-text.ts';

const backbone: BackboneFacts = {
  id: 'efficientnet-lite0',
  name: 'EfficientNet-Lite0',
  family: 'EfficientNet-Lite',
  inputSize: [224, 224],
  minInputSize: 32,
  featureShape: [7, 7, 1280],
  preprocessing: '(x-127)/128',
  numParameters: 3_413_024,
  numLayers: 150,
  sizeBytes: 13_600_000,
  imagenet: null,
  licence: 'Apache-2.0',
  paper: '',
  weights: { state: 'embedded', sha256: 'x', officialFile: null, officialUrl: null },
  msPerImage: 3,
};
const advice: HeadAdvice = {
  backboneId: backbone.id,
  featureShape: [7, 7, 1280],
  gapParameters: 2562,
  flattenParameters: 125_442,
  gapBytesPerImage: 5120,
  flattenBytesPerImage: 250_880,
  advised: 'gap',
};
const dataset: DatasetSnapshot = {
  datasetId: 'd',
  name: 'cats',
  kind: 'folder',
  phase: 'ready',
  numImages: 1200,
  numClasses: 2,
  createdAt: '2026-11-23T10:00:00Z',
  splitFrom: 'folders',
  labels: null,
  upload: null,
  layout: 'splits',
  classes: [],
  numSkipped: 0,
  numExcluded: 0,
  edits: { numDone: 0, undo: null, redo: null },
  warnings: [],
  verdicts: {
    used: 0,
    turned: 0,
    converted: 0,
    'exact-duplicate': 0,
    'near-duplicate': 0,
    'two-classes': 0,
    leak: 0,
    excluded: 0,
    skipped: 0,
  },
  progress: null,
  transfer: null,
  source: null,
  error: null,
};
const earlier: RunSummary = {
  runId: 'r7',
  number: 7,
  datasetId: 'd',
  datasetName: 'cats',
  imported: null,
  backboneId: backbone.id,
  head: 'gap',
  phase: 'finished',
  createdAt: '2026-11-23T10:00:00Z',
  comparisonId: null,
  parentRunId: null,
  canResume: false,
  numEpochs: 10,
  result: {
    trainableParameters: 2562,
    frozenParameters: 1,
    headParameters: 2562,
    validation: null,
    test: null,
    keptEpoch: 10,
    featuresMs: 4000,
    trainMs: 950,
    totalMs: 5000,
  },
  error: null,
};
const input: BillInput = { backbone, advice, dataset, runs: [], head: 'gap', inputSize: null, epochs: 20 };

describe('billOf', () => {
  it('counts the cache of every picture and the first pass from the measured speed', () => {
    expect(billOf(input)).toMatchObject({
      trainedParameters: 2562,
      cacheBytes: 6_144_000,
      firstPassMs: 3600,
      epochMs: null,
      totalMs: null,
    });
  });
  it('promises no time that it does not know', () => {
    expect(billOf({ ...input, backbone: { ...backbone, msPerImage: null } }).firstPassMs).toBeNull();
    expect(billOf({ ...input, dataset: null })).toMatchObject({ cacheBytes: null, firstPassMs: null });
    expect(billOf({ ...input, inputSize: 160 }).firstPassMs).toBeNull();
  });
  it('takes the time of an epoch from an earlier run of the same kind, whose features are there already', () => {
    expect(billOf({ ...input, runs: [earlier] })).toMatchObject({
      firstPassMs: 0,
      epochMs: 95,
      totalMs: 1900,
      earlierRun: 7,
    });
    expect(billOf({ ...input, runs: [earlier], head: 'flatten' }).epochMs).toBeNull();
  });
});

describe('blockedBy', () => {
  const recipe = RecipeInput.parse({});
  it('lets a ready data set with weights at hand train', () => {
    expect(blockedBy(backbone, dataset, recipe)).toBeNull();
  });
  it('names what is missing, the data first', () => {
    const missing: BackboneFacts = { ...backbone, weights: { ...backbone.weights, state: 'missing' } };
    expect(blockedBy(missing, null, recipe)).toBe('no-dataset');
    expect(blockedBy(missing, { ...dataset, phase: 'scanning' }, recipe)).toBe('not-ready');
    expect(blockedBy(missing, dataset, recipe)).toBe('weights-missing');
    expect(
      blockedBy(backbone, { ...dataset, warnings: [{ code: 'one-class', params: {}, blocking: true }] }, recipe),
    ).toBe('dataset-problem');
    expect(blockedBy(backbone, dataset, { ...recipe, epochs: NaN })).toBe('setting-out-of-limits');
  });
});

describe('limitsOf', () => {
  it('reads the limits out of the contract, through defaults and nulls', () => {
    expect(limitsOf(RecipeInput.shape.epochs)).toEqual({ min: 1, max: 1000, isAbove: false });
    expect(limitsOf(RecipeInput.shape.learningRate)).toEqual({ min: 0, max: 10, isAbove: true });
    expect(limitsOf(RecipeInput.shape.inputSize)).toEqual({ min: 32, max: 1024, isAbove: false });
  });
});

describe('shapeText, msText and barFraction', () => {
  it('write sizes as people read them', () => {
    expect(shapeText([7, 7, null], String)).toBe('7 × 7 × ?');
    expect([3.14, 9.96, 18.4].map(msText)).toEqual(['3.1', '10', '18']);
  });
  it('keep a small block visible beside a large one', () => {
    expect(barFraction(10_000, 1_000_000)).toBeCloseTo(0.1);
    expect(barFraction(0, 0)).toBe(0);
  });
});
