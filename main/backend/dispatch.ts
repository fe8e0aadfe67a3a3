import type { z } from 'zod';
import { methods, type Handlers, type MethodName } from '../../contract/contract.ts';
import { toWire, type Reply, type WireError } from '../../contract/errors.ts';

/**
 * The only way into the backend: parses the input, calls the handler, parses the output. Never throws.
 *
 * @param log keeps a bug and returns the id under which it can be found
 */
export async function dispatch(
  handlers: Handlers,
  method: string,
  input: unknown,
  log: (error: unknown) => string,
): Promise<Reply<unknown>> {
  if (!Object.hasOwn(methods, method))
    return { ok: false, error: { code: 'unknown-method', params: { method: String(method).slice(0, 100) } } };
  const name = method as MethodName;
  const parsed = methods[name].input.safeParse(input);
  if (!parsed.success) return { ok: false, error: invalidInput(name, parsed.error) };
  try {
    const value = await (handlers[name] as (input: unknown) => Promise<unknown>)(parsed.data);
    return { ok: true, value: methods[name].output.parse(value) };
  } catch (error) {
    return { ok: false, error: toWire(error, log) };
  }
}

/** The first thing that is wrong, by name. */
export function invalidInput(method: string, error: z.ZodError): WireError {
  const issue = error.issues[0];
  return {
    code: 'invalid-input',
    params: { method, field: issue?.path.join('.') || 'input', problem: issue?.message ?? 'not understood' },
  };
}
