import type { ExportFormat, ExportOptions } from '../../../contract/model.ts';
import type { RunResult, RunSummary } from '../../../contract/run.ts';

/** In the order of the list: models for Python, models for elsewhere, then what is no model. */
export const formatNames: readonly ExportFormat[] = ['keras', 'h5', 'savedmodel', 'onnx', 'tfjs', 'script', 'features'];

/** True for a format that is a model: pixels in, probabilities out. */
export const isModel = (format: ExportFormat): boolean => format !== 'script' && format !== 'features';

/** What a run can leave as: of a saved model neither the training nor the pictures are known. */
export const formatsOf = (run: Pick<RunSummary, 'imported'>): readonly ExportFormat[] =>
  run.imported === null ? formatNames : formatNames.filter(isModel);

/** About how large the model will be: backbone and head. */
export function modelBytes(result: RunResult, { precision }: Pick<ExportOptions, 'precision'>): number {
  return (precision === 'float16' ? 2 : 4) * (result.trainableParameters + result.frozenParameters);
}
