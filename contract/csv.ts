/** What a spreadsheet may take for a formula: some pass over blanks before it, and know its signs in full width too. */
const formula = /^(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/u;

/** Quotes a field of a CSV file; what a spreadsheet would take for a formula gets an apostrophe before it. */
export function csvField(value: string): string {
  const safe = formula.test(value) && !Number.isFinite(Number(value)) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A CSV file of rows, the first of them the names of the columns (RFC 4180). */
export function csvOf(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}
