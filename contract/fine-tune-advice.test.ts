import { describe, expect, it } from 'vitest';
import { isHeadUntrained } from './fine-tune-advice.ts';
import type { RunSnapshot } from './run.ts';

const run = (accuracy: number | null, classNames: string[]) =>
  ({ classNames, result: { validation: accuracy === null ? null : { accuracy } } }) as RunSnapshot;

describe('isHeadUntrained', () => {
  it('is a head that is hardly better than guessing among its classes', () => {
    expect(isHeadUntrained(run(0.52, ['cats', 'dogs']))).toBe(true);
    expect(isHeadUntrained(run(0.9, ['cats', 'dogs']))).toBe(false);
    expect(isHeadUntrained(run(0.52, ['a', 'b', 'c', 'd']))).toBe(false);
    expect(isHeadUntrained(run(0.27, ['a', 'b', 'c', 'd']))).toBe(true);
  });
  it('is not said of a run that was never measured', () => {
    expect(isHeadUntrained(run(null, ['cats', 'dogs']))).toBe(false);
  });
});
