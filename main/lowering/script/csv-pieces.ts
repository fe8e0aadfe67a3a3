/** Quotes a field of a CSV file that programs read: nothing is added to what it says (RFC 4180). */
const field = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** A CSV file of rows in bytes, row by row. */
export function* csvPieces(rows: Iterable<readonly string[]>): Generator<Uint8Array> {
  for (const row of rows) yield Buffer.from(`${row.map(field).join(',')}\r\n`);
}
