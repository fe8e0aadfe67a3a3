import type { Split } from '../../contract/dataset.ts';
import { GraftError, type LabelProblem } from '../../contract/errors.ts';
import { csvRecords, findSeparator, CsvError } from './label-csv.ts';
import { isNdjson, JsonError, jsonEntries, ndjsonEntries } from './label-json.ts';
import { decodeText } from './label-text.ts';

/** One picture as a list names it. */
export interface LabelRow {
  /** From 1; in JSON the entry's number. */
  line: number;
  /** As it is written. */
  path: string;
  /** Composed (NFC); empty where the list gives none. */
  className: string;
  split: Split | null;
}

export const labelFileNames = /\.(csv|tsv|json|ndjson|jsonl)$/i;
export const maxLabelBytes = 64 * 2 ** 20;
const maxRows = 200_000;
const maxLabelLength = 200;
const maxToldLength = 80;

type Column = 'path' | 'label' | 'split';
const columnNames: Record<Column, readonly string[]> = {
  path: ['path', 'file', 'filename', 'filepath', 'image', 'imagepath'],
  label: ['label', 'class', 'classname', 'category'],
  split: ['split', 'set', 'subset'],
};
const splitNames = new Map<string, Split>([
  ...(['train', 'training'] as const).map((name) => [name, 'train'] as const),
  ...(['val', 'valid', 'validation'] as const).map((name) => [name, 'validation'] as const),
  ...(['test', 'testing'] as const).map((name) => [name, 'test'] as const),
]);

/** The kind of column that a name means, in whatever case and with whatever between its words. */
function columnOf(name: string): Column | null {
  const plain = name.toLowerCase().replaceAll(/[\s_-]/g, '');
  return (Object.keys(columnNames) as Column[]).find((column) => columnNames[column].includes(plain)) ?? null;
}

/**
 * Reads a list of pictures and their classes, row by row: `path,label[,split]` with or without a header, columns in any
 * order, between commas, semicolons or tabs; or the same in JSON.
 *
 * @param name of the file: its ending says whether it is JSON
 * @throws labels-not-readable, naming the line
 */
export function* readLabels(name: string, bytes: Buffer): Generator<LabelRow> {
  const isJson = /\.(json|ndjson|jsonl)$/i.test(name);
  let unit: 'line' | 'entry' = 'line';
  const refuse: Refuse = (problem, line, found = '') => {
    throw new GraftError('labels-not-readable', { file: name, line, unit, problem, found: told(found) });
  };
  if (bytes.length > maxLabelBytes) refuse('too-large', 0);
  const text = decodeText(bytes) ?? refuse('encoding', 0);
  const isWhole = isJson && !isNdjson(name, text);
  if (isWhole) unit = 'entry';
  let numRows = 0;
  let firstSplit: boolean | null = null;
  try {
    for (const row of isJson ? jsonRows(text, isWhole, refuse) : csvRows(text, refuse)) {
      if (++numRows > maxRows) refuse('too-many-rows', row.line);
      if (row.path === '') refuse('no-path', row.line);
      const className = row.label.trim().normalize('NFC');
      if (className.length > maxLabelLength || /[/\\\0]/.test(className)) refuse('label', row.line, className);
      const split = row.split === '' ? null : (splitNames.get(row.split.toLowerCase()) ?? refuse('split', row.line, row.split)); // prettier-ignore
      if ((firstSplit ??= split !== null) !== (split !== null)) refuse('mixed-split', row.line);
      yield { line: row.line, path: row.path, className, split };
    }
  } catch (error) {
    if (error instanceof CsvError) refuse(error.problem, error.line);
    if (error instanceof JsonError) {
      if (error.problem === 'json') unit = 'line';
      refuse(error.problem, error.place);
    }
    throw error;
  }
  if (numRows === 0) refuse('empty', 0);
}

interface RawRow {
  line: number;
  path: string;
  label: string;
  split: string;
}
type Refuse = (problem: LabelProblem, line: number, found?: string) => never;

function* csvRows(text: string, refuse: Refuse): Generator<RawRow> {
  const { separator, from } = findSeparator(text, (cells) => {
    const columns = cells.map(columnOf);
    return columns.includes('path') && columns.includes('label');
  });
  let columns: (Column | null)[] | null = null;
  for (const { line, cells } of csvRecords(text, separator, from)) {
    if (columns === null) {
      const named = cells.map(columnOf);
      const isHeader = named.includes('path') || (named.includes('label') && !cells.some(isPictureName));
      columns = isHeader ? named : ['path', 'label', 'split'];
      const found = cells.join(separator);
      if (!isHeader && cells.length > 1 && !isPictureName(cells[0]!)) refuse('no-path-column', line, found);
      if (!columns.includes('path')) refuse('no-path-column', line, found);
      if (!columns.includes('label') || cells.length < 2) refuse('no-label-column', line, found);
      if (isHeader) continue;
    }
    const extra = cells.slice(columns.length).find((cell) => cell !== '');
    if (extra !== undefined) refuse('columns', line, extra);
    const cell = (column: Column): string => cells[columns!.indexOf(column)]?.trim() ?? '';
    yield { line, path: cell('path'), label: cell('label'), split: cell('split') };
  }
}

function* jsonRows(text: string, isWhole: boolean, refuse: Refuse): Generator<RawRow> {
  let isFirst = true;
  for (const { place, key, values } of isWhole ? jsonEntries(text, maxRows) : ndjsonEntries(text, maxRows)) {
    const row: Partial<Record<Column, string>> = {};
    for (const [name, value] of values) {
      const column = columnOf(name);
      if (column !== null) row[column] ??= value.trim();
    }
    const names = [...values.keys()].join(', ');
    const path = row.path ?? key ?? refuse('no-path-column', place, names);
    if (isFirst && row.label === undefined) refuse('no-label-column', place, names);
    isFirst = false;
    yield { line: place, path, label: row.label ?? '', split: row.split ?? '' };
  }
}

const isPictureName = (cell: string): boolean => /\.(jpe?g|png|webp|gif|bmp|tiff?|avif|heic)$/i.test(cell);
const told = (text: string): string => text.replaceAll(/\p{C}+/gu, ' ').slice(0, maxToldLength);
