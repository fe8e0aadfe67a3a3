import type { Handlers } from '../../../contract/contract.ts';
import type { Services } from '../services.ts';

export const datasetHandlers = ({ datasets, pictures, writes, maps, questions, allowPath, allowNewPath }: Services) =>
  ({
    'dataset.list': () => datasets.list(),
    'dataset.add': async ({ path, quick }) => datasets.add(await allowPath(path), quick),
    'dataset.addLink': ({ url, sha256 }) => datasets.addLink(url, sha256),
    'dataset.pause': ({ datasetId }) => datasets.pause(datasetId),
    'dataset.resume': ({ datasetId }) => datasets.resume(datasetId),
    'dataset.addSample': () => datasets.addSample(),
    'dataset.beginUpload': (about) => datasets.beginUpload(about),
    'dataset.beginArchive': (about) => datasets.beginArchive(about),
    'dataset.uploaded': (page) => datasets.uploaded(page),
    'dataset.finishUpload': ({ datasetId }) => datasets.finishUpload(datasetId),
    'dataset.create': ({ name, classNames }) => datasets.create(name, classNames),
    'dataset.addImages': ({ datasetId, className, imageIds }) =>
      pictures.usedUp(imageIds, (files) => datasets.addImages(datasetId, className, files)),
    'dataset.refresh': ({ datasetId }) => datasets.refresh(datasetId),
    'dataset.get': ({ datasetId }) => datasets.get(datasetId),
    'dataset.images': (page) => datasets.images(page),
    'dataset.image': ({ imageId }) => datasets.image(imageId),
    'dataset.labels': ({ datasetId, imageIds }) => datasets.labels(datasetId, imageIds),
    'dataset.map': ({ datasetId, backboneId, jobId }) =>
      questions.ask(jobId, (asking) => maps.draw(datasetId, backboneId, asking)),
    'dataset.sizes': ({ datasetId }) => datasets.sizes(datasetId),
    'dataset.skipped': (page) => datasets.skipped(page),
    'dataset.verdicts': (page) => datasets.verdicts(page),
    'dataset.imageDetails': ({ imageId }) => datasets.imageDetails(imageId),
    'dataset.edit': ({ datasetId, edit }) => datasets.edit(datasetId, edit),
    'dataset.undo': ({ datasetId }) => datasets.undo(datasetId),
    'dataset.redo': ({ datasetId }) => datasets.redo(datasetId),
    'dataset.write': async ({ datasetId, out, jobId }) => {
      const folder = out === undefined ? null : await allowNewPath(out);
      return questions.ask(jobId, (asking) => writes.write(datasetId, folder, asking));
    },
    'dataset.remove': ({ datasetId }) => datasets.remove(datasetId),
  }) satisfies Partial<Handlers>;
