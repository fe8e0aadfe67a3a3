import { GraftError, isGraftError } from '../../contract/errors.ts';

/** An error about a file in Graft's own keeping, told by the name under which its owner knows it. Others stay as they are. */
export function toldByName(error: unknown, file: string, name: string): unknown {
  if (!isGraftError(error) || (error.params as { path?: unknown }).path !== file) return error;
  return new GraftError(error.code, { ...error.params, path: name }, { cause: error });
}
