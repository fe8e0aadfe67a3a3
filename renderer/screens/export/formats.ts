import { ExportFormat } from '../../../contract/model.ts';
import type { RunResult } from '../../../contract/run.ts';
import type { Words } from '../../../strings/index.ts';

export type FormatName = keyof Words['exporting']['formats'];

/** In the order of the list: what can be had now, then what a later version brings. */
export const formatNames: readonly FormatName[] = ['tfjs', 'keras', 'h5', 'onnx', 'savedmodel', 'script'];

/** True for a format that this version writes: the contract's list, not a copy of it. */
export function isAvailable(name: FormatName): name is ExportFormat & FormatName {
  return ExportFormat.safeParse(name).success;
}

/** About how large the model will be: float32 weights, backbone and head. */
export function modelBytes(result: RunResult): number {
  return 4 * (result.trainableParameters + result.frozenParameters);
}
