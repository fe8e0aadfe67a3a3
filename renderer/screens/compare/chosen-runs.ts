import type { Recipe, RunSnapshot, RunSummary } from '../../../contract/run.ts';
import type { Words } from '../../../strings/index.ts';

export const mostRuns = 6;

/** The runs of the newest comparison on a data set, in the order they were trained; none where there was none. */
export function newestComparison(runs: readonly RunSummary[], datasetId: string | null): string[] {
  const newest = runs.find((run) => run.comparisonId !== null && (datasetId === null || run.datasetId === datasetId));
  if (newest === undefined) return [];
  const pair = runs.filter((run) => run.comparisonId === newest.comparisonId);
  return pair.sort((a, b) => a.number - b.number).map((run) => run.runId);
}

/** Runs that can stand beside the chosen: finished, on the same data set; newest first. */
export function candidates(runs: readonly RunSummary[], datasetId: string | null): RunSummary[] {
  return runs.filter((run) => run.phase === 'finished' && datasetId !== null && run.datasetId === datasetId);
}

/** What each run is called: by its head where that tells them apart, else by its number too. */
export function namesOf(runs: readonly RunSummary[], words: Words): string[] {
  const isClear = new Set(runs.map((run) => run.head)).size === runs.length;
  const { heads, switchers } = words.frame;
  return runs.map((run) => (isClear ? heads[run.head] : switchers.runName(run.number, heads[run.head])));
}

export interface DifferingRow {
  label: string;
  values: string[];
}

/** The values of the recipes that are not the same everywhere: what a difference may come from. */
export function differingRows(
  runs: readonly RunSnapshot[],
  backboneName: (id: string) => string,
  words: Words,
): DifferingRow[] {
  const text = words.compare.column;
  const { format } = words;
  const rows: [string, (recipe: Recipe) => string][] = [
    [text.backbone, (recipe) => backboneName(recipe.backbone)],
    [text.dense, ({ head }) => (head.denseUnits === null ? text.noDense : format.integer(head.denseUnits))],
    [text.dropout, ({ head }) => format.small(head.dropout)],
    [text.epochs, (recipe) => format.integer(recipe.epochs)],
    [text.learningRate, (recipe) => format.small(recipe.learningRate)],
    [text.batchSize, (recipe) => format.integer(recipe.batchSize)],
    [text.optimizer, (recipe) => words.model.settings.optimizers[recipe.optimizer]],
    [text.seed, (recipe) => String(recipe.seed)],
  ];
  return rows
    .map(([label, valueOf]) => ({ label, values: runs.map((run) => valueOf(run.recipe)) }))
    .filter(({ values }) => new Set(values).size > 1);
}
