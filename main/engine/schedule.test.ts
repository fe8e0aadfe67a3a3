import { describe, expect, it } from 'vitest';
import { learningRateAt } from './schedule.ts';

const at = (schedule: Parameters<typeof learningRateAt>[0]['schedule'], epoch: number, warmUpEpochs = 0) =>
  learningRateAt({ schedule, warmUpEpochs }, 0.1, { epoch, numEpochs: 10 });

describe('learningRateAt', () => {
  it('stays, with nothing said', () => {
    expect([0.5, 5, 10].map((epoch) => at({ kind: 'constant' }, epoch))).toEqual([0.1, 0.1, 0.1]);
  });
  it('falls by a factor after so many epochs', () => {
    const schedule = { kind: 'step', everyEpochs: 2, factor: 0.5 } as const;
    expect([0.1, 2, 2.1, 4, 4.1].map((epoch) => at(schedule, epoch))).toEqual([0.1, 0.1, 0.05, 0.05, 0.025]);
  });
  it('follows half a cosine to zero, as CosineDecay of Keras', () => {
    expect(at({ kind: 'cosine' }, 0)).toBeCloseTo(0.1, 12);
    expect(at({ kind: 'cosine' }, 2.5)).toBeCloseTo(0.1 * 0.5 * (1 + Math.cos(Math.PI / 4)), 12);
    expect(at({ kind: 'cosine' }, 5)).toBeCloseTo(0.05, 12);
    expect(at({ kind: 'cosine' }, 10)).toBeCloseTo(0, 12);
  });
  it('rises from zero first, and the course is shorter for it', () => {
    expect(at({ kind: 'constant' }, 1, 4)).toBeCloseTo(0.025, 12);
    expect(at({ kind: 'cosine' }, 4, 4)).toBeCloseTo(0.1, 12);
    expect(at({ kind: 'cosine' }, 7, 4)).toBeCloseTo(0.05, 12);
  });
});
