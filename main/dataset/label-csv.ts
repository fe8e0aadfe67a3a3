/** One record of a text with separators. */
export interface CsvRecord {
  /** Where it begins, from 1. */
  line: number;
  cells: string[];
}

/** What is wrong with a text with separators: a quote that does not end, or has something behind it; too much of something. */
export class CsvError extends Error {
  readonly problem: 'quote' | 'columns' | 'too-many-rows';
  readonly line: number;
  constructor(problem: CsvError['problem'], line: number) {
    super(problem);
    this.problem = problem;
    this.line = line;
  }
}

const numSampled = 20;
/** No list of pictures comes near these; a text made to take for ever would. */
const maxLines = 1_000_000;
const maxCells = 1000;
const maxCellLength = 32_768;
/** Those that are rarest in names first. */
const separators = ['\t', ';', ','] as const;

/**
 * Cuts a text into records: cells between separators, in quotes where they hold one, a quote or an end of line, a quote
 * inside doubled. Lines with nothing in them are passed over.
 *
 * @throws CsvError
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function* csvRecords(text: string, separator: string, from = 0): Generator<CsvRecord> {
  const plain = new RegExp(`[^${separator}\\r\\n]*`, 'y');
  let line = 1 + numLineEndsIn(text.slice(0, from));
  let at = from;
  while (at < text.length) {
    const record: CsvRecord = { line, cells: [] };
    for (;;) {
      const cell = text[at] === '"' ? quotedCell(text, at, line) : plainCell(text, at, plain);
      if (record.cells.push(cell.text) > maxCells) throw new CsvError('columns', record.line);
      at = cell.end;
      line += cell.numLineEnds;
      if (text[at] !== separator) break;
      at++;
    }
    if (at < text.length && text[at] !== '\r' && text[at] !== '\n') throw new CsvError('quote', record.line);
    at += text.startsWith('\r\n', at) ? 2 : 1;
    if (++line > maxLines) throw new CsvError('too-many-rows', line);
    if (record.cells.some((cell) => cell !== '')) yield record;
  }
}

interface Cell {
  text: string;
  /** Behind it. */
  end: number;
  numLineEnds: number;
}

function plainCell(text: string, at: number, plain: RegExp): Cell {
  plain.lastIndex = at;
  const [found] = plain.exec(text)!;
  return { text: found.trim(), end: at + found.length, numLineEnds: 0 };
}

function quotedCell(text: string, at: number, line: number): Cell {
  let cell = '';
  for (let from = at + 1; ;) {
    const quote = text.indexOf('"', from);
    if (quote < 0 || cell.length > maxCellLength) throw new CsvError('quote', line);
    cell += text.slice(from, quote);
    if (text[quote + 1] !== '"') return { text: cell, end: quote + 1, numLineEnds: numLineEndsIn(cell) };
    cell += '"';
    from = quote + 2;
  }
}

const numLineEndsIn = (text: string): number => text.match(/\r\n|\r|\n/g)?.length ?? 0;

/**
 * Finds what separates the cells of a text: what it says itself in a first line `sep=;`, what gives a first record that
 * `isHeader` knows, else what cuts the first records alike.
 *
 * @returns and where the first record begins
 */
export function findSeparator(
  text: string,
  isHeader: (cells: readonly string[]) => boolean,
): { separator: string; from: number } {
  const said = /^sep=([,;\t])\r?\n/.exec(text);
  if (said) return { separator: said[1]!, from: said[0].length };
  const samples = separators.map((separator) => sampleOf(text, separator));
  const found =
    samples.find(({ records }) => records.length > 0 && isHeader(records[0]!.cells)) ??
    samples.find(isEven) ??
    samples.find(({ records }) => records.some(({ cells }) => cells.length > 1));
  return { separator: found?.separator ?? ',', from: 0 };
}

interface Sample {
  separator: string;
  records: CsvRecord[];
  /** False where the separator does not fit the quotes. */
  isWhole: boolean;
}

function sampleOf(text: string, separator: string): Sample {
  const sample: Sample = { separator, records: [], isWhole: true };
  try {
    for (const record of csvRecords(text, separator)) if (sample.records.push(record) === numSampled) break;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    sample.isWhole = false;
  }
  return sample;
}

function isEven({ records, isWhole }: Sample): boolean {
  const numCells = records[0]?.cells.length ?? 0;
  return isWhole && numCells > 1 && records.every(({ cells }) => cells.length === numCells);
}
