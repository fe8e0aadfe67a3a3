import type { Handlers } from '../../../contract/contract.ts';
import type { Services } from '../services.ts';

export const datasetHandlers = ({ datasets, maps, questions, allowPath }: Services) =>
  ({
    'dataset.list': () => datasets.list(),
    'dataset.add': async ({ path, quick }) => datasets.add(await allowPath(path), quick),
    'dataset.addLink': ({ url, sha256 }) => datasets.addLink(url, sha256),
    'dataset.pause': ({ datasetId }) => datasets.pause(datasetId),
    'dataset.resume': ({ datasetId }) => datasets.resume(datasetId),
    'dataset.addSample': () => datasets.addSample(),
    'dataset.beginUpload': ({ name, numFiles }) => datasets.beginUpload(name, numFiles),
    'dataset.beginArchive': ({ name, sizeBytes }) => datasets.beginArchive(name, sizeBytes),
    'dataset.finishUpload': ({ datasetId }) => datasets.finishUpload(datasetId),
    'dataset.get': ({ datasetId }) => datasets.get(datasetId),
    'dataset.images': (page) => datasets.images(page),
    'dataset.image': ({ imageId }) => datasets.image(imageId),
    'dataset.labels': ({ datasetId, imageIds }) => datasets.labels(datasetId, imageIds),
    'dataset.map': ({ datasetId, backboneId, jobId }) =>
      questions.ask(jobId, (asking) => maps.draw(datasetId, backboneId, asking)),
    'dataset.skipped': (page) => datasets.skipped(page),
    'dataset.edit': ({ datasetId, edit }) => datasets.edit(datasetId, edit),
    'dataset.undo': ({ datasetId }) => datasets.undo(datasetId),
    'dataset.redo': ({ datasetId }) => datasets.redo(datasetId),
    'dataset.remove': ({ datasetId }) => datasets.remove(datasetId),
  }) satisfies Partial<Handlers>;
