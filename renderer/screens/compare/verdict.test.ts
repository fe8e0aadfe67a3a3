import { describe, expect, it } from 'vitest';
import type { CompareReport, RunSummary, Share } from '../../../contract/run.ts';
import { candidates, newestComparison } from './chosen-runs.ts';
import { advisedRun, verdictOf } from './verdict.ts';

const share = (accuracy: number): Share => ({
  accuracy,
  low: accuracy - 0.02,
  high: accuracy + 0.01,
  numImages: 200,
  numCorrect: accuracy * 200,
});
const run = (number: number, headParameters: number, over: Partial<RunSummary> = {}): RunSummary => ({
  runId: `r${number}`,
  number,
  datasetId: 'd',
  datasetName: 'cats',
  imported: null,
  backboneId: 'efficientnet-lite0',
  head: number % 2 === 1 ? 'gap' : 'flatten',
  phase: 'finished',
  createdAt: '2026-11-23T10:00:00Z',
  comparisonId: null,
  parentRunId: null,
  canResume: false,
  numEpochs: 10,
  result: {
    trainableParameters: headParameters,
    frozenParameters: 1,
    headParameters,
    validation: share(0.95),
    test: share(0.9 + number / 100),
    keptEpoch: 10,
    featuresMs: 1,
    trainMs: 1,
    totalMs: 2,
  },
  error: null,
  ...over,
});
const report = (mcnemar: CompareReport['mcnemar']): CompareReport => ({
  runs: [run(1, 2562), run(2, 125_442)],
  split: 'test',
  mcnemar,
  disagreements: [],
});

describe('verdictOf', () => {
  it('calls a small p more than chance and names the better run', () => {
    expect(verdictOf(report({ onlyFirst: 2, onlySecond: 20, pValue: 0.0001 }))).toMatchObject({
      kind: 'real',
      better: 1,
      numMore: 18,
      numApart: 22,
    });
  });
  it('calls a large p chance and names the run with far fewer weights', () => {
    const verdict = verdictOf(report({ onlyFirst: 4, onlySecond: 1, pValue: 0.375 }));
    expect(verdict).toMatchObject({ kind: 'chance', smaller: 0, numImages: 200 });
    expect(verdict.kind === 'chance' && Math.round(verdict.timesFewer)).toBe(49);
  });
  it('has no exact test for other numbers of runs', () => {
    expect(verdictOf({ ...report(null), runs: [run(1, 1), run(2, 1), run(3, 1)] })).toEqual({ kind: 'several' });
  });
});

describe('advisedRun', () => {
  it('goes on with the better where that is sure, else with the smaller, else with the most accurate', () => {
    expect(advisedRun(report({ onlyFirst: 2, onlySecond: 20, pValue: 0.0001 }))).toBe(1);
    expect(advisedRun(report({ onlyFirst: 4, onlySecond: 1, pValue: 0.375 }))).toBe(0);
    expect(advisedRun({ ...report(null), runs: [run(1, 1), run(4, 1), run(3, 1)] })).toBe(1);
  });
});

describe('newestComparison', () => {
  it('finds the runs of the newest comparison on the data set, first trained first', () => {
    const runs = [
      run(9, 1, { datasetId: 'other', comparisonId: 'z' }),
      run(4, 1, { comparisonId: 'b' }),
      run(3, 1, { comparisonId: 'b' }),
      run(1, 1, { comparisonId: 'a' }),
    ];
    expect(newestComparison(runs, 'd')).toEqual(['r3', 'r4']);
    expect(newestComparison([run(1, 1)], 'd')).toEqual([]);
  });
});

describe('candidates', () => {
  it('offers only finished runs on the same data set', () => {
    const runs = [run(1, 1), run(2, 1, { phase: 'failed' }), run(3, 1, { datasetId: 'other' })];
    expect(candidates(runs, 'd').map((one) => one.runId)).toEqual(['r1']);
  });
});
