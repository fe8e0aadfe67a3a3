import type { ImportedModel, ImportOptions } from '../../contract/model.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import { verifyWeights } from '../backbones/weights.ts';
import { keepFeatures, nameOf, pixelsOf } from '../lowering/import/bring.ts';
import { findClassNames, namesFor } from '../lowering/import/class-names-of.ts';
import { readBroughtModel } from '../lowering/import/read-model.ts';
import { splitClassifier } from '../lowering/import/split-classifier.ts';
import { headParameters, type HeadConfig } from './head.ts';
import { writeRunModel, writeRunSplits } from './run-model.ts';
import type { Places } from './training-job.ts';

export interface ImportModelJob extends Places, ImportOptions {
  /** Absolute. */
  file: string;
  /** Where the files of the run go: a folder that is to become the run's. */
  folder: string;
}

/** A model as it was taken in; its run is yet to be kept. */
export interface TakenModel extends Omit<ImportedModel, 'runId'> {
  name: string;
  sourceFile: string;
  head: Pick<HeadConfig, 'kind' | 'denseUnits' | 'dropout'>;
  headParameters: number;
  frozenParameters: number;
}

/**
 * Takes a saved model in: its features become a backbone of the home, its classifier the head of a run, whose files are written
 * into `folder`. Nothing of the model is run.
 *
 * @throws what `readBroughtModel` and `splitClassifier` throw, class-names-refused, class-names-count, disk-full, cannot-write
 */
export async function importModel({ file, folder, home, assets, ...options }: ImportModelJob): Promise<TakenModel> {
  const model = await readBroughtModel(file);
  const found = await findClassNames(model, options.classNames);
  const split = splitClassifier(model, file, found?.classNames.length ?? null);
  const { classNames, from } = namesFor(found, split.numClasses);
  const pixels = options.pixels ?? pixelsOf(model);
  const name = options.name ?? nameOf(file);
  const { features, cutAt, head } = split;
  const backboneId = await keepFeatures(model, file, { features, cutAt, pixels, name }, home);
  const spec = findBackbone(backboneId, { home });
  const config: HeadConfig = { ...head, featureShape: spec.featureShape, numClasses: split.numClasses };
  await writeRunModel(folder, {
    weights: Object.fromEntries(
      [...split.weights].map(([key, { shape, data }]) => [key, { shape: [...shape], values: data }]),
    ),
    tuned: null,
    model: {
      formatVersion: 1,
      backboneId,
      weightsSha256: (await verifyWeights(spec, { home, assets })).sha256,
      inputSize: [...spec.inputSize],
      featureShape: [...spec.featureShape],
      head,
      classNames,
      keptEpoch: 0,
    },
    evaluation: { formatVersion: 1, validation: [], test: [] },
  });
  await writeRunSplits(folder, { formatVersion: 1, datasetId: '', images: [] });
  return {
    name,
    sourceFile: model.sourceFile,
    backboneId,
    classNames,
    classNamesFrom: from,
    pixels,
    head,
    headParameters: headParameters(config),
    frozenParameters: spec.numParameters,
  };
}
