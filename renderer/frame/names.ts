import type { DatasetSummary } from '../../contract/dataset.ts';
import type { RunSummary } from '../../contract/run.ts';
import type { Words } from '../../strings/index.ts';

/** A run as the switchers call it: "Run 7 · GAP", or by its model's name, with what is not finished said. */
export function runName(run: RunSummary, words: Words): string {
  const { switchers, heads } = words.frame;
  const phase = switchers.phases[run.phase];
  const name = switchers.runName(run.number, run.imported === null ? heads[run.head] : run.datasetName);
  return phase === '' ? name : `${name} (${phase})`;
}

/** A data set as the switchers call it, with what is not ready said. */
export function datasetName(dataset: DatasetSummary, words: Words): string {
  const phase = words.frame.switchers.datasetPhases[dataset.phase];
  return phase === '' ? dataset.name : `${dataset.name} (${phase})`;
}
