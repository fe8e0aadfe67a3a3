import type { RunSnapshot } from './run.ts';

/** From this learning rate on, steps are so long that pretrained features are lost before the new ones are there. */
export const MANY_TIMES_TOO_FAST = 1e-4;
/** Above guessing by less than this, a head has learnt nothing worth keeping. */
const BARELY = 0.05;

/** A head that still guesses sends gradients into the backbone that destroy what it knows. */
export function isHeadUntrained({ result, classNames }: Pick<RunSnapshot, 'result' | 'classNames'>): boolean {
  const accuracy = result?.validation?.accuracy;
  return accuracy !== undefined && accuracy < 1 / Math.max(1, classNames.length) + BARELY;
}
