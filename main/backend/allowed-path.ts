import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';

/**
 * The real place of a path that a caller gave, if it may be used.
 *
 * @param roots folders it must lie in after links are followed; null: anywhere
 * @throws path-not-found, path-not-allowed
 */
export async function allowedPath(given: string, roots: readonly string[] | null): Promise<string> {
  // Said before looking: whoever may not see a place is not told whether it exists.
  const refuse = () => new GraftError('path-not-allowed', { path: given, roots: [...(roots ?? [])] });
  if (given.includes('\0') || !path.isAbsolute(given))
    throw roots ? refuse() : new GraftError('path-not-found', { path: given });
  if (roots && !roots.some((root) => isInside(path.resolve(given), path.resolve(root)))) throw refuse();
  let real: string;
  try {
    real = await realpath(given);
  } catch (cause) {
    throw new GraftError('path-not-found', { path: given }, { cause });
  }
  if (!roots) return real;
  const realRoots = await Promise.all(roots.map((root) => realpath(root).catch(() => path.resolve(root))));
  if (!realRoots.some((root) => isInside(real, root))) throw refuse();
  return real;
}

/** Whether a path is a folder or lies in it. Both absolute and free of links. */
export function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}

/** The same for a folder to write into, which may not exist yet: its nearest existing ancestor decides. */
export async function allowedNewPath(given: string, roots: readonly string[] | null): Promise<string> {
  let existing = path.resolve(given);
  const missing: string[] = [];
  for (;;) {
    try {
      return path.join(await allowedPath(existing, roots), ...missing);
    } catch (error) {
      if (!(error instanceof GraftError) || error.code !== 'path-not-found' || path.dirname(existing) === existing)
        throw error;
      missing.unshift(path.basename(existing));
      existing = path.dirname(existing);
    }
  }
}
