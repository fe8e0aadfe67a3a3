import { addedPrefix } from '../../../contract/dataset.ts';

/** What stands before the name that an added picture came with: the prefix, eight random digits and a dash. */
const numHidden = addedPrefix.length + 9;

/** A picture's path as a person knows it. */
export function shownPath(path: string): string {
  return path.startsWith(addedPrefix) ? path.slice(numHidden) : path;
}
