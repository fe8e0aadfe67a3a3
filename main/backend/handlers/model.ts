import type { Handlers } from '../../../contract/contract.ts';
import type { Services } from '../services.ts';

export const modelHandlers = ({ runs, pictures, predictions, exports, allowPath, allowNewPath }: Services) =>
  ({
    'picture.add': async ({ paths }) => {
      const allowed = await Promise.all(paths.map((path) => allowPath(path)));
      return (await pictures.add(allowed)).map(({ imageId, name }) => ({ imageId, name }));
    },
    'picture.augment': (input) => predictions.augment(input),
    'model.predict': ({ runId, imageIds }) => predictions.predict(runId, imageIds),
    'model.import': async ({ path, ...options }) => runs.import(await allowPath(path), options),
    'model.export': async ({ runId, format, out, options, datasetId }) =>
      exports.start(runId, format, options, out === undefined ? undefined : await allowNewPath(out), datasetId),
    'model.exported': async ({ exportId }) => exports.get(exportId),
  }) satisfies Partial<Handlers>;
