/** What may come next, by what came before. */
type Expecting = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' | 'nothing';

const token = new RegExp(
  [
    String.raw`"[^"\\\u0000-\u001f]*(?:\\.[^"\\\u0000-\u001f]*)*"`,
    String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`,
    String.raw`true|false|null|[[\]{},:]`,
  ].join('|'),
  'y',
);
const space = /[ \t\r\n]*/y;

/** The line, from 1, on which a text stops to be JSON: not every version of V8 says it. */
export function lineOfJsonError(text: string): number {
  const open: string[] = [];
  let expecting: Expecting = 'value';
  let at = 0;
  for (;;) {
    space.lastIndex = at;
    at += space.exec(text)![0].length;
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    const next: Expecting | null = found === undefined ? null : follow(found, expecting, open);
    if (next === null) return 1 + numLineEndsBefore(text, at);
    expecting = next;
    at += found!.length;
  }
}

function numLineEndsBefore(text: string, position: number): number {
  let numLineEnds = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) numLineEnds++;
  return numLineEnds;
}

/** What is expected behind a token; null where it may not stand. */
function follow(found: string, expecting: Expecting, open: string[]): Expecting | null {
  const takesValue = expecting === 'value' || expecting === 'value-or-end';
  const after = (): Expecting => (open.length === 0 ? 'nothing' : 'comma-or-end');
  switch (found) {
    case '[':
    case '{':
      if (!takesValue) return null;
      open.push(found);
      return found === '[' ? 'value-or-end' : 'key-or-end';
    case ']':
    case '}': {
      const isEmpty = expecting === (found === ']' ? 'value-or-end' : 'key-or-end');
      if (!isEmpty && expecting !== 'comma-or-end') return null;
      return open.pop() === (found === ']' ? '[' : '{') ? after() : null;
    }
    case ',':
      return expecting !== 'comma-or-end' ? null : open.at(-1) === '[' ? 'value' : 'key';
    case ':':
      return expecting === 'colon' ? 'value' : null;
    default:
      if (takesValue) return after();
      return found.startsWith('"') && (expecting === 'key' || expecting === 'key-or-end') ? 'colon' : null;
  }
}
