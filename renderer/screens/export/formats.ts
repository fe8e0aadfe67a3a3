import type { ExportFormat, ExportOptions } from '../../../contract/model.ts';
import type { RunResult, RunSummary } from '../../../contract/run.ts';

/** In the order of the list: models for Python, models for elsewhere, then what is no model. */
export const formatNames: readonly ExportFormat[] = ['keras', 'h5', 'savedmodel', 'onnx', 'tfjs', 'script', 'features'];

/** True for a format that is a model: pixels in, probabilities out. */
export const isModel = (format: ExportFormat): boolean => format !== 'script' && format !== 'features';

type RunFacts = Pick<RunSummary, 'runId' | 'datasetId' | 'parentRunId' | 'imported'>;

/**
 * What a run can leave as. Of a saved model neither the training nor the pictures are known; a script is on pictures of one
 * data set, and does all that the model was trained with.
 *
 * @param runs all of this home
 */
export function formatsOf(run: RunFacts, runs: readonly RunFacts[]): readonly ExportFormat[] {
  if (run.imported !== null) return formatNames.filter(isModel);
  return isToldWhole(run, runs) ? formatNames : formatNames.filter((format) => format !== 'script');
}

/** True when all runs that a run goes back to are still there, were trained here, and on the same data set. */
function isToldWhole(run: RunFacts, runs: readonly RunFacts[]): boolean {
  let at: RunFacts | undefined = run;
  while (at !== undefined && at.imported === null && at.datasetId === run.datasetId) {
    const { parentRunId }: RunFacts = at;
    if (parentRunId === null) return true;
    at = runs.find(({ runId }) => runId === parentRunId);
  }
  return false;
}

/** About how large the model will be: backbone and head. */
export function modelBytes(result: RunResult, { precision }: Pick<ExportOptions, 'precision'>): number {
  return (precision === 'float16' ? 2 : 4) * (result.trainableParameters + result.frozenParameters);
}
