import type { DatasetMap } from '../../contract/dataset-map.ts';
import { GraftError } from '../../contract/errors.ts';
import type { Manifest } from '../dataset/manifest.ts';
import type { FoundMap, MapJob, MapReport } from '../engine/dataset-map.ts';
import type { Asking } from './questions.ts';
import type { RunsOptions } from './runs.ts';

/** Most suspects and pairs that are told; more of either is a list that nobody reads. */
const maxTold = 1000;
/** Of a place on the map: a thousandth of its side is less than a pixel, and longer numbers only take room. */
const placeDigits = 1e4;

/** Draws maps of data sets, each in a worker of its own, beside whatever trains. Copies that they find go into the verdicts. */
export class DatasetMaps {
  #o: Pick<RunsOptions, 'datasets' | 'backbones' | 'places' | 'newTrainer' | 'log'>;

  constructor(options: Pick<RunsOptions, 'datasets' | 'backbones' | 'places' | 'newTrainer' | 'log'>) {
    this.#o = options;
  }

  /** @throws dataset-not-found, dataset-not-ready, backbone-not-found, weights-missing, no-images, no-usable-images */
  async draw(datasetId: string, backboneId: string, { signal, onProgress }: Asking): Promise<DatasetMap> {
    const { datasets, backbones, places, newTrainer, log } = this.#o;
    const trainer = newTrainer();
    try {
      await backbones.requireTrainable({ backbone: backboneId, inputSize: null });
      await datasets.ready(datasetId);
      trainer.start(); // warms up while the folder is listed
      const manifest = await datasets.refreshed(datasetId);
      if (manifest.images.length === 0)
        throw new GraftError('no-images', { path: manifest.root, numSkipped: manifest.skipped.length });
      let numBroken = 0;
      const job: MapJob = { ...places, manifest, backboneId };
      const found = await trainer.call<FoundMap>('mapDataset', job, {
        signal,
        onProgress: (raw) => {
          const report = raw as MapReport;
          if ('total' in report) return onProgress(report.done, report.total);
          const { sha256ByPath, skipped } = report;
          numBroken = skipped.length - manifest.skipped.length;
          datasets.learn(manifest, sha256ByPath, skipped).catch((error: unknown) => log.bug(error));
        },
      });
      await datasets.learnCopies(datasetId, found.contents, found.copies).catch((error: unknown) => log.bug(error));
      const numImages = manifest.images.length - numBroken;
      const idOf = (path: string) => datasets.imageIdOf(datasetId, path);
      return { datasetId, backboneId, numImages, ...told(found, manifest, idOf) };
    } finally {
      trainer.close();
    }
  }
}

function told(found: FoundMap, { classNames }: Manifest, idOf: (path: string) => string) {
  const { paths, labels, x, y, suspects, similar } = found;
  const imageIds = paths.map(idOf);
  const rounded = (values: Float32Array) =>
    Array.from(values, (value) => Math.round(value * placeDigits) / placeDigits);
  return {
    classNames: [...classNames],
    points: { imageIds, x: rounded(x), y: rounded(y), classIndexes: [...labels] },
    suspects: suspects.slice(0, maxTold).map(({ index, suggested, share, numNeighbours }) => ({
      imageId: imageIds[index]!,
      path: paths[index]!,
      className: classNames[labels[index]!]!,
      suggested: classNames[suggested]!,
      share,
      numNeighbours,
    })),
    numSuspects: suspects.length,
    similar: similar
      .slice(0, maxTold)
      .map(([one, other, cosine]): [string, string, number] => [imageIds[one]!, imageIds[other]!, cosine]),
    numSimilar: similar.length,
  };
}
