/** Columns of the Python that Graft writes. */
export const COLUMNS = 100;

/** A string literal that is any text, in ASCII quotes; nothing in it can end the literal. @see PEP 3138 */
export function pyString(text: string): string {
  const escaped = text.replaceAll(/["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu, (character) => {
    const known = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    if (known !== undefined) return known;
    const code = character.codePointAt(0)!;
    if (code < 0x100) return `\\x${hex(code, 2)}`;
    return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  });
  return `"${escaped}"`;
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** Text for a comment or between the quotes of a docstring: one line, nothing that ends either. */
export function pyText(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ')
    .replaceAll('\\', '/')
    .replaceAll('"', "'");
}

/** A float literal: what Python reads is the same double. */
export function pyFloat(value: number): string {
  const text = String(value).replace(/e([+-])(\d)$/, 'e$10$2'); // 1e-5 is 1e-05 to Python
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/**
 * Brackets around items: in one line where it fits, else in lines of their own as many as fit.
 *
 * @param before what the line begins with; lines after it are indented as it is
 */
export function pyItems(before: string, items: readonly string[], [open, close]: readonly [string, string]): string {
  const line = `${before}${open}${items.join(', ')}${close}`;
  if (line.length <= COLUMNS) return line;
  const indent = ' '.repeat(before.length - before.trimStart().length);
  const rows: string[] = [];
  for (const item of items) {
    const longer = `${rows.at(-1)} ${item},`;
    if (rows.length > 0 && longer.length <= COLUMNS) rows[rows.length - 1] = longer;
    else rows.push(`${indent}    ${item},`);
  }
  return [`${before}${open}`, ...rows, `${indent}${close}`].join('\n');
}

/** A call; arguments each in a line where they do not fit into one. */
export function pyCall(before: string, callee: string, args: readonly string[]): string {
  const line = `${before}${callee}(${args.join(', ')})`;
  if (line.length <= COLUMNS) return line;
  const indent = ' '.repeat(before.length - before.trimStart().length);
  const inner = `${indent}    ${args.join(', ')}`;
  const rows = inner.length <= COLUMNS ? [inner] : args.map((arg) => `${indent}    ${arg},`);
  return [`${before}${callee}(`, ...rows, `${indent})`].join('\n');
}

/** Wraps text into lines that begin alike. */
export function wrapped(text: string, prefix: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(`${prefix}${word}`);
  }
  return lines;
}
