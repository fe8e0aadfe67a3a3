import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import { RecipeInput, type EpochReport, type RunSnapshot } from '../../contract/run.ts';
import { RunState } from './run.svelte.ts';

const epoch = (n: number): EpochReport => ({
  phase: 'head',
  epoch: n,
  loss: 1,
  accuracy: 1,
  validationLoss: 1,
  validationAccuracy: 1,
  durationMs: 1,
});
const run = (over: Partial<RunSnapshot> = {}): RunSnapshot => ({
  runId: 'r1',
  number: 1,
  datasetId: 'd',
  datasetName: 'cats',
  imported: null,
  backboneId: 'b',
  head: 'gap',
  phase: 'running',
  createdAt: '2026-11-23T10:00:00Z',
  comparisonId: null,
  parentRunId: null,
  canResume: false,
  numEpochs: 10,
  result: null,
  error: null,
  recipe: RecipeInput.parse({}),
  classNames: [],
  epochs: [],
  progress: null,
  numSkipped: 0,
  notes: [],
  confusion: null,
  ...over,
});

/** A backend that answers with `answer` and counts how often the run was asked for. */
function fakeBackend(answer: () => RunSnapshot) {
  const listeners = new Map<string, (data: never) => void>();
  let numAsked = 0;
  const client = {
    call: (method: string) => {
      if (method !== 'run.get') return Promise.resolve(method === 'run.list' ? [answer()] : { runId: 'r1' });
      numAsked++;
      return Promise.resolve(answer());
    },
    on: (event: string, listener: (data: never) => void) => listeners.set(event, listener),
  } as unknown as Client;
  return {
    client,
    emit: (event: string, data: unknown) => listeners.get(event)?.(data as never),
    asked: () => numAsked,
  };
}
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('RunState', () => {
  it('adds the next epoch without asking', async () => {
    const backend = fakeBackend(() => run({ epochs: [epoch(1)] }));
    const runs = new RunState(backend.client);
    await runs.select('r1');
    backend.emit('run.epoch', { runId: 'r1', report: epoch(2) });
    expect(runs.current?.epochs.length).toBe(2);
    expect(backend.asked()).toBe(1);
  });

  it('asks again where an epoch was missed', async () => {
    let answer = run({ epochs: [epoch(1)] });
    const backend = fakeBackend(() => answer);
    const runs = new RunState(backend.client);
    await runs.select('r1');
    answer = run({ epochs: [epoch(1), epoch(2), epoch(3)] });
    backend.emit('run.epoch', { runId: 'r1', report: epoch(3) });
    await settled();
    expect(runs.current?.epochs.length).toBe(3);
    expect(backend.asked()).toBe(2);
  });

  it('does not fall back to an answer that events have overtaken', async () => {
    const backend = fakeBackend(() => run({ epochs: [epoch(1)] }));
    const runs = new RunState(backend.client);
    await runs.select('r1');
    backend.emit('run.epoch', { runId: 'r1', report: epoch(2) });
    await runs.refresh('r1');
    expect(runs.current?.epochs.length).toBe(2);
  });

  it('knows what runs now and that it has ended', async () => {
    let answer = run();
    const backend = fakeBackend(() => answer);
    const runs = new RunState(backend.client);
    await runs.refreshList();
    expect(runs.running?.runId).toBe('r1');
    answer = run({ phase: 'finished' });
    backend.emit('run.ended', answer);
    await settled();
    expect(runs.running).toBeNull();
    expect(runs.list[0]?.phase).toBe('finished');
  });
});
