import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Recipe } from '../../contract/run.ts';
import { RunStore } from './runs.ts';

const newRun = {
  datasetId: 'd',
  datasetName: 'd',
  imported: null,
  backboneId: 'b',
  head: 'gap',
  phase: 'waiting',
  comparisonId: null,
  numEpochs: 0,
  result: null,
  error: null,
  classNames: ['a', 'b'],
  confusion: null,
  numSkipped: 0,
  notes: [] as never[],
  parentRunId: null,
  canResume: false,
  ownerPid: null,
} as const;

it('gives runs that are made in the same moment numbers of their own', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'graft-runs-'));
  try {
    const store = new RunStore(folder);
    const made = await Promise.all(
      [1, 2, 3].map(() => store.create({ ...newRun, classNames: [...newRun.classNames] }, Recipe.parse({}))),
    );
    expect(made.map((run) => run.number)).toEqual([1, 2, 3]);
    expect((await new RunStore(folder).list()).map((run) => run.runId)).toEqual(made.map((run) => run.runId));
  } finally {
    await rm(folder, { recursive: true });
  }
});
