import { availableParallelism } from 'node:os';
import type { Handlers } from '../../../contract/contract.ts';
import { readSettings, writeSettings } from '../../store/settings.ts';
import type { Services } from '../services.ts';

export const appHandlers = ({ datasets, runs, questions, paths }: Services) =>
  ({
    'app.info': async () => ({
      version: process.env['GRAFT_VERSION'] ?? '0.0.0',
      numCores: availableParallelism(),
      numRuns: (await runs.list()).length,
      numDatasets: (await datasets.list()).length,
    }),
    'job.cancel': async ({ jobId }) => {
      questions.cancel(jobId);
      return null;
    },
    'settings.get': () => readSettings(paths.settings),
    'settings.set': async (change) => {
      const settings = { ...(await readSettings(paths.settings)), ...change };
      await writeSettings(paths.settings, settings);
      return settings;
    },
  }) satisfies Partial<Handlers>;
