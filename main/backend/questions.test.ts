import { describe, expect, it } from 'vitest';
import { Questions } from './questions.ts';

const stopped = { code: 'job-stopped' };

describe('Questions', () => {
  it('answers a stop at once, and lets the next begin only when the work has ended', async () => {
    const questions = new Questions(() => undefined);
    let endWork = (): void => undefined;
    let hasBegun = false;
    const deaf = questions.ask('deaf', () => new Promise<void>((resolve) => (endWork = resolve)));
    const next = questions.ask(undefined, async () => {
      hasBegun = true;
      return 7;
    });
    await new Promise((resolve) => setImmediate(resolve));
    questions.cancel('deaf');
    await expect(deaf).rejects.toMatchObject(stopped);
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasBegun).toBe(false);
    endWork();
    expect(await next).toBe(7);
  });

  it('stops all when it closes, and has ended with the last', async () => {
    const questions = new Questions(() => undefined);
    let hasEnded = false;
    const asked = questions.ask('one', async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await new Promise((resolve) => setImmediate(resolve));
      hasEnded = true;
    });
    const isStopped = expect(asked).rejects.toMatchObject(stopped);
    const isNextStopped = expect(questions.ask(undefined, async () => 7)).rejects.toMatchObject(stopped);
    await new Promise((resolve) => setImmediate(resolve));
    await questions.close();
    expect(hasEnded).toBe(true);
    await Promise.all([isStopped, isNextStopped]);
  });
});
