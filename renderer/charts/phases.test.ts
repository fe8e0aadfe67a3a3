import { describe, expect, it } from 'vitest';
import { RecipeInput, type EpochReport } from '../../contract/run.ts';
import { numEpochsOf, oneCourse, phaseBoundary } from './phases.ts';

const report = (phase: EpochReport['phase'], epoch: number): EpochReport => ({
  phase,
  epoch,
  loss: 1,
  accuracy: 1,
  validationLoss: 1,
  validationAccuracy: 1,
  durationMs: 1,
});
const recipe = RecipeInput.parse({ epochs: 3, trainable: 'all', fineTune: { epochs: 2 } });

describe('two phases as one course', () => {
  it('counts fine-tuning on from the head', () => {
    const run = {
      recipe,
      parentRunId: null,
      epochs: [1, 2, 3].map((e) => report('head', e)).concat(report('fine-tune', 1)),
    };
    expect(oneCourse(run).map((epoch) => epoch.epoch)).toEqual([1, 2, 3, 4]);
    expect([numEpochsOf(run), phaseBoundary(run)]).toEqual([5, 3.5]);
  });

  it('knows a head that stopped early, and a run that begins with a trained one', () => {
    const early = { recipe, parentRunId: null, epochs: [report('head', 1), report('fine-tune', 1)] };
    expect(oneCourse(early).map((epoch) => epoch.epoch)).toEqual([1, 2]);
    expect([numEpochsOf(early), phaseBoundary(early)]).toEqual([3, 1.5]);
    const child = { recipe, parentRunId: 'r1', epochs: [report('fine-tune', 1)] };
    expect([numEpochsOf(child), phaseBoundary(child), oneCourse(child)[0]!.epoch]).toEqual([2, null, 1]);
  });
});
