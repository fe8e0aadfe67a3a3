import { csvOf } from './csv.ts';
import type { FileVerdict } from './dataset.ts';

const columns = ['path', 'class', 'split', 'verdict', 'detail', 'other', 'other class', 'other split', 'similarity'];

/** Verdicts as a CSV file; its words are those of the command line's JSON, in every language. */
export function verdictCsv(files: readonly FileVerdict[]): string {
  const rows = files.map(({ path, className, split, verdict }) => {
    const { kind, conversions, reason, detail, other, similarity, byFeatures } = verdict;
    const told = [conversions?.join(' '), reason, detail, byFeatures && 'features']
      .filter((part) => part !== undefined && part !== '')
      .join(': ');
    return [
      path,
      className ?? '',
      split ?? '',
      kind,
      told,
      other?.path ?? '',
      other?.className ?? '',
      other?.split ?? '',
      similarity === undefined ? '' : String(similarity),
    ];
  });
  return csvOf([columns, ...rows]);
}
