import { describe, expect, it } from 'vitest';
import type { EpochReport } from '../../contract/run.ts';
import type { ChartColors } from './colors.ts';
import { bestEpoch, curveChart, epochTicks, type CurveChart, type RunCurves } from './curves.ts';

const colors: ChartColors = {
  gap: 'blue',
  flatten: 'orange',
  text: 'black',
  dim: 'grey',
  line: 'silver',
  surface: 'white',
  fontFamily: 'sans',
};
const epoch = (n: number, validationLoss = 1 / n): EpochReport => ({
  phase: 'head',
  epoch: n,
  loss: 0.5 / n,
  accuracy: 1 - 0.1 / n,
  validationLoss,
  validationAccuracy: 1 - 0.2 / n,
  durationMs: 10,
});
const run = (over: Partial<RunCurves> = {}): RunCurves => ({
  name: 'GAP',
  head: 'gap',
  epochs: [epoch(1), epoch(2), epoch(3)],
  parts: ['train', 'validation'],
  shape: 'circle',
  markedEpoch: null,
  ...over,
});
const draw = (over: Partial<CurveChart> = {}) =>
  curveChart({ metric: 'accuracy', runs: [run()], numEpochs: 10, format: String, hasPoints: false, ...over }, colors);

describe('curveChart', () => {
  it('draws train solid and validation dashed', () => {
    const [train, validation] = draw().data.datasets;
    expect(train?.borderDash).toEqual([]);
    expect(validation?.borderDash).toEqual([5, 4]);
  });
  it('draws GAP and Flatten in their own colours', () => {
    const both = draw({ runs: [run(), run({ name: 'Flatten', head: 'flatten' })] });
    expect(both.data.datasets.map((curve) => curve.borderColor)).toEqual(['blue', 'blue', 'orange', 'orange']);
  });
  it('keeps the axis of epochs from the first to the last of the recipe, whatever has come', () => {
    const axes = [[], [epoch(1)], [epoch(1), epoch(2)]].map(
      (epochs) => draw({ runs: [run({ epochs })] }).options?.scales?.['x'],
    );
    for (const axis of axes) expect(axis).toMatchObject({ min: 1, max: 10 });
  });
  it('neither animates nor parses', () => {
    expect(draw().options).toMatchObject({ animation: false, parsing: false });
  });
  it('marks the kept epoch on the validation curve only', () => {
    const [train, validation] = draw({ runs: [run({ markedEpoch: 2 })] }).data.datasets;
    expect(train).toMatchObject({ pointRadius: [0, 0, 0] });
    expect(validation).toMatchObject({ pointRadius: [0, 5, 0] });
  });
  it('shows a single epoch as a point, since it makes no line', () => {
    expect(draw({ runs: [run({ epochs: [epoch(1)] })] }).data.datasets[0]).toMatchObject({ pointRadius: [3] });
  });
  it('leaves out epochs whose loss is no number', () => {
    const broken = draw({ metric: 'loss', runs: [run({ epochs: [epoch(1), { ...epoch(2), loss: NaN }] })] });
    expect(broken.data.datasets[0]?.data).toEqual([{ x: 1, y: 0.5 }]);
  });
});

describe('bestEpoch', () => {
  it('is the first epoch with the lowest validation loss', () => {
    expect(bestEpoch([epoch(1, 0.5), epoch(2, 0.3), epoch(3, 0.3)])).toBe(2);
    expect(bestEpoch([])).toBeNull();
    expect(bestEpoch([epoch(1, NaN)])).toBeNull();
  });
});

describe('epochTicks', () => {
  it('shows every epoch where they are few and both ends always', () => {
    expect(epochTicks(4)).toEqual([1, 2, 3, 4]);
    expect(epochTicks(20)).toEqual([1, 5, 10, 15, 20]);
    expect(epochTicks(1000).at(-1)).toBe(1000);
  });
});
