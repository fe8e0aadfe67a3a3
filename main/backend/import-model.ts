import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ImportedModel, ImportOptions } from '../../contract/model.ts';
import { Recipe } from '../../contract/run.ts';
import type { ImportModelJob, TakenModel } from '../engine/import-model.ts';
import type { RunFile } from '../store/runs.ts';
import { asWriteError } from '../store/write-atomic.ts';
import type { RunsOptions } from './runs.ts';

/**
 * Makes a finished run of a saved model. Its files are written aside and moved in with the run: a crash leaves none or all of it.
 *
 * @param file absolute, let in by the caller
 * @param keep called with the backbone that the run needs, and with what makes the run
 * @throws what `importModel` of the engine throws
 */
export async function importModel(
  { store, backbones, places }: RunsOptions,
  file: string,
  options: ImportOptions,
  keep: (backboneId: string, make: () => Promise<RunFile>) => Promise<RunFile>,
): Promise<ImportedModel> {
  const folder = path.join(store.folder, `.import-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw asWriteError(error, folder);
    });
    const job: ImportModelJob = { ...options, file, folder, home: places.home, assets: places.assets };
    const taken = await backbones.takeIn(job);
    const { backboneId, classNames, classNamesFrom, pixels } = taken;
    const { runId } = await keep(backboneId, () => store.create(runOf(taken), recipeOf(taken), folder));
    return { runId, backboneId, classNames, classNamesFrom, pixels };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** All that is known: how the model was trained, and how well it does, nobody said. */
function runOf(taken: TakenModel): Parameters<RunsOptions['store']['create']>[0] {
  const { name, sourceFile, classNames, classNamesFrom, backboneId, head } = taken;
  return {
    datasetId: null,
    datasetName: name,
    imported: { sourceFile, classNamesFrom },
    backboneId,
    head: head.kind,
    phase: 'finished',
    comparisonId: null,
    parentRunId: null,
    canResume: false,
    numEpochs: 0,
    result: {
      trainableParameters: taken.headParameters,
      frozenParameters: taken.frozenParameters,
      headParameters: taken.headParameters,
      validation: null,
      test: null,
      keptEpoch: 0,
      featuresMs: 0,
      trainMs: 0,
      totalMs: 0,
    },
    error: null,
    classNames,
    confusion: null,
    numSkipped: 0,
    notes: [],
    ownerPid: null,
  };
}

/** What a run that goes on from the model begins with: its backbone and head, and the defaults of everything else. */
const recipeOf = ({ backboneId, head }: TakenModel): Recipe => Recipe.parse({ backbone: backboneId, head });
