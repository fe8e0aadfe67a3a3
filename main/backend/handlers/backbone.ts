import { randomUUID } from 'node:crypto';
import type { Handlers } from '../../../contract/contract.ts';
import { toWire } from '../../../contract/errors.ts';
import type { Services } from '../services.ts';

export const backboneHandlers = ({ backbones, datasets, runs, questions, emit, log, allowPath }: Services) =>
  ({
    'backbone.list': () => backbones.list(),
    'backbone.layers': ({ backboneId, inputSize }) => backbones.layers(backboneId, inputSize),
    'backbone.advice': async (input) => backbones.advice(input),
    'backbone.measure': async ({ backboneId }) => {
      await backbones.requireTrainable({ backbone: backboneId, inputSize: null });
      const jobId = `job-${randomUUID().slice(0, 12)}`;
      backbones.measure(backboneId).then(
        () => emit('job.ended', { jobId, error: null }),
        (error: unknown) => emit('job.ended', { jobId, error: toWire(error, (bug) => log.bug(bug)) }),
      );
      return { jobId };
    },
    'backbone.cost': (input) => backbones.cost(input),
    'backbone.measureTraining': (input) => backbones.measureTraining(input),
    'backbone.probe': ({ datasetId, recipe, jobId }) =>
      questions.ask(jobId, async (asking) => backbones.probe(await datasets.asRead(datasetId), recipe, asking)),
    'backbone.inspectModel': async ({ path }) => backbones.inspectModel(await allowPath(path)),
    'backbone.bring': async ({ path, ...options }) => backbones.bring(await allowPath(path), options),
    'backbone.remove': async ({ backboneId }) => {
      await backbones.remove(backboneId, () => runs.needing(backboneId));
      return null;
    },
    'weights.import': async ({ backboneId, path }) => backbones.importWeights(backboneId, await allowPath(path)),
    'weights.download': ({ backboneId }) => backbones.download(backboneId),
    'weights.cancel': async ({ backboneId }) => {
      await backbones.cancelDownload(backboneId);
      return null;
    },
    'weights.verify': ({ backboneId }) => backbones.verify(backboneId),
  }) satisfies Partial<Handlers>;
