import { lineOfJsonError } from './json-error.ts';

/** One entry of a list in JSON: its place, from 1, the key that it stands under, and its values by name. */
export interface JsonEntry {
  place: number;
  key: string | null;
  values: ReadonlyMap<string, string>;
}

/** What is wrong with a text that should be a list in JSON. */
export class JsonError extends Error {
  readonly problem: 'json' | 'json-shape' | 'too-many-rows';
  readonly place: number;
  constructor(problem: JsonError['problem'], place = 0) {
    super(problem);
    this.problem = problem;
    this.place = place;
  }
}

/** Deep enough for what is read, and for what people put beside it. */
const maxDepth = 8;
/** Blank ones among them. */
const maxLines = 1_000_000;

/**
 * Reads a list in JSON: an array of objects, or an object whose keys are paths, of labels or of objects.
 *
 * @param maxEntries looked at before anything is built: a short text can stand for a lot of memory
 * @throws JsonError
 */
export function* jsonEntries(text: string, maxEntries: number): Generator<JsonEntry> {
  checkBrackets(text, maxEntries);
  const value = parsed(text);
  if (!isObject(value)) throw new JsonError('json-shape');
  const hasKeys = !Array.isArray(value);
  let place = 0;
  for (const [key, item] of Object.entries(value)) {
    place++;
    if (!hasKeys || isObject(item)) yield { ...entryOf(item, place), key: hasKeys ? key : null };
    else yield { place, key, values: new Map([['label', textOf(item, place)]]) };
  }
}

/** Reads a list with one JSON object in each line. @throws JsonError */
export function* ndjsonEntries(text: string, maxEntries: number): Generator<JsonEntry> {
  let place = 0;
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? undefined : end);
    at = end < 0 ? text.length : end + 1;
    if (++place > maxLines) throw new JsonError('too-many-rows', place);
    if (line.trim() === '') continue;
    checkBrackets(line, maxEntries);
    yield entryOf(parsed(line, place), place);
  }
}

/** Whether every line seems an object of its own. */
export const isNdjson = (name: string, text: string): boolean =>
  /\.(ndjson|jsonl)$/i.test(name) || /^\s*\{[^\n]*\}[ \t\r]*\n\s*\{/.test(text.slice(0, 65_536));

function entryOf(value: unknown, place: number): JsonEntry {
  if (!isObject(value) || Array.isArray(value)) throw new JsonError('json-shape', place);
  const values = new Map<string, string>();
  for (const [name, one] of Object.entries(value)) if (!isObject(one)) values.set(name, textOf(one, place));
  return { place, key: null, values };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
function textOf(value: unknown, place: number): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new JsonError('json-shape', place);
}

function parsed(text: string, place = 0): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonError('json', place || lineOfJsonError(text));
  }
}

/** One pass by hand: a regular expression could be made to take for ever. */
function checkBrackets(text: string, maxEntries: number): void {
  let depth = 0;
  let numOpened = 0;
  let isString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isString) {
      if (character === '\\') at++;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = true;
    else if (character === ']' || character === '}') depth--;
    else if (character === '[' || character === '{') {
      if (++depth > maxDepth) throw new JsonError('json-shape');
      if (++numOpened > 2 * maxEntries) throw new JsonError('too-many-rows');
    }
  }
}
