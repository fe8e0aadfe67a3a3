import { describe, expect, it } from 'vitest';
import { atATime } from './at-a-time.ts';

describe('atATime', () => {
  it('runs no more than so many side by side, in order, whatever comes late or fails', async () => {
    const limited = atATime(2);
    const begun: number[] = [];
    let active = 0;
    let most = 0;
    const work = (n: number) => async (): Promise<number> => {
      begun.push(n);
      most = Math.max(most, ++active);
      await new Promise((resolve) => setTimeout(resolve, 1));
      active--;
      if (n === 1) throw new Error('one');
      return n;
    };
    const done = [0, 1, 2, 3, 4].map((n) => limited(work(n)).catch(() => -1));
    // One that comes in the moment in which another ends does not go before those that wait.
    const late = done[0]!.then(() => limited(work(5)));
    expect(await Promise.all([...done, late])).toEqual([0, -1, 2, 3, 4, 5]);
    expect([most, begun]).toEqual([2, [0, 1, 2, 3, 4, 5]]);
  });
});
