import { describe, expect, it } from 'vitest';
import type { EpochReport } from '../../../contract/run.ts';
import { controlsFor, diagnose, type DiagnosisInput } from './diagnosis.ts';

type Point = [loss: number, validationLoss: number, accuracy?: number, validationAccuracy?: number];

const epochs = (...points: Point[]): EpochReport[] =>
  points.map(([loss, validationLoss, accuracy = 0.9, validationAccuracy = 0.9], i) => ({
    phase: 'head',
    epoch: i + 1,
    loss,
    accuracy,
    validationLoss,
    validationAccuracy,
    durationMs: 100,
  }));

const run = (over: Partial<DiagnosisInput>): DiagnosisInput => ({
  epochs: [],
  isOver: false,
  learningRate: 1e-3,
  head: 'gap',
  classNames: ['cat', 'dog'],
  confusion: null,
  divergedAt: null,
  ...over,
});

const healthy = epochs([0.6, 0.5], [0.3, 0.3], [0.2, 0.22], [0.15, 0.18], [0.13, 0.17], [0.12, 0.168], [0.11, 0.167]);

describe('diagnose', () => {
  it('does not judge before three epochs', () => {
    expect(diagnose(run({ epochs: healthy.slice(0, 2) }))).toEqual({ kind: 'too-early' });
    expect(diagnose(run({}))).toEqual({ kind: 'too-early' });
  });

  it('finds nothing wrong where both losses fall together', () => {
    expect(diagnose(run({ epochs: healthy, isOver: true }))).toEqual({ kind: 'learning-well', gap: 0 });
  });

  it('names the epoch after which validation loss rises while training loss falls', () => {
    const curves = epochs([0.6, 0.5], [0.3, 0.35], [0.2, 0.3], [0.1, 0.34], [0.05, 0.4], [0.02, 0.45]);
    expect(diagnose(run({ epochs: curves }))).toMatchObject({ kind: 'overfitting', isRising: true, sinceEpoch: 3 });
  });

  it('calls a wide gap between train and validation overfitting even where validation loss does not rise', () => {
    const curves = epochs([0.6, 0.7, 0.7, 0.7], [0.2, 0.65, 0.95, 0.8], [0.1, 0.63, 0.99, 0.82]);
    expect(diagnose(run({ epochs: curves }))).toMatchObject({ kind: 'overfitting', isRising: false });
  });

  it('does not call one worse epoch overfitting', () => {
    const curves = epochs([0.6, 0.5], [0.3, 0.3], [0.2, 0.2], [0.15, 0.24]);
    expect(diagnose(run({ epochs: curves })).kind).not.toBe('overfitting');
  });

  it('does not call the noise of a solved task overfitting', () => {
    const curves = epochs(
      [0.2, 0.05, 1, 1],
      [0.02, 0.01, 1, 1],
      [0.005, 0.012, 1, 1],
      [0.003, 0.014, 1, 1],
      [0.002, 0.015, 1, 1],
    );
    expect(diagnose(run({ epochs: curves })).kind).toBe('learning-well');
  });

  it('says diverged when a loss is no number, and where', () => {
    const curves = epochs([0.6, 0.6], [NaN, NaN]);
    expect(diagnose(run({ epochs: curves, learningRate: 5 }))).toEqual({ kind: 'diverged', epoch: 2, learningRate: 5 });
    expect(diagnose(run({ divergedAt: 3 }))).toMatchObject({ kind: 'diverged', epoch: 3 });
  });

  it('says the learning rate is too high when training loss jumps up and down, or ends higher', () => {
    const jagged = epochs([1.5, 1], [0.8, 1], [1.3, 1], [0.7, 1], [1.2, 1], [0.6, 1]);
    expect(diagnose(run({ epochs: jagged }))).toMatchObject({ kind: 'rate-too-high', numRises: 2, numSteps: 5 });
    expect(diagnose(run({ epochs: epochs([0.7, 0.7], [1.2, 1.2], [2.4, 2.4]) })).kind).toBe('rate-too-high');
  });

  it('says the learning rate is too low when the loss hardly moves, steadily', () => {
    const slow = epochs(
      [0.7, 0.7, 0.55],
      [0.695, 0.69, 0.6],
      [0.69, 0.69, 0.65],
      [0.685, 0.68, 0.7],
      [0.68, 0.68, 0.72],
    );
    expect(diagnose(run({ epochs: slow, learningRate: 1e-6 }))).toMatchObject({
      kind: 'rate-too-low',
      learningRate: 1e-6,
    });
  });

  it('says nothing is learned at the accuracy of a guess', () => {
    const flat = epochs(
      [0.69, 0.7, 0.5, 0.5],
      [0.7, 0.7, 0.5, 0.5],
      [0.69, 0.7, 0.5, 0.5],
      [0.7, 0.7, 0.5, 0.5],
      [0.69, 0.7, 0.5, 0.5],
    );
    expect(diagnose(run({ epochs: flat }))).toMatchObject({ kind: 'not-learning' });
  });

  it('names the class that swallows all others', () => {
    const collapsed = run({
      epochs: healthy,
      isOver: true,
      confusion: [
        [0, 50],
        [0, 50],
      ],
    });
    expect(diagnose(collapsed)).toMatchObject({
      kind: 'class-collapse',
      className: 'dog',
      fraction: 1,
      isImbalanced: false,
    });
  });

  it('does not call it collapse when the pictures are like that', () => {
    expect(
      diagnose(
        run({
          epochs: healthy,
          confusion: [
            [2, 1],
            [1, 96],
          ],
        }),
      ).kind,
    ).not.toBe('class-collapse');
  });

  it('advises more epochs where validation loss still falls at the end of a finished run, and only there', () => {
    const falling = epochs([1.2, 1.2], [0.9, 0.9], [0.7, 0.7], [0.55, 0.56], [0.45, 0.46]);
    expect(diagnose(run({ epochs: falling, isOver: true })).kind).toBe('still-improving');
    expect(diagnose(run({ epochs: falling })).kind).toBe('learning-well');
  });
});

describe('controlsFor', () => {
  it('advises GAP first where a Flatten head memorises', () => {
    const diagnosis = { kind: 'overfitting', sinceEpoch: 3, isRising: true, gap: 0.1 } as const;
    expect(controlsFor({ ...diagnosis, head: 'flatten' })[0]).toBe('head');
    expect(controlsFor({ ...diagnosis, head: 'gap' })).not.toContain('head');
  });

  it('advises class weights where the class that swallows the others is the largest', () => {
    const diagnosis = { kind: 'class-collapse', className: 'dog', fraction: 1 } as const;
    expect(controlsFor({ ...diagnosis, isImbalanced: true })[0]).toBe('classWeights');
  });
});
