import type { Handlers } from '../../../contract/contract.ts';
import type { Services } from '../services.ts';

export const runHandlers = ({ runs, questions }: Services) =>
  ({
    'run.start': async ({ datasetId, recipe }) => {
      const [runId] = await runs.start(datasetId, recipe, [recipe.head.kind]);
      return { runId: runId! };
    },
    'run.compare': async ({ datasetId, recipe, heads }) => ({ runIds: await runs.start(datasetId, recipe, heads) }),
    'run.findLearningRate': ({ datasetId, recipe, jobId }) =>
      questions.ask(jobId, (asking) => runs.findLearningRate(datasetId, recipe, asking)),
    'run.stop': ({ runId }) => runs.stop(runId),
    'run.pause': ({ runId }) => runs.pause(runId),
    'run.resume': async ({ runId }) => ({ runId: await runs.resume(runId) }),
    'run.fineTune': async (input) => ({ runId: await runs.fineTune(input) }),
    'run.list': () => runs.list(),
    'run.get': ({ runId }) => runs.get(runId),
    'run.remove': ({ runId }) => runs.remove(runId),
    'run.contrast': ({ runIds }) => runs.contrast(runIds),
    'run.evaluate': ({ runId, split, datasetId }) => runs.evaluate(runId, split, datasetId),
  }) satisfies Partial<Handlers>;
