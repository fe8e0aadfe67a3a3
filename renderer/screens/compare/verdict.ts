import type { CompareReport, RunSummary, Share } from '../../../contract/run.ts';

/** What a contrast of two runs says. `better`: indexes into the report's runs. */
export type Verdict =
  | { kind: 'several' }
  | { kind: 'same'; smaller: number | null; timesFewer: number }
  | { kind: 'chance'; numApart: number; numImages: number; pValue: number; smaller: number | null; timesFewer: number }
  | { kind: 'real'; numApart: number; numImages: number; pValue: number; better: number; numMore: number };

const significant = 0.05;
const worthMention = 1.5; // times fewer weights

/** The share of a run on the split that a report is about. */
export function shareOf(run: RunSummary, split: CompareReport['split']): Share | null {
  return (split === 'test' ? run.result?.test : run.result?.validation) ?? null;
}

/** Whether a difference is more than chance, by the backend's exact McNemar test. */
export function verdictOf({ runs, split, mcnemar }: CompareReport): Verdict {
  const [first, second] = runs;
  if (mcnemar === null || first === undefined || second === undefined) return { kind: 'several' };
  const { onlyFirst, onlySecond, pValue } = mcnemar;
  const numApart = onlyFirst + onlySecond;
  const numImages = shareOf(first, split)?.numImages ?? 0;
  if (pValue < significant) {
    return {
      kind: 'real',
      numApart,
      numImages,
      pValue,
      better: onlyFirst > onlySecond ? 0 : 1,
      numMore: Math.abs(onlyFirst - onlySecond),
    };
  }
  const [a, b] = [first.result?.headParameters ?? 0, second.result?.headParameters ?? 0];
  const timesFewer = Math.min(a, b) === 0 ? 1 : Math.max(a, b) / Math.min(a, b);
  const smaller = timesFewer < worthMention ? null : a < b ? 0 : 1;
  if (numApart === 0) return { kind: 'same', smaller, timesFewer };
  return { kind: 'chance', numApart, numImages, pValue, smaller, timesFewer };
}

/** The run to go on with: the better where it is better for sure, else the smaller, else the most accurate. */
export function advisedRun(report: CompareReport): number {
  const verdict = verdictOf(report);
  if (verdict.kind === 'real') return verdict.better;
  if (verdict.kind !== 'several' && verdict.smaller !== null) return verdict.smaller;
  const accuracies = report.runs.map((run) => shareOf(run, report.split)?.accuracy ?? 0);
  return accuracies.indexOf(Math.max(...accuracies));
}
