import { ClassName } from './dataset.ts';
import { GraftError } from './errors.ts';

/** More than any list of classes has. */
export const maxClassNamesChars = 1_000_000;

/**
 * Reads a list of class names in the order of a model's outputs: a JSON list, Graft's and Teachable Machine's `labels`, Keras's
 * `class_indices` either way round, or lines of text, with their numbers before them or not.
 *
 * @param file what to call it in an error
 * @throws class-names-refused
 */
export function readClassNames(text: string, file: string): string[] {
  if (text.length > maxClassNamesChars) throw refused(file, 'too-large', '');
  const json = jsonOf(text);
  const names = json === undefined ? linesOf(text) : listOf(json);
  if (names === null || names.length < 2) throw refused(file, 'not-a-list', '');
  return checkedClassNames(names, file);
}

/** Refuses names that no class can have, and the same name twice. @throws class-names-refused */
export function checkedClassNames(names: readonly string[], file: string): string[] {
  const seen = new Set<string>();
  return names.map((given) => {
    const name = ClassName.safeParse(given);
    if (!name.success) throw refused(file, 'name', given.slice(0, 80));
    if (seen.has(name.data)) throw refused(file, 'twice', name.data);
    seen.add(name.data);
    return name.data;
  });
}

function jsonOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text.replace(/^\uFEFF/, ''))) return undefined; // "1" is a line, and a number too
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

function listOf(json: unknown): string[] | null {
  if (Array.isArray(json)) return json.every((name) => typeof name === 'string') ? json : null;
  if (typeof json !== 'object' || json === null) return null;
  const { labels, classNames } = json as { labels?: unknown; classNames?: unknown };
  if (Array.isArray(labels ?? classNames)) return listOf(labels ?? classNames);
  // {"cat": 0, "dog": 1} or {"0": "cat", "1": "dog"}: every number once.
  const pairs = Object.entries(json).map(([key, value]): [number, unknown] =>
    typeof value === 'number' ? [value, key] : [Number(key), value],
  );
  const byIndex = new Map(pairs);
  const names = pairs.map((_, index) => byIndex.get(index));
  return byIndex.size === pairs.length && names.every((name) => typeof name === 'string') ? names : null;
}

/** Lines that are not empty; where each begins with its own number, the number goes. */
function linesOf(text: string): string[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const numbered = lines.map((line, index) => {
    const [, number, name] = /^(\d+)[\s:,.)]+(\S.*)$/.exec(line) ?? [];
    return Number(number) === index ? name! : null;
  });
  return numbered.every((name) => name !== null) ? numbered : lines;
}

const refused = (file: string, problem: 'not-a-list' | 'too-large' | 'name' | 'twice', found: string) =>
  new GraftError('class-names-refused', { file, problem, found });
