import path from 'node:path';
import type { ClassCounts } from '../../contract/dataset.ts';
import type { EpochReport, Share } from '../../contract/run.ts';
import { confusionMatrix, wilson } from '../engine/metrics.ts';
import { RunEvaluation, type RunSplits } from '../engine/run-model.ts';
import { readJson } from '../store/read-json.ts';
import { RunStore } from '../store/runs.ts';

/** What the finished model says of the pictures of one part. */
export interface PartFacts {
  share: Share;
  /** Rows true, columns predicted, in the order of the classes. */
  confusion: number[][];
}

/** How a training went, in numbers. No path, no data set and no person is named. */
export interface RunFacts {
  /** In the order of the probabilities. */
  classes: ClassCounts[];
  epochs: EpochReport[];
  /** Epoch of the last phase whose weights were kept. */
  keptEpoch: number;
  parameters: { trainable: number; frozen: number; head: number };
  /** Null where no picture is in that part. */
  validation: PartFacts | null;
  test: PartFacts | null;
}

/**
 * Reads how a run went from its folder.
 *
 * @throws GraftError run-not-found, run-damaged
 */
export async function readRunFacts(runFolder: string, runId: string, splits: RunSplits): Promise<RunFacts> {
  const { file, epochs } = await new RunStore(path.dirname(runFolder)).get(runId);
  const evaluation = await readJson(path.join(runFolder, 'evaluation.json'), RunEvaluation);
  const part = (images: RunEvaluation['test'] = []): PartFacts | null => {
    if (images.length === 0) return null;
    const numCorrect = images.filter(({ label, predicted }) => label === predicted).length;
    const [labels, predicted] = [images.map((image) => image.label), images.map((image) => image.predicted)];
    return {
      share: wilson(numCorrect, images.length),
      confusion: confusionMatrix(labels, predicted, file.classNames.length),
    };
  };
  return {
    classes: countClasses(file.classNames, splits),
    epochs,
    keptEpoch: file.result?.keptEpoch ?? epochs.length,
    parameters: {
      trainable: file.result?.trainableParameters ?? 0,
      frozen: file.result?.frozenParameters ?? 0,
      head: file.result?.headParameters ?? 0,
    },
    validation: part(evaluation?.validation),
    test: part(evaluation?.test),
  };
}

function countClasses(classNames: readonly string[], splits: RunSplits): ClassCounts[] {
  const counts = new Map(
    classNames.map((name) => [name, { name, numImages: 0, train: 0, validation: 0, test: 0 } satisfies ClassCounts]),
  );
  for (const { className, split } of splits.images) {
    const own = counts.get(className);
    if (!own) continue;
    own.numImages += 1;
    own[split] += 1;
  }
  return [...counts.values()];
}
