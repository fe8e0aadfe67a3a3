/**
 * Text of a person (the name of a class) as Markdown that shows it letter by letter, in a line or a cell of a table: no
 * mark-up, no link, no HTML, no second line. What turns the direction of writing, and what cannot be seen, becomes �.
 */
export function plainText(text: string): string {
  return text
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}]/gu, '\ufffd') // joiners belong to letters and emoji
    .replaceAll(/[\\`*_{}[\]()#!~$@:]/g, (character) => `\\${character}`)
    .replaceAll(/\bwww\./gi, (start) => `${start.slice(0, 3)}\\.`)
    .replaceAll(/[&<>|]/g, (character) => `&#${character.charCodeAt(0)};`)
    .trim();
}

/** A table; cells are Markdown already. Columns after the first stand to the right where they hold numbers. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbersFrom = head.length,
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index >= numbersFrom ? '---:' : '---'));
  return [head, rule, ...rows].map(line).join('\n');
}

/** A block of code that nothing in it can end. */
export function codeBlock(language: string, code: string): string {
  const longest = Math.max(0, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${code.trimEnd()}\n${fence}`;
}
