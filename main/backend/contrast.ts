import path from 'node:path';
import type { CompareReport, RunSummary } from '../../contract/run.ts';
import { mcnemar } from '../engine/metrics.ts';
import { RunEvaluation } from '../engine/run-model.ts';
import { GraftError } from '../../contract/errors.ts';
import { readJson } from '../store/read-json.ts';

const MAX_DISAGREEMENTS = 200;

/** What runs say about the pictures they all were tested on: the test split, or validation where there is none. */
export async function contrastRuns(
  runs: readonly { summary: RunSummary; folder: string; classNames: readonly string[] }[],
  imageIdOf: (datasetId: string, relativePath: string) => string,
): Promise<CompareReport> {
  const evaluations = await Promise.all(
    runs.map(async ({ summary, folder }) => {
      const evaluation = await readJson(path.join(folder, 'evaluation.json'), RunEvaluation);
      if (!evaluation) throw new GraftError('run-damaged', { runId: summary.runId, file: 'evaluation.json' });
      return evaluation;
    }),
  );
  const split = evaluations.every((evaluation) => evaluation.test.length > 0) ? 'test' : 'validation';
  const { classNames } = runs[0]!;
  const { datasetId } = runs[0]!.summary;
  const isSameData = runs.every(
    (run) => run.summary.datasetId === datasetId && run.classNames.join('\0') === classNames.join('\0'),
  );
  const byPath = evaluations.map((evaluation) => new Map(evaluation[split].map((image) => [image.path, image])));
  const common =
    isSameData && datasetId !== null
      ? evaluations[0]![split].filter((image) =>
          byPath.every((images) => images.get(image.path)?.label === image.label),
        )
      : [];
  const rows = common.map((image) => ({
    ...image,
    answers: byPath.map((images) => images.get(image.path)!.predicted),
  }));
  let onlyFirst = 0;
  let onlySecond = 0;
  for (const { label, answers } of rows) {
    if (answers[0] === label && answers[1] !== label) onlyFirst++;
    if (answers[0] !== label && answers[1] === label) onlySecond++;
  }
  return {
    runs: runs.map((run) => run.summary),
    split,
    mcnemar:
      runs.length === 2 && rows.length > 0 ? { onlyFirst, onlySecond, pValue: mcnemar(onlyFirst, onlySecond) } : null,
    disagreements: rows
      .filter(({ answers }) => answers.some((answer) => answer !== answers[0]))
      .slice(0, MAX_DISAGREEMENTS)
      .map(({ path: file, label, answers }) => ({
        imageId: imageIdOf(datasetId!, file),
        className: classNames[label]!,
        predicted: answers.map((answer) => classNames[answer]!),
      })),
  };
}
