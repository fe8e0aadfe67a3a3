/** What a field needs of a schema of the contract. */
export interface NumberSchema {
  safeParse(value: unknown): { success: boolean };
}

/** What a number may be, as the contract says. */
export interface Limits {
  min: number | null;
  max: number | null;
  /** True when `min` itself is not allowed. */
  isAbove: boolean;
}

interface Wrapper {
  def: { innerType?: unknown };
  minValue?: number | null;
  maxValue?: number | null;
}

/** Reads the limits of a number out of its schema, through defaults and nulls. */
export function limitsOf(schema: NumberSchema): Limits {
  let inner = schema as unknown as Wrapper;
  while (inner.def.innerType !== undefined) inner = inner.def.innerType as Wrapper;
  const known = (value: number | null | undefined): number | null =>
    value === null || value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? null : value;
  const min = known(inner.minValue);
  return { min, max: known(inner.maxValue), isAbove: min !== null && !schema.safeParse(min).success };
}
