/** An opening tag: its name and attributes, in small letters, values with their entities resolved. */
export interface Tag {
  name: string;
  attributes: ReadonlyMap<string, string>;
}
/** What a page consists of, as far as it matters here: opening tags, closing ones (`/form`), and text. */
export type Piece = { tag: Tag } | { end: string } | { text: string };

/** Their content is not markup. */
const raw = new Set(['script', 'style', 'textarea', 'title', 'noscript']);

/**
 * Takes a page apart, however careless its markup. Goes through it once, so the time is linear in its length.
 *
 * @see https://html.spec.whatwg.org/multipage/parsing.html
 */
export function* readTags(page: string): Generator<Piece> {
  for (let at = 0; at < page.length;) {
    const open = page.indexOf('<', at);
    if (open !== at) yield { text: unescapeEntities(page.slice(at, open === -1 ? undefined : open)) };
    if (open === -1) return;
    if (page.startsWith('<!--', open)) {
      at = after(page, '-->', open + 4);
      continue;
    }
    const [start, slash, given] = matchAt(/<(\/?)([a-z][^\s/>]*)/iy, page, open) ?? [];
    if (!given) {
      // A declaration, or a sign that stands for itself.
      at = /[!?/]/.test(page[open + 1] ?? '') ? after(page, '>', open) : open + 1;
      continue;
    }
    const name = given.toLowerCase();
    const attributes = new Map<string, string>();
    at = readAttributes(page, open + start!.length, attributes);
    if (slash) {
      yield { end: name };
      continue;
    }
    yield { tag: { name, attributes } };
    if (raw.has(name)) {
      const end = indexOfEnd(page, name, at);
      yield { text: unescapeEntities(page.slice(at, end)) };
      at = end;
    }
  }
}

/** @returns where the tag ends */
function readAttributes(page: string, start: number, into: Map<string, string>): number {
  for (let at = start; at < page.length;) {
    at += matchAt(/[\s/]*/y, page, at)![0].length;
    if (page[at] === '>') return at + 1;
    const name = matchAt(/[^\s/>=]+|=/y, page, at)?.[0];
    if (name === undefined) return page.length;
    at += name.length;
    const equals = matchAt(/\s*=\s*/y, page, at)?.[0];
    let value = '';
    if (equals !== undefined) {
      at += equals.length;
      const quote = page[at];
      if (quote === '"' || quote === "'") {
        const end = page.indexOf(quote, at + 1);
        if (end === -1) return page.length;
        value = page.slice(at + 1, end);
        at = end + 1;
      } else {
        value = matchAt(/[^\s>]*/y, page, at)![0];
        at += value.length;
      }
    }
    const key = name.toLowerCase();
    if (!into.has(key)) into.set(key, unescapeEntities(value)); // the first one counts
  }
  return page.length;
}

function indexOfEnd(page: string, name: string, from: number): number {
  const end = new RegExp(`</${name}(?=[\\s/>])`, 'gi');
  end.lastIndex = from;
  return end.exec(page)?.index ?? page.length;
}

function matchAt(sticky: RegExp, page: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(page);
}

function after(page: string, text: string, from: number): number {
  const found = page.indexOf(text, from);
  return found === -1 ? page.length : found + text.length;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** Resolves the entities that stand in addresses and sentences; the others stay as they are. */
function unescapeEntities(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (all, decimal, hex, name) => {
    if (name) return entities[(name as string).toLowerCase()] ?? all;
    const code = decimal ? Number(decimal) : parseInt(hex as string, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}
