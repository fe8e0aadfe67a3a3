import type { Share } from '../../contract/run.ts';
import { niceStep, ticks } from './scale.ts';

export interface Forest {
  /** Accuracies with a label. */
  ticks: { value: number; at: number }[];
  /** Where a share lies, 0..1 of the width: its accuracy and both ends of its interval. */
  place(share: Share): { low: number; at: number; high: number };
}

/** The common axis of several shares with their intervals: round ends, never beyond 0 and 1. */
export function forest(shares: readonly Share[]): Forest {
  const low = Math.min(1, ...shares.map((share) => share.low));
  const high = Math.max(0, ...shares.map((share) => share.high));
  const [from, to] = shares.length === 0 ? [0, 1] : [low, high];
  const step = niceStep(Math.max(0.01, to - from), 4);
  const min = Math.max(0, Math.floor(from / step + 1e-9) * step);
  const max = Math.min(1, Math.ceil(to / step - 1e-9) * step);
  const at = (value: number): number => (max === min ? 0.5 : (value - min) / (max - min));
  return {
    ticks: ticks(min, max, 5).map((value) => ({ value, at: at(value) })),
    place: (share) => ({ low: at(share.low), at: at(share.accuracy), high: at(share.high) }),
  };
}
