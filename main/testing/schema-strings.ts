import type { z } from 'zod';

/** Makes an input with a text in one of its string fields, all others valid. */
export interface StringField {
  /** Where the field is, as `edit.images.where.search`. */
  name: string;
  withText: (text: string) => unknown;
}

const candidates: readonly unknown[] = [
  'x',
  'efficientnet-lite0',
  'a'.repeat(64),
  '#111111',
  1,
  0.2,
  2,
  50,
  false,
  null,
];

/** Every place of a schema that takes a free string, with inputs that are valid but for it. Optional fields are there only where they are meant. */
export function stringFieldsOf(schema: z.ZodType): StringField[] {
  const def = (schema as unknown as { def: Def }).def;
  switch (def.type) {
    case 'string':
      return [{ name: '', withText: (text) => text }];
    case 'object': {
      const base = sampleOf(schema) as Record<string, unknown>;
      return Object.entries(def.shape).flatMap(([key, inner]) =>
        stringFieldsOf(inner).map(({ name, withText }) => ({
          name: name === '' || name.startsWith('[') ? key + name : `${key}.${name}`,
          withText: (text) => ({ ...base, [key]: withText(text) }),
        })),
      );
    }
    case 'array':
      return stringFieldsOf(def.element).map(({ name, withText }) => ({
        name: `[]${name === '' ? '' : `.${name}`}`,
        withText: (text) => [withText(text), ...(sampleOf(schema) as unknown[]).slice(1)],
      }));
    case 'union':
      return def.options.flatMap(stringFieldsOf);
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return stringFieldsOf(def.innerType);
    default:
      return [];
  }
}

function sampleOf(schema: z.ZodType): unknown {
  const def = (schema as unknown as { def: Def }).def;
  switch (def.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(def.shape)
          .filter(([, inner]) => !inner.safeParse(undefined).success)
          .map(([key, inner]) => [key, sampleOf(inner)]),
      );
    case 'array': {
      const one = sampleOf(def.element);
      return [[one], [one, one], []].find((sample) => schema.safeParse(sample).success) ?? [];
    }
    case 'union':
      return sampleOf(def.options[0]!);
    case 'enum':
      return Object.values(def.entries)[0];
    case 'literal':
      return def.values[0];
    default:
      return candidates.find((one) => schema.safeParse(one).success);
  }
}

/** What is used of a schema's own description. */
type Def =
  | { type: 'string' | 'number' | 'boolean' | 'null' }
  | { type: 'object'; shape: Record<string, z.ZodType> }
  | { type: 'array'; element: z.ZodType }
  | { type: 'union'; options: z.ZodType[] }
  | { type: 'optional' | 'nullable' | 'default' | 'prefault'; innerType: z.ZodType }
  | { type: 'enum'; entries: Record<string, unknown> }
  | { type: 'literal'; values: unknown[] };
